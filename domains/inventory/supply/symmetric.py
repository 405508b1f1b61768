"""A symmetry-aware network for one warehouse: stores are told apart by their numbers alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

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


@component
class Symmetric(Recipe):
    """One perceptron for the warehouse, one shared by all stores, and a context that both see.

    As the symmetry-aware policies of Alvo et al. (2023), section 5.2; the context is a mean over stores, weighted
    with their demand, so that any number of stores will do.
    """

    width: Annotated[int, Field(ge=1)] = 32

    def build(self, observation_space: spaces.Dict, action_space: spaces.Space[Any]) -> Network:
        return SymmetricNetwork(periods_of(observation_space), action_space, self.width)


class Hidden(NamedTuple):
    """The context [B, H], and what each store sees [B, M, F + H]; ``there`` bool [B, M] is false for padding."""

    context: Tensor
    stores: Tensor
    there: Tensor


class SymmetricNetwork(Network):
    """Node and link 0 are the warehouse's, node and link i those of store i -> means [B, 1 + M]."""

    def __init__(self, periods: int, action_space: spaces.Space[Any], width: int) -> None:
        super().__init__()
        self.periods, own = periods, NODE_FEATURES + LINK_FEATURES + periods
        self.summary = perceptron((own, width, width))
        self.context = perceptron((own + width, width, width))
        self.warehouse = perceptron((width, width, 1), gain=0.01)
        self.store = perceptron((own + width, width, width, 1), gain=0.01)
        self.value = perceptron((width, width, 1), gain=1.0)
        for head in (self.warehouse, self.store):
            begin_at_usual(head[-1], action_space)

    def encode(self, observation: Mapping[str, Tensor]) -> Hidden:
        known = torch.cat([node_features(observation), link_features(observation, self.periods)], dim=-1)
        warehouse, stores = known[:, 0], known[:, 1:]
        scale = observation["node_scale"][:, 1:]
        weight = (scale / scale.sum(dim=1, keepdim=True))[..., None]
        pooled = (self.summary(stores) * weight).sum(dim=1)
        context = self.context(torch.cat([warehouse, pooled], dim=-1))
        around = context[:, None].expand(-1, stores.shape[1], -1)
        return Hidden(context, torch.cat([stores, around], dim=-1), scale > 0)

    def actor(self, hidden: Hidden) -> Tensor:
        """Means [B, 1 + M]."""
        stores: Tensor = self.store(hidden.stores)
        return torch.cat([self.warehouse(hidden.context), stores.squeeze(-1)], dim=1)

    def critic(self, hidden: Hidden) -> Tensor:
        """Values [B, 1]."""
        value: Tensor = self.value(hidden.context)
        return value
