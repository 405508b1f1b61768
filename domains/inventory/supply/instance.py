"""The instance: demand at the nodes of a supply network, with its links, costs and lead times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from headway.batch import Instance, pad
from headway.domains.inventory.supply.structure import cycles, misplaced

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

OUTSIDE = -1  # tail of a link from a supplier with unlimited stock
NOBODY = ""  # name of a padded node

_KINDS = {"U": "str", "f": "float", "i": "signed integer", "b": "bool"}
_FIELDS = {  # field -> axes, dtype kind
    "demand": ("BTN", "f"),
    "nodes": ("BN", "U"),
    "holding": ("BN", "f"),
    "penalty": ("BN", "f"),
    "lost": ("BN", "b"),
    "stock": ("BN", "f"),
    "node_scale": ("BN", "f"),
    "spread": ("BN", "f"),
    "tail": ("BE", "i"),
    "head": ("BE", "i"),
    "lead_time": ("BE", "i"),
    "unit_cost": ("BE", "f"),
    "transit": ("BE", "f"),
    "fixed": ("BE", "f"),
    "capacity": ("BE", "f"),
    "lot": ("BE", "f"),
    "edge_scale": ("BE", "f"),
    "warmup": ("B", "i"),
    "horizon": ("B", "i"),
}


@dataclass(frozen=True)
class SupplyPath(Instance):
    """What is demanded at N nodes over T periods: everything that chance decides, and the network it meets.

    Goods travel along E links, from ``tail`` to ``head``; the links form no cycle. Nothing is under way at
    first. README.md of the domain states the order of events. Batches of different size are joined by padding:
    a node whose name is empty and a link whose head is -1 do not exist, and neither do periods from ``horizon`` on.

    Attributes
    ----------
    demand : float64 [B, T, N], units of goods, >= 0; 0 where nobody buys
    nodes : str [B, N], unique in a row
    holding : float64 [B, N], cost per unit on hand at the end of a period
    penalty : float64 [B, N], cost per unit short at the end of a period, > 0 where somebody buys
    lost : bool [B, N], whether what is short is lost (else it is owed)
    stock : float64 [B, N], on hand at the start
    node_scale : float64 [B, N], usual flow through the node per period, known beforehand, > 0
    spread : float64 [B, N], usual standard deviation of that flow, known beforehand, >= 0
    tail : int64 [B, E], node where the goods come from; -1: an outside supplier with unlimited stock
    head : int64 [B, E], node where they go
    lead_time : int64 [B, E], periods until goods can serve demand at the head; 0: that of the same period
    unit_cost : float64 [B, E], cost per unit shipped
    transit : float64 [B, E], cost per unit and period under way (a unit is under way for ``lead_time`` periods)
    fixed : float64 [B, E], cost per shipment above zero
    capacity : float64 [B, E], most that can be shipped in a period; may be infinite
    lot : float64 [B, E], shipments are whole multiples of it; 0: any quantity
    edge_scale : float64 [B, E], usual flow along the link per period, the unit of actions, > 0
    warmup : int64 [B], first periods whose cost is not counted
    horizon : int64 [B], periods of the row
    """

    warmup: Integers
    horizon: Integers
    demand: Floats = pad(0.0)
    nodes: NDArray[np.str_] = pad(NOBODY)
    holding: Floats = pad(0.0)
    penalty: Floats = pad(0.0)
    lost: NDArray[np.bool_] = pad(False)
    stock: Floats = pad(0.0)
    node_scale: Floats = pad(1.0)
    spread: Floats = pad(0.0)
    tail: Integers = pad(OUTSIDE)
    head: Integers = pad(-1)
    lead_time: Integers = pad(0)
    unit_cost: Floats = pad(0.0)
    transit: Floats = pad(0.0)
    fixed: Floats = pad(0.0)
    capacity: Floats = pad(0.0)
    lot: Floats = pad(0.0)
    edge_scale: Floats = pad(1.0)

    @classmethod
    def of(cls, demand: Floats, **fields: Any) -> Self:
        """An instance from demand [B, T, N] and fields with or without a batch axis ([N], [E] or a number)."""
        batch = len(demand)
        axes = {name: len(_FIELDS[name][0]) for name in fields}
        whole = {n: a if np.ndim(a) == axes[n] else np.repeat(np.asarray(a)[None], batch, 0) for n, a in fields.items()}
        return cls(demand=demand, **whole)

    def validate(self) -> None:
        """Raise InstanceError where types or shapes disagree or a value is impossible."""
        self._check_types()
        if not len(self):
            return
        for name in ("demand", "holding", "penalty", "stock", "spread", "unit_cost", "transit", "fixed", "lot"):
            values = getattr(self, name)
            self.refuse(name, "a finite number >= 0", ~((values >= 0) & (values < np.inf)))
        for name in ("node_scale", "edge_scale"):
            values = getattr(self, name)
            self.refuse(name, "a finite number > 0", ~((values > 0) & (values < np.inf)))
        self.refuse("capacity", "a number >= 0, or infinity", ~(self.capacity >= 0))
        self.refuse("lead_time", "whole periods >= 0", self.lead_time < 0)
        self._check_network()
        self._check_periods()

    def _check_network(self) -> None:
        here = self.nodes != NOBODY
        ordered = np.sort(self.nodes, axis=1)
        same = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] != NOBODY)
        self.refuse("nodes", "names that differ", same.any(axis=1))
        self.refuse("head", "a node of the row, or -1 for no link", misplaced(self.head, here))
        self.refuse("tail", "a node of the row, or -1 for an outside supplier", misplaced(self.tail, here))
        self.refuse("tail", "-1 where there is no link", (self.head < 0) & (self.tail >= 0))
        self.refuse("head", "a network without cycles", cycles(self.tail, self.head, here.shape[1]))
        self.refuse("demand", "0 at a node without a name", (self.demand != 0) & ~here[:, None])
        self.refuse("demand", "0 at a node without penalty", (self.demand != 0) & (self.penalty == 0)[:, None])

    def _check_periods(self) -> None:
        length = self.demand.shape[1]
        self.refuse("horizon", "1 <= horizon <= periods of demand", (self.horizon < 1) | (self.horizon > length))
        self.refuse("warmup", "0 <= warmup < horizon", (self.warmup < 0) | (self.warmup >= self.horizon))
        late = np.arange(length) >= self.horizon[:, None]
        self.refuse("demand", "0 from the horizon on", (self.demand != 0) & late[:, :, None])

    def _check_types(self) -> None:
        batch, periods, nodes = (*self.demand.shape, 0, 0, 0)[:3]
        size = {"B": batch, "T": periods, "N": nodes, "E": self.tail.shape[-1]}
        for name, (axes, kind) in _FIELDS.items():
            array, where = getattr(self, name), f"SupplyPath.{name}"
            if array.dtype.kind != kind:
                raise self.error("a field has another type", where=where, got=array.dtype, expected=_KINDS[kind])
            shape = tuple(size[axis] for axis in axes)
            if array.shape != shape:
                expected = f"[{', '.join(f'{axis}={size[axis]}' for axis in axes)}]"
                raise self.error("a field has another shape", where=where, got=array.shape, expected=expected)

    @property
    def exists(self) -> NDArray[np.bool_]:
        """bool [B, E], true for links that are no padding."""
        return self.head >= 0

    def until(self, period: int) -> Self:
        """What is known when the orders of ``period`` are placed: demand before it."""
        return self.made(self.arrays() | {"demand": self.demand[:, :period]})
