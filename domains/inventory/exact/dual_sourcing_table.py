"""The Bellman operator of dual sourcing: a matrix product for demand, a running minimum for expediting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from headway.domains.inventory.exact.box import Box
from headway.domains.inventory.exact.iteration import relative_values
from headway.domains.inventory.exact.model import Floats, Lookup, Optimum

if TYPE_CHECKING:
    from headway.domains.inventory.exact.dual_sourcing import DualSourcing


class Table:
    """Values V[x1, ..., x_{L-1}, x0]; x0 runs from ``least`` - largest demand to ``most``.

    With y on hand after expediting, J(y) = running cost + c_e y + min over z of (c_r z + E V[x2, ..., z, y - D + x1])
    and V(x0) = min over y >= x0 of J(y), minus c_e x0.
    """

    def __init__(self, model: DualSourcing, limit: int) -> None:
        self.model, self.orders = model, model.largest + 1
        self.depth = len(model.pmf) - 1  # states below ``least``
        self.stocks = model.most - model.least + 1 + self.depth
        shape = (self.orders,) * (model.lead_time - 1) + (self.stocks,)
        self.box = Box(shape, self.stocks - 1, limit, floor=self.depth)
        self.lowest = model.least - self.depth
        ready = np.arange(model.least, model.most + 1)
        used = ready - np.arange(self.lowest, model.most + 1)[:, None]  # demand that leaves u of y
        possible = (used >= 0) & (used <= self.depth)
        self.chances = np.where(possible, model.pmf[np.clip(used, 0, self.depth)], 0.0)  # [u, y]
        self.running = model.running(ready) + model.expedited * ready

    def solve(self, tolerance: float) -> Optimum:
        discount = self.model.discount
        found = relative_values(self.backup, np.zeros(self.box.states), discount=discount, tolerance=tolerance)
        cost, lower, upper = found.cost, found.lower, found.upper
        if discount < 1:  # of the state with nothing on hand and on order, not of the first one
            shift = float(self.box.spread(found.values).flat[-self.lowest]) - cost
            cost, lower, upper = cost + shift, lower + shift, upper + shift
        return Optimum(cost, lower, upper, self.best(found.values), found.sweeps)

    def backup(self, values: Floats) -> Floats:
        """min over orders of expected cost, for the states inside: float64 [S] -> [S]."""
        out = np.empty(self.box.shape)
        on_hand = np.arange(self.lowest, self.model.most + 1) * self.model.expedited
        for where, total in self._totals(self.box.spread(values)):
            least = np.minimum.accumulate(total.min(axis=-2)[..., ::-1], axis=-1)[..., ::-1]
            out[where] = self._from(least) - on_hand
        return out[self.box.inside]

    def best(self, values: Floats) -> Lookup:
        """The least expedited, then the least regular order that attains the minimum; outside the bounds 0."""
        regular, expedited = np.zeros(self.box.shape, dtype=np.int64), np.zeros(self.box.shape, dtype=np.int64)
        for where, total in self._totals(self.box.spread(values)):
            costs, places = total.min(axis=-2), np.arange(total.shape[-1])
            least = np.minimum.accumulate(costs[..., ::-1], axis=-1)[..., ::-1]
            upto = np.where(costs <= least, places, places[-1])
            upto = np.minimum.accumulate(upto[..., ::-1], axis=-1)[..., ::-1]
            upto = np.broadcast_to(self._from(upto), (*upto.shape[:-1], self.stocks))
            regular[where] = np.take_along_axis(total.argmin(axis=-2), upto, axis=-1)
            expedited[where] = upto + self.depth - np.arange(self.stocks)
        both = np.where(self.box.inside[..., None], np.stack([regular, expedited], axis=-1), 0)
        table = np.moveaxis(both, -2, 0)
        origin = np.zeros(table.ndim - 1, dtype=np.int64)
        origin[0] = self.lowest
        return Lookup(table, origin)

    def _from(self, array: Floats) -> Floats:
        """By on hand before expediting: below ``least`` goods are expedited up to there."""
        return np.concatenate([np.repeat(array[..., :1], self.depth, axis=-1), array], axis=-1)

    def _totals(self, table: Floats) -> Iterator[tuple[tuple[int, ...], Floats]]:
        """J before its minimum over z, float64 [..., z, y], one block for each of the next arrivals."""
        orders = self.model.regular * np.arange(self.orders)[:, None]
        for where, arrived in self._arrivals(table):
            total = self.model.discount * (arrived.reshape(-1, self.stocks) @ self.chances)
            total = total.reshape(*arrived.shape[:-1], -1)
            self.box.charge(total, sum(where) + self.depth)
            total += orders + self.running
            yield where, total

    def _arrivals(self, table: Floats) -> Iterator[tuple[tuple[int, ...], Floats]]:
        """V of the next state by what is left before the next arrival, float64 [..., z, u]; 0 beyond the box."""
        padded = np.concatenate([table, np.zeros((*table.shape[:-1], self.orders))], axis=-1)
        if self.model.lead_time == 1:
            yield (), sliding_window_view(padded, self.stocks)[: self.orders]
        else:
            for x1 in range(self.orders):
                yield (x1,), padded[..., x1 : x1 + self.stocks]
