"""The network for two sources: inventory positions in, two orders out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any

import torch
from gymnasium import spaces
from pydantic import Field
from torch import Tensor, nn

from headway.components import component
from headway.nn.layers import orthogonal
from headway.nn.network import Network, Recipe, outputs

Width = Annotated[int, Field(ge=1)]


@component
class Positions(Recipe):
    """A perceptron on the inventory positions of one stocking point, for any number of sources.

    Inputs, in usual demands: on hand, and that with what arrives within 1, 2, ... periods, which is what the
    classical rules look at, too.
    """

    hidden: tuple[Width, ...] = (32, 32)

    def build(self, observation_space: spaces.Dict, action_space: spaces.Space[Any]) -> Network:
        (periods, _) = observation_space["pipeline"].shape or (0, 0)
        return PositionNetwork(periods + 1, outputs(action_space), self.hidden)


class PositionNetwork(Network):
    """Positions [B, K + 1] -> orders [B, E]."""

    def __init__(self, positions: int, sources: int, hidden: tuple[int, ...]) -> None:
        super().__init__()
        sizes = (positions, *hidden)
        self.trunk, self.values = _trunk(sizes), _trunk(sizes)
        self.head = orthogonal(nn.Linear(sizes[-1], sources), 0.01)
        nn.init.constant_(self.head.bias, -0.5)  # a quarter of the reach or so: the usual demand from each
        self.value = orthogonal(nn.Linear(sizes[-1], 1), 1.0)

    def encode(self, observation: Mapping[str, Tensor]) -> Tensor:
        """float32 [B, K + 1], in usual demands."""
        arriving = observation["pipeline"].sum(dim=-1)
        return torch.cat([observation["stock"], arriving], dim=-1).cumsum(dim=-1) / observation["node_scale"]

    def actor(self, hidden: Tensor) -> Tensor:
        output: Tensor = self.head(self.trunk(hidden))
        return output

    def critic(self, hidden: Tensor) -> Tensor:
        value: Tensor = self.value(self.values(hidden))
        return value


def _trunk(sizes: tuple[int, ...]) -> nn.Sequential:
    layers = [layer for a, b in pairwise(sizes) for layer in (orthogonal(nn.Linear(a, b), math.sqrt(2)), nn.ELU())]
    return nn.Sequential(*layers)
