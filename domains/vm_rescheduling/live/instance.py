"""A cluster that goes on living: a snapshot, and when which VMs depart and arrive."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway.batch import pad
from headway.domains.vm_rescheduling.cluster.instance import NODES, Snapshot

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_EVENTS = {
    "leaves": "f", "time": "f", "until": "f", "spot": "f",
    "arrival_cpu": "i", "arrival_memory": "i", "arrival_nodes": "i",
}  # fmt: skip


@dataclass(frozen=True)
class LiveSnapshot(Snapshot):
    """B clusters as they are at second 0, and at most E arrivals in each.

    Attributes
    ----------
    leaves : float64 [B, V], the second at which each VM departs; inf: it stays
    time : float64 [B, E], the second of each arrival, none earlier than the one before it; inf for padding
    until : float64 [B, E], the second at which the arrived VM departs again; inf: it stays
    spot : float64 [B, E], where the scheduler puts it: below 0 by best fit (the machine with the fewest free cores,
        then the node, then the lowest number); from 0 to below 1 on the node at this share of the nodes with room, in
        order of their numbers, so that 0 is first fit. A VM that fits nowhere is refused
    arrival_cpu, arrival_memory : int64 [B, E], cores and MB in all
    arrival_nodes : int64 [B, E], NUMA nodes it takes, 1 or 2; 0 for padding

    Raises
    ------
    InstanceError
        As for `Snapshot`; an event at second 0 or before, arrivals out of order, a departure before the arrival, an
        arriving VM of no size, or on two nodes with odd cores or memory.
    """

    leaves: Floats = pad(np.inf)
    time: Floats = pad(np.inf)
    until: Floats = pad(np.inf)
    spot: Floats = pad(-1.0)
    arrival_cpu: Ints = pad(0)
    arrival_memory: Ints = pad(0)
    arrival_nodes: Ints = pad(0)

    @property
    def arrivals(self) -> int:
        """E, padding included."""
        return int(self.time.shape[1])

    @property
    def snapshot(self) -> Snapshot:
        """The clusters at second 0, without what happens later."""
        return Snapshot.made({field.name: getattr(self, field.name) for field in dataclasses.fields(Snapshot)})

    @classmethod
    def of(cls, snapshot: Snapshot, **events: NDArray[Any]) -> LiveSnapshot:
        """The snapshot with these events."""
        own = {field.name: getattr(snapshot, field.name) for field in dataclasses.fields(Snapshot)}
        return cls(**own, **events)

    def known(self, second: float) -> LiveSnapshot:
        """What has been seen by this second: later events are left out."""
        seen = self._arrivals(self.time <= second)
        leaves, until = (np.where(ends <= second, ends, np.inf) for ends in (self.leaves, seen["until"]))
        return self.made(self.arrays() | seen | {"leaves": leaves, "until": until})

    def continued(self, other: LiveSnapshot, second: float) -> LiveSnapshot:
        """These clusters up to a second, and what happens in ``other`` of the same size after it."""
        known = self.known(second)
        seen, unseen = known._arrivals(known.time < np.inf), other._arrivals(other.time > second)
        joined = {field: np.concatenate([array, unseen[field]], axis=1) for field, array in seen.items()}
        order = np.argsort(joined["time"], axis=1, kind="stable")[:, : self.arrivals]
        merged = {field: np.take_along_axis(array, order, axis=1) for field, array in joined.items()}
        leaves = np.minimum(known.leaves, np.where(other.leaves > second, other.leaves, np.inf))
        return type(self)(**self.arrays() | merged | {"leaves": leaves})

    def _arrivals(self, keep: NDArray[np.bool_]) -> dict[str, NDArray[Any]]:
        """The fields of the arrivals [B, E] that are kept, the others padded."""
        fills = {field.name: field.metadata["pad"] for field in dataclasses.fields(self) if field.name in _EVENTS}
        return {name: np.where(keep, getattr(self, name), fill) for name, fill in fills.items() if name != "leaves"}

    def validate(self) -> None:
        super().validate()
        self._check_events()
        there = np.isfinite(self.time)
        self.refuse("leaves", "a second after 0, or inf", ~(self.leaves > 0))
        self.refuse("time", "a second after 0, or inf", ~(self.time > 0))
        with np.errstate(invalid="ignore"):
            earlier = np.diff(self.time, axis=1, prepend=0.0) < 0
        self.refuse("time", "no second before that of the arrival before", earlier)
        after = np.where(there, self.until > self.time, self.until == np.inf)
        self.refuse("until", "a second after the arrival", ~after)
        self.refuse("spot", "below 1, and a number", ~((self.spot < 1) & np.isfinite(self.spot)))
        nodes = self.arrival_nodes
        self.refuse("arrival_nodes", "1 or 2 (0 for padding)", (nodes < there) | (nodes > NODES * there))
        for field in ("arrival_cpu", "arrival_memory"):
            amount = getattr(self, field)
            self.refuse(field, "a number >= 0, and at least one core", amount < (there & (field == "arrival_cpu")))
            self.refuse(field, "even for a VM on two nodes", (nodes == NODES) & (amount % NODES > 0))

    def _check_events(self) -> None:
        for field, kind in _EVENTS.items():
            array: NDArray[Any] = getattr(self, field)
            shape = (len(self), self.vms if field == "leaves" else self.arrivals)
            if array.dtype.kind != kind or array.shape != shape:
                raise self.error(
                    "a field has the wrong form",
                    where=f"{type(self).__name__}.{field}",
                    got=f"{array.dtype} {array.shape}",
                    expected=f"{'float64' if kind == 'f' else 'int64'} {shape}",
                )
