"""The training run of `PDPPO`: collect a batch of steps, judge each by the critics, take clipped gradient steps."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from gymnasium import spaces

from headway import tree
from headway.environment import Environment
from headway.nn.decoding import Decoding
from headway.nn.guard import check_finite
from headway.nn.network import Recipe
from headway.pipelines.agents.base import Trainer
from headway.pipelines.agents.pdppo_parts import Lessons, Losses, Parts
from headway.pipelines.agents.ppo_advantage import Path, RewardScale, post_advantage, state_advantage
from headway.pipelines.agents.ppo_rollout import PostDecisionVectorEnv, Rollout, flat
from headway.pipelines.agents.rng import random_state, seed_everything, set_random_state
from headway.storage.stored import Description, StoredPolicy

if TYPE_CHECKING:
    from headway.pipelines.agents.pdppo import PDPPO


class PDPPOTrainer(Trainer):
    """Environments, networks and optimizer."""

    def __init__(
        self,
        agent: PDPPO,
        environment: Environment[Any, Any, Any, Any],
        recipe: Recipe,
        decoding: Decoding,
        *,
        seed: int,
        steps: int,
    ) -> None:
        seed_everything(seed)
        self.agent, self.total, self.steps = agent, steps, 0
        self.gamma = agent.discount(environment)
        self.description = Description.of(environment, recipe, decoding)
        self.env = PostDecisionVectorEnv(environment, agent.num_envs, split="train", seed=seed)
        observation_space = self.env.single_observation_space
        assert isinstance(observation_space, spaces.Dict)  # noqa: S101 - what every environment has
        self.parts = Parts(recipe, observation_space, self.env.single_action_space, agent.log_std)
        self.optimizer = torch.optim.Adam(self.parts.parameters(), lr=agent.lr, eps=1e-5, fused=True)
        self.rollout = Rollout(self.env, agent.rollout)
        # Where a period may take more steps or fewer, a constant per step would be a reward for taking more.
        centred = environment.problem.criterion.kind == "average" and "phases" not in environment.capabilities
        self.reward_scale = RewardScale(agent.num_envs, self.gamma, centred=centred)

    def advance(self) -> Mapping[str, float]:
        lr = self._set_lr()
        self.rollout.collect(self.parts.act, self.parts.head.acted)
        self.steps += self.rollout.going.numel()
        last = self._learn(self._lessons())
        metrics = {f"train/{name}": float(value.detach()) for name, value in last._asdict().items()}
        metrics["train/learning_rate"] = lr
        if self.rollout.returns:
            metrics["rollout/return"] = sum(self.rollout.returns) / len(self.rollout.returns)
        check_finite(self.parts, metrics, f"{self.description.problem_name}, PDPPO, step {self.steps}")
        return metrics

    def policy(self) -> StoredPolicy:
        return StoredPolicy(copy.deepcopy(self.parts.network), self.description)

    def get_state(self) -> dict[str, Any]:
        return {
            "random": random_state(),
            "environment": self.env.get_state(),
            "weights": dict(self.parts.state_dict()),
            "optimizer": self.optimizer.state_dict(),
            "reward_scale": self.reward_scale.get_state(),
            "steps": self.steps,
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        self.env.set_state(state["environment"])
        self.parts.load_state_dict(state["weights"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.reward_scale.set_state(state["reward_scale"])
        self.steps = state["steps"]
        set_random_state(state["random"])

    # -- one update -----------------------------------------------------------------------------------
    @torch.no_grad()
    def _lessons(self) -> Lessons:
        """The steps collected, with their advantages and the critics' targets."""
        agent, parts, rollout = self.agent, self.parts, self.rollout
        reward = self.reward_scale(rollout.reward, rollout.going) if agent.normalize_reward else rollout.reward
        before = parts.before(flat(rollout.observation)).reshape(-1, agent.num_envs)
        after = parts.after(flat(rollout.post)).reshape(-1, agent.num_envs)
        # Without a state critic, a post-decision state's own value stands for what follows at the end.
        alone = agent.critics == "post"
        path = Path(reward, rollout.going, torch.zeros_like(reward))
        for cut in rollout.cuts:
            path.after[cut.t, cut.rows] = after[cut.t, cut.rows] if alone else parts.before(cut.final)
        by_state = state_advantage(path, before, self.gamma, agent.gae_lambda)
        by_post = post_advantage(path, after, after[-1] if alone else before[-1], self.gamma, agent.gae_lambda)
        advantage = {"state": by_state, "post": by_post, "both": torch.maximum(by_state, by_post)}[agent.critics]
        acted_on = {name: tensor[:-1] for name, tensor in rollout.observation.items()}
        steps = Lessons(acted_on, rollout.post, rollout.mask, rollout.action, rollout.log_prob, advantage,
                        before[:-1] + by_state, after + by_post)  # fmt: skip
        lessons: Lessons = tree.map_arrays(lambda tensor: tensor.flatten(0, 1), steps)
        return lessons

    def _learn(self, lessons: Lessons) -> Losses:
        """Gradient steps over all lessons, in ``epochs`` random orders; the last losses."""
        agent, n = self.agent, len(lessons.action)
        for _ in range(agent.epochs):
            for index in torch.split(torch.randperm(n), min(agent.batch, n)):
                losses = self.parts.losses(tree.rows(lessons, index), agent)
                if agent.target_kl is not None and losses.kl > 1.5 * agent.target_kl:
                    return losses
                self.optimizer.zero_grad()
                losses.total.backward()  # type: ignore[no-untyped-call]
                torch.nn.utils.clip_grad_norm_(self.parts.parameters(), agent.max_grad_norm)
                self.optimizer.step()
        return losses

    def _set_lr(self) -> float:
        remaining = max(1 - self.steps / self.total, 0.0)
        lr = self.agent.lr * (remaining if self.agent.lr_schedule == "linear" else 1.0)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        return lr
