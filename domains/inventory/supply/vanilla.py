"""A plain perceptron on the whole network at once, for networks of one size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import torch
from gymnasium import spaces
from pydantic import Field
from torch import Tensor

from headway.components import component
from headway.domains.inventory.supply.inputs import (
    LINK_FEATURES,
    NODE_FEATURES,
    begin_at_usual,
    link_features,
    node_features,
    perceptron,
    periods_of,
)
from headway.nn.network import Network, Recipe

Width = Annotated[int, Field(ge=1)]


@component
class Vanilla(Recipe):
    """Everything that is known of nodes and links in one vector, in usual flows; two layers of 64 ELU by default."""

    hidden: tuple[Width, ...] = (64, 64)

    def build(self, observation_space: spaces.Dict, action_space: spaces.Space[Any]) -> Network:
        return VanillaNetwork(observation_space, action_space, self.hidden)


class VanillaNetwork(Network):
    """Observation -> one mean per link [B, E]."""

    sized = True

    def __init__(
        self, observation_space: spaces.Dict, action_space: spaces.Space[Any], hidden: tuple[int, ...]
    ) -> None:
        super().__init__()
        self.periods = periods_of(observation_space)
        (nodes,), (links,) = (observation_space[name].shape or (0,) for name in ("stock", "tail"))
        inputs = nodes * NODE_FEATURES + links * (LINK_FEATURES + self.periods)
        self.order = perceptron((inputs, *hidden, links), gain=0.01)
        begin_at_usual(self.order[-1], action_space)
        self.value = perceptron((inputs, *hidden, 1), gain=1.0)

    def encode(self, observation: Mapping[str, Tensor]) -> Tensor:
        """Features [B, F]."""
        parts = [node_features(observation), link_features(observation, self.periods)]
        return torch.cat([part.flatten(1) for part in parts], dim=1)

    def actor(self, hidden: Tensor) -> Tensor:
        """Means [B, E]."""
        means: Tensor = self.order(hidden)
        return means

    def critic(self, hidden: Tensor) -> Tensor:
        """Values [B, 1]."""
        value: Tensor = self.value(hidden)
        return value
