"""From a network's output to random actions and their probabilities, for PPO of our own."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any

import torch
from gymnasium import spaces
from torch import Tensor, nn

from headway.nn.decoding import Bounds, allowed
from headway.nn.network import outputs


class Head(nn.Module, ABC):
    """A distribution over actions. Draws come from torch's global generator."""

    @abstractmethod
    def sample(self, output: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Actions [B, ...] and their log-probabilities [B], for an actor's output [B, A]."""

    @abstractmethod
    def judge(self, output: Tensor, mask: Tensor | None, action: Tensor) -> tuple[Tensor, Tensor]:
        """Log-probabilities [B] of given actions, and the distributions' entropies [B]."""

    def acted(self, action: Tensor) -> Any:
        """Actions as the environment takes them, in numpy."""
        return action.numpy()


class Discrete(Head):
    """Softmax over the allowed actions."""

    def sample(self, output: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        log = allowed(output, mask).log_softmax(-1)
        # The first of independent exponential arrivals with these rates is distributed like this.
        action = (log.exp() / torch.empty_like(log).exponential_()).argmax(-1)
        return action, log.gather(-1, action[:, None])[:, 0]

    def judge(self, output: Tensor, mask: Tensor | None, action: Tensor) -> tuple[Tensor, Tensor]:
        log = allowed(output, mask).log_softmax(-1)
        finite = log if mask is None else log.masked_fill(~mask, 0.0)
        return log.gather(-1, action[:, None])[:, 0], -(log.exp() * finite).sum(-1)


class Gaussian(Head):
    """Independent normal actions around the output, in [-1, 1] of the box, with one learned deviation each."""

    def __init__(self, box: spaces.Box, log_std: float) -> None:
        super().__init__()
        self.bounds = Bounds(box)
        self.log_std = nn.Parameter(torch.full((outputs(box),), log_std))

    def sample(self, output: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        action = output + self.log_std.exp() * torch.randn_like(output)
        return action, self.judge(output, mask, action)[0]

    def judge(self, output: Tensor, mask: Tensor | None, action: Tensor) -> tuple[Tensor, Tensor]:
        error = (action - output) * (-self.log_std).exp()
        constant = 0.5 * math.log(2 * math.pi)
        log = (-0.5 * error**2 - self.log_std - constant).sum(-1)
        return log, (0.5 + constant + self.log_std).sum().expand(len(log))

    def acted(self, action: Tensor) -> Any:
        return self.bounds.mean(action).numpy()


def head(space: spaces.Space[Any], log_std: float) -> Head:
    """The distribution for this action space."""
    return Gaussian(space, log_std) if isinstance(space, spaces.Box) else Discrete()
