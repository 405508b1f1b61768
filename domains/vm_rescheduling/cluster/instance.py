"""A snapshot of a cluster: machines with two NUMA nodes each, and the VMs on them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from headway.batch import Instance, pad

Ints = NDArray[np.int64]
Strings = NDArray[np.str_]

NODES = 2  # NUMA nodes of a machine
_FORMS = {
    "rack": ("BP", "i"), "active": ("BP", "b"), "cpu": ("BPN", "i"), "memory": ("BPN", "i"), "machine": ("BP", "U"),
    "vm": ("BV", "U"), "flavor": ("BV", "U"), "vm_cpu": ("BV", "i"), "vm_memory": ("BV", "i"), "vm_nodes": ("BV", "i"),
    "host": ("BV", "i"), "node": ("BV", "i"), "group": ("BV", "i"), "pinned": ("BV", "b"),
    "name": ("B", "U"), "limit": ("B", "i"), "spread": ("B", "U"),
}  # fmt: skip


@dataclass(frozen=True)
class Snapshot(Instance):
    """B clusters of at most P machines and V VMs.

    Attributes
    ----------
    name : str [B]
    limit : int64 [B], migrations at most (the migration number limit, MNL)
    spread : str [B], what the VMs of an anti-affinity group must not share: ``machine`` or ``rack``
    machine : str [B, P], its name
    rack : int64 [B, P]
    active : bool [B, P], whether it counts and takes VMs; VMs on an inactive machine stay. False for padding
    cpu, memory : int64 [B, P, 2], cores and MB of each NUMA node
    vm, flavor : str [B, V], names
    vm_cpu, vm_memory : int64 [B, V], cores and MB of a VM in all
    vm_nodes : int64 [B, V], NUMA nodes it takes: 1, or 2 with half of cores and memory on each node of its machine;
        0 for padding
    host : int64 [B, V], the machine it is on (-1 for padding)
    node : int64 [B, V], the NUMA node, 0 or 1; 0 where it takes both
    group : int64 [B, V], its anti-affinity group, -1 for none
    pinned : bool [B, V], must not be migrated

    Raises
    ------
    InstanceError
        A shape or type is wrong, a VM is on no machine, a node holds more than it has, a number is negative, a VM on
        two nodes has odd cores or memory, two VMs of a group share what they must not.
    """

    name: Strings
    limit: Ints
    spread: Strings
    machine: Strings = pad("")
    rack: Ints = pad(-1)
    active: NDArray[np.bool_] = pad(False)
    cpu: Ints = pad(0)
    memory: Ints = pad(0)
    vm: Strings = pad("")
    flavor: Strings = pad("")
    vm_cpu: Ints = pad(0)
    vm_memory: Ints = pad(0)
    vm_nodes: Ints = pad(0)
    host: Ints = pad(-1)
    node: Ints = pad(0)
    group: Ints = pad(-1)
    pinned: NDArray[np.bool_] = pad(True)

    # -- what follows from the fields -------------------------------------------------------------
    @property
    def machines(self) -> int:
        """P, padding included."""
        return int(self.active.shape[1])

    @property
    def vms(self) -> int:
        """V, padding included."""
        return int(self.host.shape[1])

    @property
    def real(self) -> NDArray[np.bool_]:
        """bool [B, V]: a VM, not padding."""
        real: NDArray[np.bool_] = self.vm_nodes > 0
        return real

    @property
    def zone(self) -> Ints:
        """int64 [B, P]: machines of one number must not both host VMs of one group."""
        each = np.broadcast_to(np.arange(self.machines), self.rack.shape)
        zone: Ints = np.where((self.spread == "rack")[:, None], self.rack, each)
        return zone

    @property
    def movable(self) -> NDArray[np.bool_]:
        """bool [B, V]: VMs that may be migrated."""
        on_active = np.take_along_axis(self.active, np.maximum(self.host, 0), axis=1)
        movable: NDArray[np.bool_] = self.real & ~self.pinned & on_active
        return movable

    def used(self, amount: Ints) -> Ints:
        """int64 [B, P, 2]: what VMs with these amounts [B, V] (cores or MB in all) take of each node."""
        out = np.zeros((len(self), self.machines, NODES), np.int64)
        row = np.broadcast_to(np.arange(len(self))[:, None], self.host.shape)
        for node in range(NODES):
            part = np.where(self.vm_nodes == 2, amount // 2, np.where(self.node == node, amount, 0))
            np.add.at(out[:, :, node], (row[self.real], self.host[self.real]), part[self.real])
        return out

    def free(self, resource: str) -> Ints:
        """int64 [B, P, 2]: cores (``cpu``) or MB (``memory``) that VMs leave free; 0 on inactive machines."""
        total, need = (self.cpu, self.vm_cpu) if resource == "cpu" else (self.memory, self.vm_memory)
        free: Ints = np.where(self.active[..., None], total - self.used(need), 0)
        return free

    def padded(self, *, machines: int = 0, vms: int = 0) -> Self:
        """The same snapshots with room for at least so many machines and VMs."""
        more = {"P": max(machines - self.machines, 0), "V": max(vms - self.vms, 0)}
        arrays = self.arrays()
        for field in dataclasses.fields(self):
            for axis, letter in enumerate(_FORMS.get(field.name, ("", ""))[0]):
                if more.get(letter):
                    shape = list(arrays[field.name].shape)
                    shape[axis] = more[letter]
                    fill = np.full(shape, field.metadata["pad"], arrays[field.name].dtype)
                    arrays[field.name] = np.concatenate([arrays[field.name], fill], axis=axis)
        return self.made(arrays)

    # -- rules ------------------------------------------------------------------------------------
    def validate(self) -> None:
        self._check_forms()
        self.refuse("spread", "machine or rack", ~np.isin(self.spread, ("machine", "rack")))
        for field in ("limit", "cpu", "memory", "vm_cpu", "vm_memory"):
            self.refuse(field, "a number >= 0", getattr(self, field) < 0)
        self.refuse("vm_cpu", "at least one core", self.real & (self.vm_cpu < 1))
        self.refuse("vm_nodes", "1 or 2 (0 for padding)", (self.vm_nodes < 0) | (self.vm_nodes > NODES))
        on_machine = (self.host >= 0) & (self.host < self.machines)
        self.refuse("host", f"a machine, 0..{self.machines - 1}", self.real & ~on_machine)
        self.refuse("node", "0 or 1, and 0 for a VM on both nodes", ~np.isin(self.node, (0, 1)))
        self.refuse("node", "0 or 1, and 0 for a VM on both nodes", (self.vm_nodes == 2) & (self.node != 0))
        for field in ("vm_cpu", "vm_memory"):
            self.refuse(field, "even for a VM on two nodes", (self.vm_nodes == 2) & (getattr(self, field) % 2 > 0))
        self.refuse("cpu", "at least the cores of the VMs on it", self.used(self.vm_cpu) > self.cpu)
        self.refuse("memory", "at least the memory of the VMs on it", self.used(self.vm_memory) > self.memory)
        self.refuse("group", "one VM of a group in a zone", self._clashes())

    def _clashes(self) -> NDArray[np.bool_]:
        """bool [B, V]: a VM whose group has another VM, named before it, in the same zone."""
        clash = np.zeros(self.group.shape, bool)
        zone = self.zone
        for row, vm in zip(*np.nonzero(self.real & (self.group >= 0)), strict=True):
            peers = np.flatnonzero((self.group[row, :vm] == self.group[row, vm]) & self.real[row, :vm])
            clash[row, vm] = (zone[row, self.host[row, peers]] == zone[row, self.host[row, vm]]).any()
        return clash

    def _check_forms(self) -> None:
        sizes = {"B": len(self), "P": self.active.shape[-1], "V": self.host.shape[-1], "N": NODES}
        for field, (axes, kind) in _FORMS.items():
            array: NDArray[Any] = getattr(self, field)
            shape = tuple(sizes[axis] for axis in axes)
            if array.dtype.kind != kind or array.shape != shape:
                raise self.error(
                    "a field has the wrong form",
                    where=f"{type(self).__name__}.{field}",
                    got=f"{array.dtype} {array.shape}",
                    expected=f"{np.dtype(kind).name if kind != 'U' else 'str'} {shape}",
                )
