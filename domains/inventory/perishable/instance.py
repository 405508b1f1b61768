"""The instance: demand of independent items that keep for a few periods only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headway.domains.inventory.stock.instance import StockPath

Floats = NDArray[np.float64]

_FIELDS = {"lifetime": ("B", "i"), "lifo": ("BI", "b"), "unit_cost": ("BI", "f"), "waste_cost": ("BI", "f")}
_KINDS = {"i": "signed integer", "b": "bool", "f": "float"}


@dataclass(frozen=True)
class AgedPath(StockPath):
    """A `StockPath` of goods that age: a unit serves demand in ``lifetime`` periods, then it is waste.

    What is short is lost (``lost`` is true), and of what is left nothing is lost before its time
    (``keep`` is 1). All units of an order arrive fresh.

    Attributes
    ----------
    lifetime : int64 [B], periods in which a unit can serve demand, that of its arrival included; >= 1,
        the same in every row
    lifo : bool [B, I], whether the youngest unit is issued first (customers choose), else the oldest
    unit_cost : float64 [B, I], cost per unit ordered, paid in the period of the order
    waste_cost : float64 [B, I], cost per unit whose time is over, at the end of its last period
    """

    lifetime: NDArray[np.int64]
    lifo: NDArray[np.bool_]
    unit_cost: Floats
    waste_cost: Floats

    def validate(self) -> None:
        """Raise InstanceError where types or shapes disagree or a value is impossible."""
        super().validate()
        for name, (axes, kind) in _FIELDS.items():
            array, where = getattr(self, name), f"AgedPath.{name}"
            if array.dtype.kind != kind:
                raise self.error("a field has another type", where=where, got=array.dtype, expected=_KINDS[kind])
            shape = self.items.shape[: len(axes)]
            if array.shape != shape:
                raise self.error("a field has another shape", where=where, got=array.shape, expected=shape)
        for name in ("unit_cost", "waste_cost"):
            values = getattr(self, name)
            self.refuse(name, "a finite number >= 0", ~((values >= 0) & (values < np.inf)))
        self.refuse("lifetime", "at least one period", self.lifetime < 1)
        self.refuse("lifetime", "one lifetime for the whole batch", self.lifetime != self.lifetime[:1])
        self.refuse("lost", "true: what is short is lost", ~self.lost)
        self.refuse("keep", "1: goods are lost by age only", self.keep != 1)

    def until(self, period: int) -> AgedPath:
        """What is known when the order of ``period`` is placed."""
        return AgedPath.made(self.arrays() | super().until(period).arrays())
