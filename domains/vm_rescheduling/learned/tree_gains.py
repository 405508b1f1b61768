"""What taking a VM from a node, or placing one there, does to whole slots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from headway.domains.vm_rescheduling.cluster.instance import NODES


class Room(NamedTuple):
    """What is free on N nodes, in R kinds of slots."""

    cpu: Tensor  # float32 [B, N]
    memory: Tensor  # float32 [B, N]
    open: Tensor  # bool [B, N]
    slot: Tensor  # float32 [B, R, 4], see `Migrate`
    free: Tensor  # float32 [B, N, R], cores or GB, by kind of slot
    worth: Tensor  # float32 [B, R], what a slot takes off the objective, scaled to sum to 1

    @classmethod
    def of(cls, observation: Mapping[str, Tensor]) -> Room:
        """The room in a batch of observations."""
        cpu, memory, slot = (observation[name].float() for name in ("cpu", "memory", "slot"))
        open_ = observation["open"].bool()
        free = torch.where(slot[:, None, :, 0] > 0, cpu[..., None], memory[..., None])
        whole = (free * open_[..., None]).sum(1).clamp(min=1.0)
        worth = slot[..., 3] * slot[..., :2].sum(-1) * slot[..., 2] / whole
        return cls(cpu, memory, open_, slot, free, worth / worth.sum(-1, keepdim=True))

    @property
    def slots(self) -> Tensor:
        """Free capacity in slots [B, N, R]."""
        return self.free / self.size

    @property
    def size(self) -> Tensor:
        """Cores or GB of a slot on a node [B, 1, R]."""
        return self.slot[..., :2].sum(-1)[:, None]

    def needed(self, kinds: Tensor) -> Tensor:
        """What VMs of ``kinds`` [B, K, 3] take of a node, in cores or GB by kind of slot: [B, K, R]."""
        return torch.where(self.slot[:, None, :, 0] > 0, kinds[..., 0:1], kinds[..., 1:2])


class Gains(NamedTuple):
    """Of K kinds on (or for) N nodes; a VM on both nodes of a machine counts at the first."""

    gain: Tensor  # float32 [B, N, K], whole slots more than before, by their worth
    fragment: Tensor  # float32 [B, N, K, R], what is then beyond whole slots on the node, as a share of a slot
    fits: Tensor  # bool [B, N, K], whether the node is open and has room for one more


def gains(room: Room, kinds: Tensor, sign: int) -> Gains:
    """Of placing (``sign`` 1) or taking away (-1) one VM of ``kinds`` [B, K, 3] on each node."""
    double = kinds[..., 2] == NODES  # [B, K]
    need = room.needed(kinds)
    own = (room.free[:, :, None] - sign * need[:, None]) / room.size[:, :, None]  # [B, N, K, R]
    other = _sibling(room.free)[:, :, None] - sign * (need * double[..., None])[:, None]
    floor = own.floor()
    after = _whole(room, floor, (other / room.size[:, :, None]).floor())
    slots = room.slots.floor()
    before = _whole(room, slots[:, :, None], _sibling(slots)[:, :, None])
    gain = ((after - before) * room.worth[:, None, None]).sum(-1)
    has = (room.cpu[..., None] >= kinds[:, None, :, 0]) & (room.memory[..., None] >= kinds[:, None, :, 1])
    first = torch.arange(has.shape[1])[:, None] % NODES == 0
    fits = has & room.open[..., None] & (~double[:, None] | (_sibling(has) & first)) & (kinds[:, None, :, 2] > 0)
    return Gains(gain, own - floor, fits)


def _whole(room: Room, own: Tensor, other: Tensor) -> Tensor:
    """Slots of a machine whose nodes have ``own`` and ``other`` [B, N, K, R]: their sum, or the lesser of the two."""
    double = room.slot[:, None, None, :, 2] == NODES
    return torch.where(double, torch.minimum(own, other), own + other)


def _sibling(nodes: Tensor) -> Tensor:
    """[B, N, ...] with the two nodes of each machine exchanged."""
    batch, number, *rest = nodes.shape
    return nodes.reshape(batch, number // NODES, NODES, *rest).flip(2).reshape(nodes.shape)
