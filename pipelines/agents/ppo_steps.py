"""The training run of `PPO`: every step is a lesson."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn

from headway import tree
from headway.pipelines.agents.ppo_advantage import Path, state_advantage
from headway.pipelines.agents.ppo_loss import Losses, losses
from headway.pipelines.agents.ppo_parts import ActorCritic
from headway.pipelines.agents.ppo_rollout import Tensors, flat
from headway.pipelines.agents.ppo_trainer import PPOTrainer

if TYPE_CHECKING:
    from headway.pipelines.agents.ppo import PPO


class Lessons(NamedTuple):
    """What there is to learn from N steps.

    observation : [N, ...] each; mask : bool [N, A] or None; action : [N, ...]
    log_prob, advantage, value : float32 [N]; the last is the critic's target
    """

    observation: Tensors
    mask: Tensor | None
    action: Tensor
    log_prob: Tensor
    advantage: Tensor
    value: Tensor


class StepsTrainer(PPOTrainer):
    """Environments, network and optimizer."""

    agent: PPO
    parts: ActorCritic

    def _lessons(self) -> Lessons:
        agent, parts, rollout = self.agent, self.parts, self.rollout
        value = parts.before(flat(rollout.observation)).reshape(-1, agent.num_envs)
        path = Path(self._reward(), rollout.going, torch.zeros_like(rollout.reward))
        for cut in rollout.cuts:
            path.after[cut.t, cut.rows] = parts.before(cut.final)
        advantage = state_advantage(path, value, self.gamma, agent.gae_lambda)
        acted_on = {name: tensor[:-1] for name, tensor in rollout.observation.items()}
        steps = Lessons(acted_on, rollout.mask, rollout.action, rollout.log_prob, advantage, value[:-1] + advantage)
        lessons: Lessons = tree.map_arrays(lambda tensor: tensor.flatten(0, 1), steps)
        return lessons

    def _losses(self, lessons: Lessons) -> Losses:
        """PPO's clipped loss, and the mean squared error of the critic."""
        parts = self.parts
        hidden = parts.network.encode(lessons.observation)
        log_prob, entropy = parts.head.judge(parts.network.actor(hidden), lessons.mask, lessons.action)
        error = nn.functional.mse_loss(parts.network.critic(hidden)[:, 0], lessons.value)
        return losses(log_prob - lessons.log_prob, lessons.advantage, error, entropy, **self.terms)
