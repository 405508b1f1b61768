"""Networks that know the observation's fields: one score per asset, for any number of assets."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any

import torch
from gymnasium import spaces
from pydantic import Field
from torch import Tensor, nn

from headway.components import component
from headway.nn.network import Network, Recipe

Width = Annotated[int, Field(ge=1)]


@component
class AssetMLP(Recipe):
    """The same small perceptron for every asset, 12-16-16-1 by default: 497 parameters in the actor.

    Few parameters, shared, around a zero start: the form that held up out of sample in the probe
    (research notes in README), where networks on price windows did not.
    """

    hidden: tuple[Width, ...] = (16, 16)

    def build(self, observation_space: spaces.Dict, action_space: spaces.Space[Any]) -> Network:
        (*_, features) = observation_space["assets"].shape or (0,)
        return AssetNetwork(features, self.hidden)


class AssetNetwork(Network):
    """Features [B, N, F] -> scores [B, N]; the value comes from the mean and largest hidden activations."""

    def __init__(self, features: int, hidden: tuple[int, ...]) -> None:
        super().__init__()
        sizes = (features, *hidden)
        layers = [layer for a, b in pairwise(sizes) for layer in (nn.Linear(a, b), nn.Tanh())]
        self.trunk = nn.Sequential(*layers)
        self.score = nn.Linear(sizes[-1], 1)
        self.value = nn.Sequential(nn.Linear(2 * sizes[-1], sizes[-1]), nn.Tanh(), nn.Linear(sizes[-1], 1))
        # Zero scores are 1/N: training starts from the reference and has to earn any tilt.
        nn.init.zeros_(self.score.weight)
        nn.init.zeros_(self.score.bias)

    def encode(self, observation: Mapping[str, Tensor]) -> Tensor:
        """Hidden activations [B, N, H]."""
        hidden: Tensor = self.trunk(observation["assets"])
        return hidden

    def actor(self, hidden: Tensor) -> Tensor:
        """Scores [B, N]."""
        scores: Tensor = self.score(hidden)
        return scores.squeeze(-1)

    def critic(self, hidden: Tensor) -> Tensor:
        """Values [B, 1]."""
        value: Tensor = self.value(torch.cat([hidden.mean(dim=1), hidden.amax(dim=1)], dim=-1))
        return value
