"""A lower bound on the cost of any plan, all demand being known: Lagrangian relaxation of the machines.

That a machine does one thing at a time is given up for a price: an item pays ``price[t, m]`` for using machine m in
period t, and the prices of all are given back. For any prices >= 0 the sum is a bound, since a plan that uses no
machine twice pays no more than is given back (Fisher 1981, "The Lagrangian relaxation method for solving integer
programming problems"). Items are then apart, and each is solved exactly (`single_item`); set-ups, losses and capacity
stay whole, so the bound is far above that of the linear relaxation, whose machines change for free by running a little
of everything.

Prices are raised where a machine is wanted twice and lowered where nobody wants it: subgradient steps with memory, of
a length after Polyak (1969) towards a known plan's cost.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headway.domains.inventory.lot_sizing.instance import PlantPath
from headway.domains.inventory.lot_sizing.single_item import Item, use_of
from headway.errors import CapabilityError

Floats = NDArray[np.float64]

MEMORY = 0.7  # weight of the steps before
PATIENCE = 3  # steps without a better bound, after which steps get shorter ...
SHORTER = 0.7  # ... by this factor
WHOLE = ("demand", "stock", "rate", "setup_loss", "capacity")


def lower_bound(path: PlantPath, reached: Floats, steps: int) -> Floats:
    """float64 [B]: no plan of a row costs less.

    Parameters
    ----------
    reached : float64 [B], cost of a plan that is known; better ones make for a better bound
    steps : of the prices, after a first bound without any

    Raises
    ------
    CapabilityError
        Goods are not whole numbers.
    """
    if (name := countable(path)) is not None:
        hint = "the bound counts goods one by one"
        raise CapabilityError("goods are not whole numbers", where=f"PlantPath.{name}", hint=hint)
    return np.concatenate([_bound(path[rows], reached[rows], steps) for rows in _groups(path)])


def countable(path: PlantPath) -> str | None:
    """The first field whose goods are not whole numbers; None: all are."""
    fields = ((name, getattr(path, name)) for name in WHOLE)
    return next((name for name, values in fields if (values != np.rint(values)).any()), None)


def _groups(path: PlantPath) -> list[slice]:
    """Rows that are solved together: neighbours with one plant, as many as memory allows."""
    tables = np.concatenate([getattr(path, name).reshape(len(path), -1) for name in ("rate", "setup_cost", "setup_loss",
                             "holding", "penalty", "capacity")], axis=1)  # fmt: skip
    most = max(Item.largest(path), 1)
    size = max(1, int(1e8 / most))
    starts = [0]
    for row in range(1, len(path)):
        if row - starts[-1] >= size or (tables[row] != tables[row - 1]).any():
            starts.append(row)
    return [slice(a, b) for a, b in zip(starts, [*starts[1:], len(path)], strict=True)]


def _bound(path: PlantPath, reached: Floats, steps: int) -> Floats:
    items = [Item.of(path, i) for i in range(path.items)]
    price = np.zeros((len(path), path.demand.shape[1], path.machines))
    best, length, stalled = np.full(len(path), -np.inf), np.ones(len(path)), np.zeros(len(path), int)
    direction = np.zeros_like(price)
    for step in range(steps + 1):
        value, excess = -price.sum(axis=(1, 2)), np.full(price.shape, -1.0)
        for item in items:
            cost, use = use_of(item, price[:, :, item.machines])
            value += cost
            excess[:, :, item.machines] += use
        better = value > best
        best, stalled = np.maximum(best, value), np.where(better, 0, stalled + 1)
        length = np.where(stalled == PATIENCE, SHORTER * length, length)
        stalled = np.where(stalled == PATIENCE, 0, stalled)
        excess = np.where((price <= 0) & (excess < 0), 0.0, excess)
        direction = MEMORY * direction + (1 - MEMORY) * excess if step else excess
        size = length * np.maximum(reached - value, 0) / np.maximum((excess**2).sum(axis=(1, 2)), 1e-9)
        price = np.maximum(price + size[:, None, None] * direction, 0.0)
    return best
