"""A network that scores nodes one by one: it serves clusters of any size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

import torch
from gymnasium import spaces
from pydantic import Field
from torch import Tensor, nn

from headway.components import component
from headway.domains.vm_rescheduling.cluster.instance import NODES
from headway.domains.vm_rescheduling.workload.flavors import CPU, MEMORY
from headway.nn.layers import tower
from headway.nn.network import Network, Recipe

SLOTS = ((16.0, 1), (16.0, 2), (32.0, 2), (44.0, 2))  # cores of a node, nodes: those of the rule `slot_fit`
FEATURES = 11 + 2 * len(SLOTS)
MACHINE = 0  # position of the free cores of the machine among them
LOST = slice(-len(SLOTS), None)  # positions of the lost slots
SMALL = 16.0  # cores of a slot of FR-16
ROOM = float(CPU)  # cores of a usual node
GIGABYTES = MEMORY / 1024.0
HIDDEN = -1e9  # logit of inactive machines


@component
class Nodes(Recipe):
    """One small network for all nodes: what is free on a node, its sibling and after placing in, a logit out.

    The logits begin as the rule `slot_fit`, softened: they fall with the slots that placing there takes away, and with
    the free cores of the node's machine. The value comes from means over the nodes of the features.

    Attributes
    ----------
    hidden : widths of the layers
    thrift : initial weight of a lost slot in the logits
    tightness : initial weight of 88 free cores in the logits
    """

    hidden: tuple[Annotated[int, Field(ge=1)], ...] = (64, 64)
    thrift: Annotated[float, Field(ge=0)] = 8.0
    tightness: Annotated[float, Field(ge=0)] = 40.0

    def build(self, observation_space: spaces.Dict, action_space: spaces.Space[Any]) -> Network:
        return NodesNetwork(self)


class Hidden(NamedTuple):
    """What actor and critic share."""

    features: Tensor  # [B, N, FEATURES]
    open: Tensor  # bool [B, N]


class NodesNetwork(Network):
    """Logits [B, 1 + N] (refuse, then nodes) and a value [B, 1], for the observations of `Place`."""

    def __init__(self, recipe: Nodes) -> None:
        super().__init__()
        self.score = tower([FEATURES, *recipe.hidden, 1], "silu", gain=0.01)
        self.value = tower([2 * FEATURES, *recipe.hidden, 1], "silu", gain=1.0)
        self.thrift = nn.Parameter(torch.tensor(recipe.thrift))
        self.tightness = nn.Parameter(torch.tensor(recipe.tightness))

    def encode(self, observation: Mapping[str, Tensor]) -> Hidden:
        cpu, memory, request = (observation[name].float() for name in ("cpu", "memory", "request"))
        cores, need, double = request[:, :1], request[:, 1:2], request[:, 2:] - 1
        other, after = _sibling(cpu), cpu - cores
        beside = other - double * cores
        wide = torch.ones_like(cpu)
        columns = [
            (cpu + other) / (2 * ROOM), cpu / ROOM, after / ROOM, other / ROOM, memory / GIGABYTES,
            (memory - need) / GIGABYTES, _sibling(memory) / GIGABYTES, after / SMALL - torch.floor(after / SMALL),
            cores / ROOM * wide, need / GIGABYTES * wide, double * wide,
        ]  # fmt: skip
        before = [_slots(cpu, other, *kind) for kind in SLOTS]
        share = observation["open"].float() / observation["open"].float().sum(1, keepdim=True).clamp(min=1)
        columns += [(slots * share).sum(1, keepdim=True) * wide for slots in before]
        columns += [slots - _slots(after, beside, *kind) for slots, kind in zip(before, SLOTS, strict=True)]
        return Hidden(torch.stack(columns, dim=-1), observation["open"].bool())

    def actor(self, hidden: Hidden) -> Tensor:
        lost, machine = hidden.features[..., LOST].sum(-1), hidden.features[..., MACHINE]
        logits = self.score(hidden.features).squeeze(-1) - self.thrift * lost - self.tightness * machine
        logits = logits.masked_fill(~hidden.open, HIDDEN)
        return torch.cat([torch.zeros_like(logits[:, :1]), logits], dim=1)

    def critic(self, hidden: Hidden) -> Tensor:
        weight = hidden.open.float().unsqueeze(-1)
        count = weight.sum(1).clamp(min=1)
        mean = (hidden.features * weight).sum(1) / count
        square = (hidden.features**2 * weight).sum(1) / count
        value: Tensor = self.value(torch.cat([mean, square], dim=-1))
        return value


def _sibling(values: Tensor) -> Tensor:
    """What the other node of each node's machine has, [B, N]."""
    return values.reshape(len(values), -1, NODES).flip(-1).reshape(values.shape)


def _slots(own: Tensor, other: Tensor, size: float, nodes: int) -> Tensor:
    """Whole slots of each node's machine, [B, N]; none below 0, which nodes without room would have."""
    first, second = (torch.floor(cores / size).clamp(min=0) for cores in (own, other))
    return torch.minimum(first, second) if nodes == NODES else first + second
