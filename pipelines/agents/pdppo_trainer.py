"""The training run of `PDPPO`: each step judged by a critic on either side of the decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import torch

from headway import tree
from headway.pipelines.agents.pdppo_parts import Lessons, Parts
from headway.pipelines.agents.ppo_advantage import Path, post_advantage, state_advantage
from headway.pipelines.agents.ppo_loss import Losses
from headway.pipelines.agents.ppo_parts import ActorCritic
from headway.pipelines.agents.ppo_rollout import (
    OpenVectorEnv,
    PostDecisionRollout,
    PostDecisionVectorEnv,
    Rollout,
    flat,
)
from headway.pipelines.agents.ppo_trainer import PPOTrainer

if TYPE_CHECKING:
    from headway.pipelines.agents.pdppo import PDPPO


class PDPPOTrainer(PPOTrainer):
    """Environments, networks and optimizer."""

    agent: PDPPO
    parts: Parts
    vector_env: ClassVar[type[OpenVectorEnv]] = PostDecisionVectorEnv
    collector: ClassVar[type[Rollout]] = PostDecisionRollout
    trained: ClassVar[type[ActorCritic]] = Parts

    def _lessons(self) -> Lessons:
        """The steps collected, with their advantages and the critics' targets."""
        agent, parts, rollout = self.agent, self.parts, self.rollout
        reward = self._reward()
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

    def _losses(self, lessons: Lessons) -> Losses:
        return self.parts.losses(lessons, self.agent.critics, self.terms)
