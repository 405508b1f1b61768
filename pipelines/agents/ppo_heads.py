"""From a network's output to random actions and their probabilities, for PPO of our own."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from headway.nn.decoding import Bounds, allowed
from headway.nn.network import outputs

FORBIDDEN = np.float32(-1e8)  # a logit whose share is 0, and 0 times whose logarithm is 0


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
        judged: tuple[Tensor, Tensor] = Judgement.apply(output, mask, action)  # type: ignore[no-untyped-call]
        return judged


class Judgement(torch.autograd.Function):
    """Log-probability of the action taken and entropy of a masked softmax, as one step of autograd in numpy.

    A row's actions lie in a column here: sums over a few neighbours are the slowest thing numpy does.
    """

    @staticmethod
    def forward(ctx: Any, output: Tensor, mask: Tensor | None, action: Tensor) -> tuple[Tensor, Tensor]:
        log = np.ascontiguousarray(output.detach().numpy().T)
        if mask is not None:
            np.copyto(log, FORBIDDEN, where=~mask.numpy().T)
        log -= log.max(0)
        share = np.exp(log)
        log -= np.log(share.sum(0))
        np.exp(log, out=share)
        entropy, taken = -np.einsum("an,an->n", share, log), (action.numpy(), np.arange(log.shape[1]))
        ctx.saved = share, log, entropy, taken
        return torch.from_numpy(log[taken]), torch.from_numpy(entropy)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, by_log: Tensor, by_entropy: Tensor) -> tuple[Tensor, None, None]:
        share, log, entropy, taken = ctx.saved
        weight = by_log.numpy()
        error = -share * ((log + entropy) * by_entropy.numpy() + weight)
        error[taken] += weight
        return torch.from_numpy(np.ascontiguousarray(error.T)), None, None


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
