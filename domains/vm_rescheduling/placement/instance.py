"""A cluster and the requests that will reach it; and where they were placed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headway.batch import Batch, Instance, pad
from headway.domains.vm_rescheduling.cluster.instance import NODES
from headway.errors import SolutionError

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_FORMS = {
    "name": ("B", "U"), "active": ("BP", "b"), "cpu": ("BPN", "i"), "memory": ("BPN", "i"),
    "there_cpu": ("BH", "i"), "there_memory": ("BH", "i"), "there_nodes": ("BH", "i"), "there_at": ("BH", "i"),
    "there_until": ("BH", "f"), "time": ("BR", "f"), "vm_cpu": ("BR", "i"), "vm_memory": ("BR", "i"),
    "vm_nodes": ("BR", "i"), "until": ("BR", "f"),
    "start": ("B", "i"), "placed": ("BR", "i"),
}  # fmt: skip


@dataclass(frozen=True)
class Stream(Instance):
    """B clusters of at most P machines, H VMs that are there at time 0, and R requests for more.

    Node n is node n % 2 of machine n // 2; a VM on both nodes of a machine is placed at the first. Cores and MB of VMs
    are in all; a VM on two nodes takes half of them of each.

    Attributes
    ----------
    name : str [B]
    active : bool [B, P], machines that take VMs; False for padding
    cpu, memory : int64 [B, P, 2], cores and MB of each NUMA node
    there_cpu, there_memory, there_nodes : int64 [B, H], size of each VM that is there; 0 nodes for padding
    there_at : int64 [B, H], the node it is on; ``there_until`` float64 [B, H], seconds, when it goes
    time : float64 [B, R], seconds, not falling: when a VM is asked for
    vm_cpu, vm_memory, vm_nodes : int64 [B, R], its size; 0 nodes for padding, at the end
    until : float64 [B, R], when it goes, if it has been placed; becomes known when it happens
    start : int64 [B], the first request that is decided; those before it are a known past
    placed : int64 [B, R], of that past the node of each VM that is there when request ``start`` comes; else -1

    Raises
    ------
    InstanceError
        A shape or type is wrong, a number is negative or not finite, times fall, a VM goes before it comes, a node
        holds more than it has, a VM of the past is there that has gone.
    """

    name: NDArray[np.str_]
    active: NDArray[np.bool_] = pad(False)
    cpu: Ints = pad(0)
    memory: Ints = pad(0)
    there_cpu: Ints = pad(0)
    there_memory: Ints = pad(0)
    there_nodes: Ints = pad(0)
    there_at: Ints = pad(0)
    there_until: Floats = pad(0.0)
    time: Floats = pad(0.0)
    vm_cpu: Ints = pad(0)
    vm_memory: Ints = pad(0)
    vm_nodes: Ints = pad(0)
    until: Floats = pad(0.0)
    start: Ints = pad(0)
    placed: Ints = pad(-1)

    @property
    def nodes(self) -> int:
        """N = 2 P, padding included."""
        return NODES * int(self.active.shape[1])

    @property
    def requests(self) -> Ints:
        """int64 [B]: how many VMs are asked for."""
        requests: Ints = (self.vm_nodes > 0).sum(axis=1)
        return requests

    def now(self, period: int) -> Floats:
        """float64 [B]: when request ``period`` comes (the last one, where there are fewer)."""
        now: Floats = self.time[:, : period + 1].max(axis=1, initial=0.0)
        return now

    def free(self) -> tuple[Ints, Ints]:
        """int64 [B, N] each: cores and MB that are free on each node at the beginning, before any VM of time 0 goes."""
        left = []
        past = np.where(self.placed >= 0, self.vm_nodes, 0)
        for total, old, asked in (
            (self.cpu, self.there_cpu, self.vm_cpu),
            (self.memory, self.there_memory, self.vm_memory),
        ):
            free = total.reshape(len(self), -1).copy()
            for taken, nodes, at in ((old, self.there_nodes, self.there_at), (asked, past, self.placed)):
                each = taken // np.maximum(nodes, 1)
                row = np.broadcast_to(np.arange(len(self))[:, None], each.shape)
                for other in range(NODES):
                    here = nodes > other
                    np.subtract.at(free, (row[here], at[here] + other), each[here])
            left.append(free)
        return left[0], left[1]

    # -- rules ------------------------------------------------------------------------------------
    def validate(self) -> None:
        self._check_forms()
        for field in ("cpu", "memory", "there_cpu", "there_memory", "vm_cpu", "vm_memory"):
            self.refuse(field, "a number >= 0", getattr(self, field) < 0)
        for field in ("there_until", "time", "until"):
            values = getattr(self, field)
            self.refuse(field, "a finite number of seconds >= 0", ~(np.isfinite(values) & (values >= 0)))
        real = self.vm_nodes > 0
        self.refuse("vm_nodes", "1 or 2, and 0 only at the end", real[:, 1:] & ~real[:, :-1])
        self.refuse("time", "no earlier than the one before", (np.diff(self.time, axis=1) < 0) & real[:, 1:])
        self.refuse("until", "later than the VM comes", real & (self.until <= self.time))
        for name in ("there", "vm"):
            nodes = getattr(self, f"{name}_nodes")
            self.refuse(f"{name}_nodes", "1 or 2 (0 for padding)", (nodes < 0) | (nodes > NODES))
            for field in (f"{name}_cpu", f"{name}_memory"):
                self.refuse(field, "even for a VM on two nodes", (nodes == NODES) & (getattr(self, field) % 2 > 0))
        for field, on in (("there_at", self.there_nodes), ("placed", self.vm_nodes)):
            at = getattr(self, field)
            first = np.where(on == NODES, at % NODES == 0, True) | (at < 0)
            inside = (at >= -(field == "placed")) & (at < self.nodes) & first
            self.refuse(field, f"a node, 0..{self.nodes - 1}, the machine's first for a VM on both", ~inside)
        self._check_past()
        for field, free in zip(("cpu", "memory"), self.free(), strict=True):
            self.refuse(field, "at least what the VMs on it take", free.reshape(self.cpu.shape) < 0)

    def _check_past(self) -> None:
        none = (self.start < 0) | (self.start >= np.maximum(self.requests, 1))
        self.refuse("start", "0, or less than the number of requests", none)
        begins = self.time[np.arange(len(self)), self.start] if self.time.shape[1] else np.zeros(len(self))
        past = np.arange(self.placed.shape[1]) < self.start[:, None]
        there = self.placed >= 0
        self.refuse("placed", "a request before the first one decided", there & ~past)
        self.refuse("placed", "a VM that has not gone by then", there & (self.until <= begins[:, None]))

    def _check_forms(self) -> None:
        sizes = {"B": len(self), "P": self.active.shape[-1], "N": NODES, "H": self.there_at.shape[-1],
                 "R": self.time.shape[-1]}  # fmt: skip
        for field, (axes, kind) in _FORMS.items():
            array, shape = getattr(self, field), tuple(sizes[axis] for axis in axes)
            if array.dtype.kind != kind or array.shape != shape:
                where, got = f"{type(self).__name__}.{field}", f"{array.dtype} {array.shape}"
                raise self.error("a field has the wrong form", where=where, got=got, expected=f"{kind} {shape}")


@dataclass(frozen=True)
class Placement(Batch):
    """Where the VMs asked for were placed.

    Attributes
    ----------
    node : int64 [B, R], the node (a machine's first for a VM on both); -1 for a VM that was refused, and for padding

    Raises
    ------
    SolutionError
        The field is no table of whole numbers.
    """

    error = SolutionError

    node: Ints = pad(-1)

    def validate(self) -> None:
        if self.node.ndim != 2 or self.node.dtype.kind != "i":
            got = f"{self.node.dtype} {self.node.shape}"
            raise self.error("a field has the wrong form", where="Placement.node", got=got, expected="int64 [B, R]")
