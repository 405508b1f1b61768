"""The instance: machines, items and the demand path; everything that chance decides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headway.batch import Instance

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class PlantPath(Instance):
    """M machines that make I items for T periods; goods in units, money in the unit of the costs.

    Items are numbered 1 to I where a machine's set-up or a plan names them; 0 is idle.

    Attributes
    ----------
    demand : float64 [B, T, I], >= 0; a view holds the periods that are over
    horizon : int64 [B], periods T to plan for, the same in every row
    mean, std : float64 [B, I], expected demand of a period (> 0) and its standard deviation, known beforehand
    stock : float64 [B, I], on hand at the start, 0 to capacity
    setup : int64 [B, M], what each machine is set up for at the start, an item it can make, or 0
    rate : float64 [B, M, I], units made in a period; 0 where the machine cannot make the item
    setup_cost : float64 [B, M, I], cost of a change to the item
    setup_loss : float64 [B, M, I], units of the rate that are lost in the period of the change
    holding : float64 [B, I], cost per unit on hand at the end of a period
    penalty : float64 [B, I], cost per unit of demand that is lost
    capacity : float64 [B, I], units that can be kept; what is over at the end of a period is gone
    """

    demand: Floats
    horizon: Integers
    mean: Floats
    std: Floats
    stock: Floats
    setup: Integers
    rate: Floats
    setup_cost: Floats
    setup_loss: Floats
    holding: Floats
    penalty: Floats
    capacity: Floats

    def validate(self) -> None:
        """Raise InstanceError where shapes disagree or a value is impossible."""
        self._check_shapes()
        for name in ("demand", "std", "rate", "setup_cost", "setup_loss", "holding", "penalty", "capacity"):
            values = getattr(self, name)
            self.refuse(name, "a finite number >= 0", ~((values >= 0) & (values < np.inf)))
        self.refuse("mean", "a finite number > 0", ~((self.mean > 0) & (self.mean < np.inf)))
        self.refuse("stock", "0 <= stock <= capacity", ~((self.stock >= 0) & (self.stock <= self.capacity)))
        self.refuse("setup", f"0 (idle) or an item, 1 to {self.items}", (self.setup < 0) | (self.setup > self.items))
        self.refuse("setup", "an item that the machine can make", ~self.able(self.setup))
        self.refuse("horizon", "one horizon for the whole batch", self.horizon != self.horizon[:1])
        self.refuse("horizon", "the number of periods in `demand`", self.horizon != self.demand.shape[1])

    def _check_shapes(self) -> None:
        batch, periods, items = (*self.demand.shape, 0, 0, 0)[:3]
        machines = self.setup.shape[-1] if self.setup.ndim > 1 else 0
        each, table = (batch, items), (batch, machines, items)
        expected: dict[str, tuple[int, ...]] = dict.fromkeys(self.arrays(), each) | {
            "demand": (batch, periods, items),
            "horizon": (batch,),
            "setup": (batch, machines),
            "rate": table,
            "setup_cost": table,
            "setup_loss": table,
        }
        for name, array in self.arrays().items():
            kind = np.int64 if name in ("horizon", "setup") else np.float64
            if array.shape != expected[name] or array.dtype != kind:
                raise self.error(
                    "a field has another shape or type than the demand implies",
                    where=f"PlantPath.{name}",
                    got=f"{array.dtype} {array.shape}",
                    expected=f"{kind.__name__} {expected[name]}",
                )
        if not (items and machines and periods):
            got = f"{periods} periods, {machines} machines, {items} items"
            raise self.error("the plant is empty", where="PlantPath", got=got, expected="at least one of each")

    @property
    def items(self) -> int:
        """I."""
        return int(self.rate.shape[2])

    @property
    def machines(self) -> int:
        """M."""
        return int(self.rate.shape[1])

    def able(self, making: Integers) -> NDArray[np.bool_]:
        """Whether each machine can do what ``making`` [B, M] says (0..I); idle always."""
        index = np.maximum(making, 1)[..., None] - 1
        found = np.take_along_axis(self.rate, np.minimum(index, self.items - 1), axis=2)[..., 0] > 0
        able: NDArray[np.bool_] = found | (making == 0)
        return able

    def until(self, period: int) -> PlantPath:
        """What is known in ``period``: the demand of the periods before."""
        return PlantPath.made(self.arrays() | {"demand": self.demand[:, :period]})
