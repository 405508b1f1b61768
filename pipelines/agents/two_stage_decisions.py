"""Sub-steps put together to decisions."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from headway.pipelines.agents.ppo_advantage import Path


class Decisions(NamedTuple):
    """Where decisions begin among T sub-steps of B rows, and one more that was not acted on.

    A decision that the batch may have cut off at its end is not used. Which ones are left out depends on when they
    begin alone, and not on what was decided: otherwise the short ones would be used more often.
    """

    begins: Tensor  # bool [T + 1, B]
    used: Tensor  # bool [T, B], where a decision begins that has all its sub-steps in the batch
    length: Tensor  # int64 [T, B], sub-steps of the decision that begins there (the rest of it, elsewhere)

    @classmethod
    def of(cls, phase: Tensor) -> Decisions:
        """From the observations' ``phase`` [T + 1, B], which is 0 where a decision begins."""
        begins = phase == 0
        steps = len(phase) - 1
        place, length = torch.zeros_like(phase, dtype=torch.int64), torch.ones_like(phase[:-1], dtype=torch.int64)
        for t in range(1, steps + 1):
            place[t] = torch.where(begins[t], 0, place[t - 1] + 1)
        for t in reversed(range(steps - 1)):
            length[t] = torch.where(begins[t + 1], 1, 1 + length[t + 1])
        used = begins[:-1].clone()
        used[max(steps - int(place.max()), 0) :] = False
        return cls(begins, used, length)


def decision_advantage(path: Path, value: Tensor, decisions: Decisions, gamma: float, decay: float) -> Tensor:
    """Generalised advantages (Schulman et al. 2016, equation 16) [T, B] of the decisions that are used, else 0.

    ``value`` [T + 1, B] counts where decisions begin; the rewards of a decision's sub-steps are added up.
    """
    advantage = torch.zeros_like(path.reward)
    begins = decisions.begins.to(value.dtype)
    following, ahead, earned = value[-1] * begins[-1], torch.zeros_like(value[0]), torch.zeros_like(value[0])
    for t in reversed(range(len(advantage))):
        going = path.going[t]
        following, ahead, earned = going * following + path.after[t], going * ahead, going * earned + path.reward[t]
        error = earned + gamma * following - value[t]
        advantage[t] = decisions.used[t] * (error + gamma * decay * ahead)
        # Before a decision there is nothing but its value and advantage.
        following = torch.where(decisions.begins[t], value[t], following)
        ahead = torch.where(decisions.begins[t], advantage[t], ahead)
        earned = torch.where(decisions.begins[t], 0.0, earned)
    return advantage
