"""A graph network: messages along links, for any network and any number of nodes."""

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
    at_ends,
    begin_at_usual,
    gathered_in,
    link_features,
    node_features,
    perceptron,
    periods_of,
    slots,
)
from headway.nn.network import Network, Recipe


@component
class Graph(Recipe):
    """Small perceptrons shared by all nodes and links, 2 x 32 ELU each as in Alvo et al. (2023), section 6.

    ``rounds`` of messages reach that many links far; in a row of four stages three do much better than two. What a
    node hears from its customers is weighted with their share of its flow, so that the size of the network does not
    matter: trained on 5 stores, it runs on 20.
    """

    width: Annotated[int, Field(ge=1)] = 32
    rounds: Annotated[int, Field(ge=1)] = 3

    def build(self, observation_space: spaces.Dict, action_space: spaces.Space[Any]) -> Network:
        return GraphNetwork(periods_of(observation_space), action_space, self.width, self.rounds)


class Hidden(NamedTuple):
    """Nodes [B, N, H], what surrounds each link [B, E, 3H], and weights of nodes in the whole [B, N, 1]."""

    nodes: Tensor
    links: Tensor
    weight: Tensor


class GraphNetwork(Network):
    """Observation of a graph -> one mean per link [B, E]."""

    def __init__(self, periods: int, action_space: spaces.Space[Any], width: int, rounds: int) -> None:
        super().__init__()
        self.periods, self.rounds = periods, rounds
        self.node = perceptron((NODE_FEATURES, width, width))
        self.link = perceptron((LINK_FEATURES + periods, width, width))
        self.message = perceptron((3 * width, width, width))
        self.update = perceptron((3 * width, width, width))
        self.order = perceptron((3 * width, width, width, 1), gain=0.01)
        begin_at_usual(self.order[-1], action_space)
        self.value = perceptron((width, width, 1), gain=1.0)

    def encode(self, observation: Mapping[str, Tensor]) -> Hidden:
        scale = observation["node_scale"]
        nodes = scale.shape[1]
        tail, head = (slots(observation[name], nodes) for name in ("tail", "head"))
        flow = observation["edge_scale"][..., None]
        there = (flow > 0).float()
        outflow = at_ends(gathered_in(flow, tail, nodes), tail)
        share = flow / torch.where(outflow > 0, outflow, 1.0)
        state, link = self.node(node_features(observation)), self.link(link_features(observation, self.periods))
        for _ in range(self.rounds):
            message = self.message(torch.cat([at_ends(state, tail), at_ends(state, head), link], dim=-1))
            heard = [gathered_in(message * there, head, nodes), gathered_in(message * share, tail, nodes)]
            state = state + self.update(torch.cat([state, *heard], dim=-1))
        around = torch.cat([at_ends(state, tail), at_ends(state, head), link], dim=-1)
        return Hidden(state, around, (scale / scale.sum(dim=1, keepdim=True))[..., None])

    def actor(self, hidden: Hidden) -> Tensor:
        """Means [B, E]."""
        means: Tensor = self.order(hidden.links)
        return means.squeeze(-1)

    def critic(self, hidden: Hidden) -> Tensor:
        """Values [B, 1]."""
        value: Tensor = self.value((hidden.nodes * hidden.weight).sum(dim=1))
        return value
