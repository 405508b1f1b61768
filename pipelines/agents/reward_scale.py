"""Rewards as learners are shown them. What is reported and validated never passes here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from headway.environment import Environment
from headway.pipelines.agents.steps import StepAgent


class RewardScale:
    """Rewards as the critics are shown them: divided by the running deviation of discounted returns.

    Dividing: Engstrom et al. 2020, "Implementation matters in deep policy gradients", section 3. Where only
    the average counts, rewards are brought around zero first (``centred``; Naik et al. 2024, "Reward centering"):
    it takes the same constant from all values, which critics otherwise spend their precision on.
    Statistics forget: ``weight`` is the share of the newest batch.
    """

    def __init__(self, rows: int, gamma: float, *, centred: bool, weight: float = 0.2) -> None:
        self.gamma, self.centred, self.weight = gamma, centred, weight
        self.returns = torch.zeros(rows, dtype=torch.float64)
        self.batches, self.mean, self.variance = 0, 0.0, 0.0

    @classmethod
    def of(
        cls, environment: Environment[Any, Any, Any, Any], agent: StepAgent, gamma: float, weight: float = 0.2
    ) -> RewardScale:
        """The one for this agent here: centred where it gains from that and the criterion is an average over steps."""
        # Where a period may take more steps or fewer, a constant per step would be a reward for taking more.
        average = environment.problem.criterion.kind == "average" and "phases" not in environment.capabilities
        return cls(agent.num_envs, gamma, centred=agent.centred and average, weight=weight)

    def __call__(self, reward: Tensor, going: Tensor) -> Tensor:
        """Take in T steps of rewards [T, B], and return them scaled."""
        self.update(reward, going)
        scaled: Tensor = self.scaled(reward)
        return scaled

    def update(self, reward: Tensor, going: Tensor) -> None:
        """Take in T steps of rewards [T, B]; ``going`` is 0 where the episode ended."""
        self.batches += 1
        weight = max(self.weight, 1 / self.batches)
        if self.centred:
            self.mean += weight * (float(reward.mean()) - self.mean)
        reward, returns = reward - self.mean, torch.empty_like(reward, dtype=torch.float64)
        for t in range(len(reward)):
            returns[t] = self.returns = self.gamma * self.returns + reward[t]
            self.returns = self.returns * going[t]
        self.variance += weight * (float(returns.var(correction=0)) - self.variance)

    def scaled(self, reward: Any) -> Any:
        """Rewards of any shape, in numpy or torch, as they are now."""
        return (reward - self.mean) / max(math.sqrt(self.variance), 1e-8)

    def get_state(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("returns", "batches", "mean", "variance")}

    def set_state(self, state: Mapping[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)
