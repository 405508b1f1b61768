"""The training run of `TwoStagePPO`: sub-steps are collected, decisions are learned from."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn

from headway import tree
from headway.pipelines.agents.ppo_advantage import Path
from headway.pipelines.agents.ppo_loss import Losses, losses
from headway.pipelines.agents.ppo_parts import ActorCritic
from headway.pipelines.agents.ppo_rollout import flat
from headway.pipelines.agents.ppo_trainer import PPOTrainer
from headway.pipelines.agents.two_stage_decisions import Decisions, decision_advantage

if TYPE_CHECKING:
    from headway.pipelines.agents.two_stage import TwoStagePPO


class Lessons(NamedTuple):
    """What there is to learn from N decisions."""

    first: Tensor  # int64 [N], the first sub-step, among all of them: step x rows + row
    length: Tensor  # int64 [N], sub-steps
    advantage: Tensor  # float32 [N]
    value: Tensor  # float32 [N], what the critic should say


class TwoStageTrainer(PPOTrainer):
    """Environments, network and optimizer."""

    agent: TwoStagePPO
    parts: ActorCritic

    def _lessons(self) -> Lessons:
        rollout, agent = self.rollout, self.agent
        decisions = Decisions.of(rollout.observation["phase"].flatten(2)[..., 0])
        value = torch.zeros(decisions.begins.shape)
        value[decisions.begins] = self.parts.before(tree.rows(rollout.observation, decisions.begins))
        path = Path(self._reward(), rollout.going, torch.zeros_like(rollout.reward))
        for cut in rollout.cuts:
            path.after[cut.t, cut.rows] = self.parts.before(cut.final)
        advantage = decision_advantage(path, value, decisions, self.gamma, agent.gae_lambda)
        first = decisions.used.flatten().nonzero()[:, 0]
        lessons = Lessons(first, *(part.flatten()[first] for part in (decisions.length, advantage, value[:-1])))
        return lessons._replace(value=lessons.value + lessons.advantage)

    def _losses(self, lessons: Lessons) -> Losses:
        """One ratio per decision: the joint probability of its sub-steps, now and when they were taken."""
        rollout, agent, parts, n = self.rollout, self.agent, self.parts, len(lessons.first)
        decision = torch.arange(n).repeat_interleave(lessons.length)
        start = lessons.length.cumsum(0) - lessons.length
        step = torch.arange(len(decision)) - start[decision]
        index = lessons.first[decision] + step * agent.num_envs
        mask = None if rollout.mask is None else rollout.mask.flatten(0, 1)[index]
        hidden = parts.network.encode(tree.rows(flat(rollout.observation), index))
        log_prob, entropy = parts.head.judge(parts.network.actor(hidden), mask, rollout.action.flatten(0, 1)[index])
        change = log_prob - rollout.log_prob.flatten()[index]
        joint, entropies = (torch.zeros(n).index_add(0, decision, part) for part in (change, entropy))
        error = nn.functional.mse_loss(parts.network.critic(hidden)[start, 0], lessons.value)
        return losses(joint, lessons.advantage, error, entropies, **self.terms)
