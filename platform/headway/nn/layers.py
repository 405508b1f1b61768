"""Small layers that several networks share."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Literal

import torch
from gymnasium import spaces
from torch import Tensor, nn

from headway.nn.dense import Tower

Activation = Literal["tanh", "relu", "silu"]
ACTIVATIONS: Mapping[Activation, type[nn.Module]] = {"tanh": nn.Tanh, "relu": nn.ReLU, "silu": nn.SiLU}


class Flatten(nn.Module):
    """A dict of observations as one vector [B, features], in the order of the space; categories one-hot."""

    def __init__(self, space: spaces.Dict) -> None:
        super().__init__()
        self.categories = {
            name: int(part.n) if isinstance(part, spaces.Discrete) else 0 for name, part in space.spaces.items()
        }
        self.features = sum(spaces.flatdim(part) for part in space.spaces.values())

    def forward(self, observation: Mapping[str, Tensor]) -> Tensor:
        return torch.cat([self._flat(observation[name], n) for name, n in self.categories.items()], dim=-1)

    def _flat(self, values: Tensor, categories: int) -> Tensor:
        if categories:
            return nn.functional.one_hot(values.long().reshape(-1), categories).float()
        return values.float().reshape(len(values), -1)


def tower(sizes: Sequence[int], activation: Activation, gain: float) -> nn.Sequential:
    """Linear layers ``sizes[0] -> ... -> sizes[-1]`` with activations between them.

    Orthogonal weights, gain sqrt(2) inside and ``gain`` at the end: what on-policy methods need
    (Andrychowicz et al. 2021, "What matters in on-policy reinforcement learning", choices C56-C57).
    """
    layers: list[nn.Module] = []
    for i, (inputs, outputs) in enumerate(itertools.pairwise(sizes)):
        last = i == len(sizes) - 2
        layers += [orthogonal(nn.Linear(inputs, outputs), gain if last else math.sqrt(2))]
        layers += [] if last else [ACTIVATIONS[activation]()]
    return Tower(*layers)


def orthogonal(layer: nn.Linear, gain: float) -> nn.Linear:
    """The layer with orthogonal weights and no bias at the start."""
    nn.init.orthogonal_(layer.weight, gain)
    nn.init.zeros_(layer.bias)
    return layer
