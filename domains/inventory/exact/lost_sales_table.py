"""The Bellman operator of lost sales as an array programme: one small matrix product per pair of arrivals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from headway.domains.inventory.exact.box import Box
from headway.domains.inventory.exact.iteration import relative_values
from headway.domains.inventory.exact.law import left_over
from headway.domains.inventory.exact.model import Floats, Lookup, Optimum

if TYPE_CHECKING:
    from headway.domains.inventory.exact.lost_sales import LostSales


class Table:
    """Values V[x1, ..., x_{L-1}, x0] of all states with x0 + ... + x_{L-1} <= ``most`` and orders <= ``largest``.

    What is on hand comes last, so that taking the expectation over demand is a matrix product along it:
    E[V'] = sum_y P(y left of x0) V[x2, ..., x_{L-1}, z, y + x1], the same product for all (x2, ..., z).
    For L = 0 the state is what is on hand and the order joins it at once.
    """

    def __init__(self, model: LostSales, limit: int) -> None:
        self.model, self.lead_time = model, model.lead_time
        self.orders, self.stocks = model.largest + 1, model.most + 1
        self.box = Box((self.orders,) * max(self.lead_time - 1, 0) + (self.stocks,), model.most, limit)
        self.left = np.ascontiguousarray(left_over(model.pmf, self.stocks).T)
        self.running = model.running(self.stocks)

    def solve(self, tolerance: float) -> Optimum:
        """Iterate to the fixed point, then read off the orders."""
        found = relative_values(
            self.backup, np.zeros(self.box.states), discount=self.model.discount, tolerance=tolerance
        )
        return Optimum(found.cost, found.lower, found.upper, self.best(found.values), found.sweeps)

    def backup(self, values: Floats, costs: Floats | None = None) -> Floats:
        """min over orders of expected cost, for the states inside: float64 [S] -> [S].

        ``costs`` [x1, ..., x_{L-1}, z, x0] takes the place of the period's expected cost.
        """
        out = np.empty(self.box.shape)
        for where, total in self._totals(self.box.spread(values) * self.model.discount, costs):
            out[where] = total.min(axis=-2)
        return out[self.box.inside]

    def best(self, values: Floats, costs: Floats | None = None) -> Lookup:
        """The smallest order that attains the minimum in each state; outside the bounds 0."""
        out = np.zeros(self.box.shape, dtype=np.int64)
        for where, total in self._totals(self.box.spread(values) * self.model.discount, costs):
            out[where] = total.argmin(axis=-2)
        table = np.moveaxis(np.where(self.box.inside, out, 0), -1, 0)
        return Lookup(table, np.zeros(table.ndim, dtype=np.int64))

    def _totals(self, table: Floats, costs: Floats | None) -> Iterator[tuple[Any, Floats]]:
        """Blocks of the table and their costs [..., order z, on hand x0], one for each of the next arrivals."""
        for where, total, under_way in self._expectations(table):
            self.box.charge(total, under_way)
            if self.model.fixed:
                total[..., 1:, :] += self.model.fixed
            total += self._immediate(total.shape[-1]) if costs is None else costs[where]
            yield where, total

    def _immediate(self, size: int) -> Floats:
        """Expected cost of the period by order and on hand, float64 [Z, size] or [size]: orders may serve at once."""
        if self.lead_time:
            return self.running[:size]
        ready = np.arange(self.orders)[:, None] + np.arange(size)
        cost: Floats = self.running[np.minimum(ready, self.stocks - 1)]
        return cost

    def _expectations(self, table: Floats) -> Iterator[tuple[Any, Floats, int]]:
        """E[V'] by block: its place in the table, float64 [..., z, x0], and the arrivals fixed in it."""
        n, left = self.stocks, self.left
        if self.lead_time == 0:
            ready = np.concatenate([table @ left, np.zeros(self.orders)])
            yield (...,), sliding_window_view(ready, n)[: self.orders].copy(), 0
        elif self.lead_time == 1:
            arrived = np.concatenate([table, np.zeros(self.orders)])
            yield (...,), sliding_window_view(arrived, n)[: self.orders] @ left, 0
        elif self.lead_time == 2:
            for x1 in range(min(self.orders, n)):
                size = n - x1
                yield (x1, ..., slice(size)), table[:, x1:] @ left[:size, :size], x1
        else:
            for x1, x2 in np.ndindex(self.orders, self.orders):
                size = n - x1 - x2
                if size > 0:
                    arrived = table[x2][..., x1 : x1 + size]
                    expected = arrived.reshape(-1, size) @ left[:size, :size]
                    yield (x1, x2, ..., slice(size)), expected.reshape(arrived.shape), x1 + x2
