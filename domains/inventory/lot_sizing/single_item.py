"""One item alone, on machines whose use has a price: an exact dynamic programme over stock and set-ups."""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from headway.domains.inventory.lot_sizing.instance import PlantPath

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Item(NamedTuple):
    """An item of a batch of instances that share a plant; k machines can make it, goods are whole numbers.

    A set of machines is a number whose bit j says whether machine j of the k is in it.

    Attributes
    ----------
    demand : int64 [B, T]
    stock, setup : int64 [B], at the start; the set of machines set up for the item
    machines, rate, loss : int64 [k]
    change : float64 [k], cost of a set-up
    holding, penalty : per unit
    capacity : units
    """

    demand: Integers
    stock: Integers
    setup: Integers
    machines: Integers
    rate: Integers
    loss: Integers
    change: Floats
    holding: float
    penalty: float
    capacity: int

    @classmethod
    def of(cls, path: PlantPath, item: int) -> Self:
        """Item ``item`` (from 0) of a batch of instances that share a plant."""
        machines = np.flatnonzero(path.rate[0, :, item] > 0)
        bits = 1 << np.arange(len(machines))
        return cls(
            demand=path.demand[:, :, item].astype(np.int64),
            stock=path.stock[:, item].astype(np.int64),
            setup=((path.setup[:, machines] == item + 1) * bits).sum(axis=1),
            machines=machines,
            rate=path.rate[0, machines, item].astype(np.int64),
            loss=np.minimum(path.setup_loss[0, machines, item], path.rate[0, machines, item]).astype(np.int64),
            change=path.setup_cost[0, machines, item],
            holding=float(path.holding[0, item]),
            penalty=float(path.penalty[0, item]),
            capacity=int(path.capacity[0, item]),
        )

    @staticmethod
    def largest(path: PlantPath) -> float:
        """Bytes of one row's values of the item that most machines can make."""
        machines = int((path.rate > 0).sum(axis=1).max())
        return float(8 * path.demand.shape[1] * 2**machines * (path.capacity.max() + 1))


def use_of(item: Item, price: Floats) -> tuple[Floats, Floats]:
    """The item's least cost [B], prices paid, and which machines it then uses, 0 or 1, [B, T, k]; price: [B, T, k]."""
    values = _values(item, price)
    rows, sets = np.arange(len(item.stock)), np.arange(2 ** len(item.rate))
    members = (sets[:, None] >> np.arange(len(item.rate))) & 1
    fresh = members * (1 - members[:, None])  # [before, now, k]
    made = members @ item.rate - fresh @ item.loss
    change = fresh @ item.change
    stock, setup, use = item.stock, item.setup, np.zeros(price.shape)
    for t, demand in enumerate(item.demand.T):
        left = stock[:, None] + made[setup] - demand[:, None]
        kept = np.clip(left, 0, item.capacity)
        later = values[t + 1][rows[:, None], sets, kept]
        cost = _paid(item, left, kept) + change[setup] + price[:, t] @ members.T + later
        setup_now = cost.argmin(axis=1)
        stock, setup, use[:, t] = kept[rows, setup_now], setup_now, members[setup_now]
    return values[0][rows, item.setup, item.stock], use


def _values(item: Item, price: Floats) -> list[Floats]:
    """Least cost from each period on (and 0 after the last), [B, 2^k, capacity + 1] by set-ups and stock."""
    batch, periods, k = price.shape
    goods = np.arange(item.capacity + item.rate.sum() + 1)
    values = [np.zeros((batch, 2**k, item.capacity + 1))]
    for t in range(periods - 1, -1, -1):
        left = goods - item.demand[:, t, None]
        kept = np.clip(left, 0, item.capacity)
        # First by the set in use and the goods made, then one machine after the other by what it did before.
        value = np.take_along_axis(values[-1], kept[:, None], axis=2) + _paid(item, left, kept)[:, None]
        for j in range(k):
            value = value.reshape(batch, 2 ** (k - 1 - j), 2, 2**j, -1)
            rest, new = value.shape[-1] - item.rate[j], item.rate[j] - item.loss[j]
            off, on = value[:, :, 0, :, :rest], value[:, :, 1] + price[:, t, j, None, None, None]
            before = np.empty((*value.shape[:-1], rest))
            np.minimum(off, on[..., new : new + rest] + item.change[j], out=before[:, :, 0])
            np.minimum(off, on[..., item.rate[j] :], out=before[:, :, 1])
            value = before
        values.append(value.reshape(batch, 2**k, -1))
    return values[::-1]


def _paid(item: Item, left: Integers, kept: Integers) -> Floats:
    """Holding and penalty where ``left`` is over (negative: short) and ``kept`` stays."""
    return item.penalty * np.maximum(-left, 0) + item.holding * kept
