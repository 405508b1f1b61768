"""The training run that PPOs of our own share: collect a batch of steps, judge it, take clipped gradient steps."""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from gymnasium import spaces

from headway import tree
from headway.environment import Environment
from headway.nn.decoding import Decoding
from headway.nn.flat import clip, flatten
from headway.nn.guard import check_finite
from headway.nn.network import Recipe
from headway.nn.standard import watch
from headway.pipelines.agents.base import Trainer, take_over
from headway.pipelines.agents.ppo import PPO
from headway.pipelines.agents.ppo_loss import Losses
from headway.pipelines.agents.ppo_parts import ActorCritic
from headway.pipelines.agents.ppo_rollout import OpenVectorEnv, Rollout, flat
from headway.pipelines.agents.reward_scale import RewardScale
from headway.pipelines.agents.rng import random_state, seed_everything, set_random_state
from headway.pipelines.agents.schedule import set_lr
from headway.storage.stored import Description, StoredPolicy


class PPOTrainer(Trainer):
    """Environments, networks and optimizer. Subclasses say what there is to learn from a batch of steps."""

    vector_env: ClassVar[type[OpenVectorEnv]] = OpenVectorEnv
    collector: ClassVar[type[Rollout]] = Rollout
    trained: ClassVar[type[ActorCritic]] = ActorCritic

    def __init__(
        self,
        agent: PPO,
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
        self.env = self.vector_env(environment, agent.num_envs, split="train", seed=seed)
        observation_space = self.env.single_observation_space
        assert isinstance(observation_space, spaces.Dict)  # noqa: S101 - what every environment has
        self.parts: Any = self.trained(recipe, observation_space, self.env.single_action_space, agent.log_std)
        self.weights = flatten(self.parts)
        self.optimizer = torch.optim.Adam([self.weights], lr=agent.lr, eps=1e-5, fused=True)
        self.terms = self._terms()
        self.rollout: Any = self.collector(self.env, agent.rollout)
        self.reward_scale = RewardScale.of(environment, agent, self.gamma)

    @abstractmethod
    def _lessons(self) -> Any:
        """What there is to learn from the steps collected: a tree of tensors with one row for each lesson."""

    @abstractmethod
    def _losses(self, lessons: Any) -> Losses:
        """The losses on some of the lessons."""

    def advance(self) -> Mapping[str, float]:
        lr = set_lr(self.optimizer, self.agent, self.remaining)
        self.terms = self._terms()
        self.rollout.collect(self.parts.act, self.parts.head.acted)
        self.steps += self.rollout.going.numel()
        with torch.no_grad():
            lessons = self._lessons()
        last = self._learn(lessons)
        # Only now: what was decided by one set of statistics is learned from by the same.
        watch(self.parts.network, tree.rows(flat(self.rollout.observation), slice(self.rollout.going.numel())))
        metrics = {f"train/{name}": float(value.detach()) for name, value in last._asdict().items()}
        metrics |= {"train/learning_rate": lr, "train/clip_range": self.terms["clip"]}
        if self.rollout.returns:
            metrics["rollout/return"] = sum(self.rollout.returns) / len(self.rollout.returns)
        where = f"{self.description.problem_name}, {type(self.agent).__name__}, step {self.steps}"
        check_finite(self.parts, metrics, where)
        return metrics

    def policy(self) -> StoredPolicy:
        return StoredPolicy(copy.deepcopy(self.parts.network), self.description)

    def start_from(self, policy: StoredPolicy) -> None:
        take_over(self.parts.network, policy)

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
    def _terms(self) -> dict[str, Any]:
        """What of the loss follows a schedule, as `losses` takes it."""
        agent, left = self.agent, self.remaining
        return {"clip": agent.clip_at(left), "weights": (agent.value, agent.entropy_at(left))}

    def _reward(self) -> torch.Tensor:
        """The rewards collected [T, B], as critics are shown them."""
        rollout = self.rollout
        return self.reward_scale(rollout.reward, rollout.going) if self.agent.normalize_reward else rollout.reward

    def _learn(self, lessons: Any) -> Losses:
        """Gradient steps over all lessons, in ``epochs`` random orders; the last losses."""
        agent, n, gradient = self.agent, len(lessons.advantage), self.weights.grad
        assert gradient is not None  # noqa: S101 - `flatten` gives it one
        for _ in range(agent.epochs):
            for index in torch.split(torch.randperm(n), min(agent.batch, n)):
                losses = self._losses(
                    tree.map_arrays(lambda tensor, index=index: tensor.index_select(0, index), lessons)
                )
                if agent.target_kl is not None and losses.kl > 1.5 * agent.target_kl:
                    return losses
                gradient.zero_()
                losses.total.backward()  # type: ignore[no-untyped-call]
                clip(gradient, agent.max_grad_norm)
                self.optimizer.step()
        return losses
