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
from torch.nn import functional

from headway.components import component
from headway.errors import CapabilityError
from headway.nn.layers import orthogonal
from headway.nn.network import Network, Recipe

Width = Annotated[int, Field(ge=1)]

SHARPNESS = 4.0  # of the bend between an order and none: it is about a quarter of a usual order wide
EDGE = 0.9999  # of the way to the largest order and to none, beyond which tanh has no inverse in 32 bits


@component
class Positions(Recipe):
    """What one stocking point orders from each source: a linear rule, bent at zero, and a perceptron's correction.

    A dual-index rule is such a rule without a correction. Inputs, in usual demands and around what is usual of them:
    on hand, what arrives in 1, 2, ... periods, and all of it. With both, 500 updates at one learning rate (15 CPU-s)
    came within 0.17 % of the optimum, with centred inputs alone 0.34 %, with neither 0.4 % (regular lead time 2,
    premium 10, penalty 95, demand uniform on 0, ..., 8; one seed).
    """

    hidden: tuple[Width, ...] = (32, 32)

    def build(self, observation_space: spaces.Dict, action_space: spaces.Space[Any]) -> Network:
        if not isinstance(action_space, spaces.Box):
            raise CapabilityError("orders are quantities", where="network positions", got=action_space, expected="Box")
        (periods, sources) = observation_space["pipeline"].shape or (0, 0)
        if observation_space["stock"].shape != (1,):
            got = observation_space["stock"].shape
            raise CapabilityError("one stocking point at most", where="network positions", got=got, expected=(1,))
        return PositionNetwork(periods, sources, float(action_space.high.flat[0]), self.hidden)


class PositionNetwork(Network):
    """Goods [B, K + 2] -> orders [B, E], as what tanh makes actions of."""

    def __init__(self, periods: int, sources: int, reach: float, hidden: tuple[int, ...]) -> None:
        super().__init__()
        sizes = (periods + 2, *hidden)
        self.reach = reach
        self.trunk, self.values = _trunk(sizes), _trunk(sizes)
        self.rule = nn.Linear(periods + 2, sources, bias=False)
        nn.init.zeros_(self.rule.weight)
        self.head = orthogonal(nn.Linear(sizes[-1], sources), 0.01)
        nn.init.ones_(self.head.bias)  # the usual order from each source
        self.value = orthogonal(nn.Linear(sizes[-1], 1), 1.0)

    def encode(self, observation: Mapping[str, Tensor]) -> Tensor:
        """float32 [B, K + 2], in usual demands."""
        scale = observation["node_scale"]
        stock, arriving = observation["stock"] / scale, observation["pipeline"].sum(dim=-1) / scale
        position = stock + arriving.sum(dim=-1, keepdim=True)
        return torch.cat([stock - 1, arriving - 0.5, position - 1 - 0.5 * arriving.shape[1]], dim=-1)

    def actor(self, hidden: Tensor) -> Tensor:
        orders = functional.softplus(self.rule(hidden) + self.head(self.trunk(hidden)), beta=SHARPNESS)
        return torch.atanh((2 * orders / self.reach - 1).clamp(-EDGE, EDGE))

    def critic(self, hidden: Tensor) -> Tensor:
        value: Tensor = self.value(self.values(hidden))
        return value


def _trunk(sizes: tuple[int, ...]) -> nn.Sequential:
    layers = [layer for a, b in pairwise(sizes) for layer in (orthogonal(nn.Linear(a, b), math.sqrt(2)), nn.ELU())]
    return nn.Sequential(*layers)
