"""What `TreeAttention` is told of nodes, kinds of VMs and the whole cluster, all of it of size one or so."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from headway.domains.vm_rescheduling.cluster.instance import NODES
from headway.domains.vm_rescheduling.learned.tree_cells import Cells
from headway.domains.vm_rescheduling.learned.tree_gains import Room

WAVES = (1, 2, 4)  # periods per slot: a fragment of 16 is told from the next one
CPU, MEMORY, LEFT = 64.0, 256.0, 40.0  # cores, GB, turns per VM that count as one
PERIODIC, TURNS = 1 + 2 * len(WAVES), 2  # numbers for a fragment, and for the turns left


def node_size(terms: int) -> int:
    """How many numbers `node_features` has for each node."""
    return 5 + TURNS + (PERIODIC + 1) * terms


def kind_size(terms: int) -> int:
    """How many numbers `kind_features` has for each kind."""
    return 4 + (PERIODIC + 1) * terms


def cluster_size(terms: int) -> int:
    """How many numbers `cluster_features` has."""
    return 1 + TURNS + terms


def node_features(room: Room, cells: Cells, left: Tensor) -> Tensor:
    """[B, N, `node_size`]: what is free, in all and beyond slots; how many VMs; turns left."""
    slots = room.slots
    alone = [room.cpu / CPU, room.memory / MEMORY, room.open.float()]
    alone += [cells.vms.sum(-1).log1p(), cells.movable.sum(-1).log1p()]
    turns = _turns(left)[:, None].expand(-1, slots.shape[1], -1)
    return torch.cat([torch.stack(alone, -1), turns, periodic(slots - slots.floor()), slots.floor().log1p()], -1)


def kind_features(room: Room, cells: Cells) -> Tensor:
    """[B, K, `kind_size`]: what a VM takes, in all and beyond slots; how many there are."""
    kinds = cells.kinds
    number = cells.movable.sum(1).log1p() / 4
    alone = torch.stack([kinds[..., 0] / CPU, kinds[..., 1] / MEMORY, (kinds[..., 2] == NODES).float(), number], -1)
    slots = room.needed(kinds) / room.size
    return torch.cat([alone, periodic(slots - slots.floor()), slots.floor().log1p()], -1)


def cluster_features(room: Room, left: Tensor) -> Tensor:
    """[B, `cluster_size`]: how large it is, turns left, what is beyond slots on the average node."""
    slots = room.slots
    weight = room.open.to(slots.dtype)[..., None]
    number = weight.sum(1).clamp(min=1)
    mean = ((slots - slots.floor()) * weight).sum(1) / number
    return torch.cat([number.log() / 6, _turns(left), mean], -1)


def periodic(fragment: Tensor) -> Tensor:
    """[..., R] in [0, 1) -> [..., R x `PERIODIC`]: itself, and waves in which its beginning and end are the same."""
    angle = 2 * math.pi * fragment
    waves = [wave(n * angle) for n in WAVES for wave in (torch.sin, torch.cos)]
    return torch.cat([fragment, *waves], -1)


def _turns(left: Tensor) -> Tensor:
    return torch.stack([left[:, 0].log1p() / 4, LEFT * left[:, 1]], -1)
