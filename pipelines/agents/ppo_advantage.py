"""Advantages and the values that critics should learn, from rewards and the critics' own estimates."""

from __future__ import annotations

from typing import NamedTuple

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
