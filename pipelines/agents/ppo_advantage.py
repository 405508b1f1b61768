"""Advantages and the values that critics should learn, from rewards and the critics' own estimates."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor


class Path(NamedTuple):
    """T steps of B rows; all float32 [T, B].

    reward : of each step
    going : 1 where the episode goes on after it, else 0
    after : value of where a step led, if the episode was cut there; else 0
    """

    reward: Tensor
    going: Tensor
    after: Tensor


def state_advantage(path: Path, value: Tensor, gamma: float, decay: float) -> Tensor:
    """Generalised advantages (Schulman et al. 2016, equation 16) over the states' values [T + 1, B]."""
    following = path.after + path.going * value[1:]
    return accumulated(path.reward + gamma * following - value[:-1], path.going, gamma * decay)


def post_advantage(path: Path, value: Tensor, last: Tensor, gamma: float, decay: float) -> Tensor:
    """The same along post-decision states, whose values are [T, B].

    Where the next post-decision state is not known, because the episode was cut or the batch of steps ends,
    another value has to stand for it (``last`` [B] at the end of the batch): that of the next state, say.
    """
    following = path.after.clone()
    following[:-1] += path.going[:-1] * value[1:]
    following[-1] += path.going[-1] * last
    return accumulated(path.reward + gamma * following - value, path.going, gamma * decay)


def accumulated(error: Tensor, going: Tensor, decay: float) -> Tensor:
    """Sums of ``error`` [T, B] over the rest of each episode, decaying with distance."""
    out, sum_ = torch.empty_like(error), torch.zeros_like(error[0])
    for t in reversed(range(len(error))):
        sum_ = error[t] + decay * going[t] * sum_
        out[t] = sum_
    return out


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

    def __call__(self, reward: Tensor, going: Tensor) -> Tensor:
        """Take in T steps of rewards [T, B], and return them scaled."""
        self.batches += 1
        weight = max(self.weight, 1 / self.batches)
        if self.centred:
            self.mean += weight * (float(reward.mean()) - self.mean)
        reward, returns = reward - self.mean, torch.empty_like(reward, dtype=torch.float64)
        for t in range(len(reward)):
            returns[t] = self.returns = self.gamma * self.returns + reward[t]
            self.returns = self.returns * going[t]
        self.variance += weight * (float(returns.var(correction=0)) - self.variance)
        return reward / max(math.sqrt(self.variance), 1e-8)

    def get_state(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("returns", "batches", "mean", "variance")}

    def set_state(self, state: Mapping[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)
