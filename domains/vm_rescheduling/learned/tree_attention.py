"""The two-stage attention network: first a machine's tree, then all machines; which VM, then which node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import torch
from gymnasium import spaces
from pydantic import Field
from torch import Tensor, nn

from headway import tree
from headway.components import component
from headway.domains.vm_rescheduling.learned.tree_cells import Cells
from headway.domains.vm_rescheduling.learned.tree_features import (
    cluster_features,
    cluster_size,
    kind_features,
    kind_size,
    node_features,
    node_size,
)
from headway.domains.vm_rescheduling.learned.tree_gains import Room
from headway.domains.vm_rescheduling.learned.tree_heads import HIDDEN, Destinations, Hidden, Sources
from headway.domains.vm_rescheduling.learned.tree_layers import AcrossMachines, FeedForward, WithinTree
from headway.errors import ConfigError
from headway.nn.layers import orthogonal
from headway.nn.network import Network, Recipe

Size = Annotated[int, Field(ge=1)]


@component
class TreeAttention(Recipe):
    """Attention within each machine's tree, then across machines, after Ding et al. 2025 ("Towards VM rescheduling
    optimization through deep reinforcement learning", section 4: sparse attention in trees, actor of two stages).

    Differences: VMs of one kind on one node are one token; what a move does to whole slots is computed and given to
    the heads; slots are described in the observation, so that one network serves any mix of as many kinds of
    fragments. Any number of machines and VMs.

    Attributes
    ----------
    dim, heads, feedforward : of the attention
    layers : pairs of attention within trees and across machines
    greed : initial weight, in the logits, of the slots that a move gains at once; from about 10 on, an untrained
        network does what greedy does
    """

    dim: Size = 48
    heads: Size = 2
    feedforward: Size = 96
    layers: Size = 1
    greed: Annotated[float, Field(ge=0)] = 0.0

    def __post_init__(self) -> None:
        if self.dim % self.heads:
            raise ConfigError(
                "heads do not divide dim", where="network.heads", got=self.heads, expected=f"a divisor of {self.dim}"
            )

    def build(self, observation_space: spaces.Dict, action_space: spaces.Space[Any]) -> Network:
        terms = (observation_space["slot"].shape or (1,))[0]
        return TreeNetwork(self, terms)


class TreeNetwork(Network):
    """Logits [B, 1 + max(V, N)] and a value [B, 1], for the observations of `Migrate`."""

    def __init__(self, recipe: TreeAttention, terms: int) -> None:
        super().__init__()
        dim, heads = recipe.dim, recipe.heads
        self.node = nn.Linear(node_size(terms), dim)
        self.kind = nn.Sequential(
            nn.Linear(kind_size(terms), recipe.feedforward), nn.SiLU(), nn.Linear(recipe.feedforward, dim)
        )
        self.within = nn.ModuleList(WithinTree(dim, heads) for _ in range(recipe.layers))
        self.across = nn.ModuleList(AcrossMachines(dim, heads) for _ in range(recipe.layers))
        self.forth = nn.ModuleList(FeedForward(dim, recipe.feedforward) for _ in range(2 * recipe.layers))
        self.norm = nn.LayerNorm(dim)
        cluster = dim + cluster_size(terms)
        self.sources = Sources(dim, heads, cluster, terms, recipe.greed)
        self.destinations = Destinations(dim, terms, recipe.greed)
        self.value = nn.Sequential(
            nn.Linear(cluster, recipe.feedforward), nn.SiLU(), orthogonal(nn.Linear(recipe.feedforward, 1), 1.0)
        )

    def encode(self, observation: Mapping[str, Tensor]) -> Hidden:
        room, cells = Room.of(observation), Cells.of(observation)
        kinds = self.kind(kind_features(room, cells))
        nodes = self.node(node_features(room, cells, observation["left"].float()))
        for i, (within, across) in enumerate(zip(self.within, self.across, strict=True)):
            nodes = self.forth[2 * i](within(nodes, kinds, cells))
            nodes = self.forth[2 * i + 1](across(nodes, room.open))
        nodes = self.norm(nodes)
        weight = room.open.to(nodes.dtype)[:, None]
        mean = (weight @ nodes)[:, 0] / weight.sum(-1).clamp(min=1)
        cluster = torch.cat([mean, cluster_features(room, observation["left"].float())], -1)
        return Hidden(nodes, kinds, cluster, room, cells, observation["chosen"][:, 0].long())

    def actor(self, hidden: Hidden) -> Tensor:
        (batch, nodes, _), vms = hidden.nodes.shape, hidden.cells.cell.shape[1]
        logits = hidden.nodes.new_full((batch, 1 + max(nodes, vms)), HIDDEN)
        choosing = hidden.chosen < 0
        # Rows of a batch often are in the same sub-step: then the other one's head has nothing to do.
        if bool(choosing.any()):
            logits = _filled(logits, choosing, self.sources(_rows(hidden, choosing)))
        if not bool(choosing.all()):
            logits = _filled(logits, ~choosing, self.destinations(_rows(hidden, ~choosing)))
        return logits

    def critic(self, hidden: Hidden) -> Tensor:
        value: Tensor = self.value(hidden.cluster)
        return value


def _rows(hidden: Hidden, where: Tensor) -> Hidden:
    return hidden if bool(where.all()) else tree.rows(hidden, where)


def _filled(logits: Tensor, where: Tensor, part: Tensor) -> Tensor:
    """``logits`` [B, A] with the first columns of the rows ``where`` replaced by ``part``."""
    part = nn.functional.pad(part, (0, logits.shape[1] - part.shape[1]), value=HIDDEN)
    return part if bool(where.all()) else logits.index_put((where.nonzero()[:, 0],), part)
