"""The smallest network: one perceptron for the features of every asset."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from gymnasium import spaces
from torch import Tensor, nn

from headway.components import component
from headway.domains.portfolio.allocation.features import NAMES
from headway.domains.portfolio.learned.scorer import Scorer, Width
from headway.nn.network import Network, Recipe


@component
class AssetMLP(Recipe):
    """The same small perceptron for every asset, 12-16-16-1 by default: 497 parameters in the actor.

    Few parameters, shared, around a zero start: the form that held up out of sample in the probe
    (research notes in README), where networks on price windows did not. ``hidden=[]`` is linear;
    ``signals=false`` shows it prices only, which is what other data are to be compared with.
    """

    hidden: tuple[Width, ...] = (16, 16)
    signals: bool = True

    def build(self, observation_space: spaces.Dict, action_space: spaces.Space[Any]) -> Network:
        (*_, features) = observation_space["assets"].shape or (0,)
        return AssetNetwork((features if self.signals else len(NAMES), *self.hidden), action_space)


class AssetNetwork(Scorer):
    """The first features of [B, N, F] through tanh layers of these sizes."""

    def __init__(self, sizes: tuple[int, ...], action_space: spaces.Space[Any]) -> None:
        super().__init__(sizes[-1], action_space)
        self.features = sizes[0]
        self.trunk = nn.Sequential(*[layer for a, b in pairwise(sizes) for layer in (nn.Linear(a, b), nn.Tanh())])

    def encode(self, observation: Mapping[str, Tensor]) -> Tensor:
        hidden: Tensor = self.trunk(observation["assets"][..., : self.features])
        return hidden
