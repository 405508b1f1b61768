"""A network for real demand: what to have on hand, as a multiple of what comparable days have lately asked for."""

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
from headway.errors import CapabilityError
from headway.nn.layers import orthogonal
from headway.nn.network import Network, Recipe

Width = Annotated[int, Field(ge=1)]

LEAST = 0.05  # of an item's recent demand: what is added before logarithms and ratios are taken
EDGE = 1e-4  # how far from the ends of the box a mean stays, where squashing has no inverse


@component
class DemandMLP(Recipe):
    """One perceptron, shared by all items, that multiplies an item's own level: for any number of items.

    The level is a weighted mean of the last comparable demands (those 1, 2, ... seasons ago, with weights that are
    learned and begin equal); the network says by which factor to fill up beyond it, given demands relative to the
    level and the covariates. Untrained it fills up to the level, and an item that nobody has asked for on such a day
    is not ordered, whatever the network says. Needs the last demands (``lags``), a season of them or more.

    hidden : units of the hidden layers
    season : periods between comparable ones; 7 compares the same weekdays
    """

    hidden: tuple[Width, ...] = (64, 64)
    season: Annotated[int, Field(ge=1)] = 7

    def build(self, observation_space: spaces.Dict, action_space: spaces.Space[Any]) -> Network:
        return DemandNetwork(observation_space, action_space, self.hidden, self.season)


class DemandNetwork(Network):
    """Items -> one mean per item [B, I], before squashing into the box.

    Raises
    ------
    CapabilityError
        Actions are discrete, or less than a season of past demands is observed.
    """

    def __init__(
        self,
        observation_space: spaces.Dict,
        action_space: spaces.Space[Any],
        hidden: tuple[int, ...],
        season: int,
    ) -> None:
        super().__init__()
        shapes = {name: part.shape or () for name, part in observation_space.spaces.items()}
        lags = shapes["demand"][-1] if "demand" in shapes else 0
        if not isinstance(action_space, spaces.Box):
            raise CapabilityError("orders in any quantity are needed", where="demand_mlp", got=action_space)
        if lags < season:
            expected = f"lags={season} or more"
            raise CapabilityError("too few past demands are observed", where="demand_mlp", got=lags, expected=expected)
        self.reach, self.season = float(action_space.high.flat[0]), season
        covariates = shapes["covariates"][-1] if "covariates" in shapes else 0
        sizes = (2 + shapes["pipeline"][-1] + lags + covariates, *hidden)
        self.trunk = _trunk(sizes)
        self.head = orthogonal(nn.Linear(sizes[-1], 1), 0.01)
        self.values = nn.Sequential(_trunk(sizes), orthogonal(nn.Linear(sizes[-1], 1), 1.0))
        self.weights = nn.Parameter(torch.zeros(lags // season))

    def encode(self, observation: Mapping[str, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """Inputs float32 [B, I, F], the level [B, I] and the position [B, I], both in usual demands."""
        scale = observation["scale"][..., None]
        demand = observation["demand"] / scale
        goods = torch.cat([observation["stock"][..., None], observation["pipeline"]], dim=-1) / scale
        level = demand.flip(-1)[..., self.season - 1 :: self.season] @ self.weights.softmax(0)
        recent = demand.mean(-1, keepdim=True)
        small = LEAST * recent + EDGE
        unit = level[..., None] + small
        inputs = [goods / unit, torch.log((demand + small) / unit), torch.log(unit / (recent + small))]
        if "covariates" in observation:
            inputs.append(observation["covariates"])
        return torch.cat(inputs, dim=-1), level, goods.sum(-1)

    def actor(self, hidden: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        """Means [B, I]: what fills up to the level times the network's factor."""
        inputs, level, position = hidden
        factor = torch.exp(self.head(self.trunk(inputs))[..., 0])
        share = 2 * (level * factor - position) / self.reach - 1
        return torch.atanh(share.clamp(EDGE - 1, 1 - EDGE))

    def critic(self, hidden: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        """Values [B, 1]: items add up."""
        value: Tensor = self.values(hidden[0])
        return value.sum(dim=1)


def _trunk(sizes: tuple[int, ...]) -> nn.Sequential:
    layers = [layer for a, b in pairwise(sizes) for layer in (orthogonal(nn.Linear(a, b), math.sqrt(2)), nn.ELU())]
    return nn.Sequential(*layers)
