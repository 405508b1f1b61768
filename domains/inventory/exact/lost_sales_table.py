"""The Bellman operator of lost sales as an array programme: one small matrix product per pair of arrivals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view
from numpy.typing import NDArray

from headway.domains.inventory.exact.iteration import relative_values
from headway.domains.inventory.exact.law import left_over
from headway.domains.inventory.exact.model import LIMIT, Floats, Lookup, Optimum
from headway.errors import CapabilityError

if TYPE_CHECKING:
    from headway.domains.inventory.exact.lost_sales import LostSales

_FORBIDDEN = 1e12  # price of an order that leaves the box; finite, since infinity times zero is no number


class Table:
    """Values V[x1, ..., x_{L-1}, x0] of all states with x0 + ... + x_{L-1} <= ``most`` and orders <= ``largest``.

    What is on hand comes last, so that taking the expectation over demand is a matrix product along it:
    E[V'] = sum_y P(y left of x0) V[x2, ..., x_{L-1}, z, y + x1], the same product for all (x2, ..., z).
    For L = 0 the state is what is on hand and the order joins it at once.
    """

    def __init__(self, model: LostSales) -> None:
        self.model, self.lead_time = model, model.lead_time
        self.orders, self.stocks = model.largest + 1, model.most + 1
        self.shape = (self.orders,) * max(self.lead_time - 1, 0) + (self.stocks,)
        if np.prod(self.shape, dtype=float) > LIMIT:
            raise CapabilityError(
                "too many states for an exact optimum",
                where="LostSales.solve",
                got=f"{np.prod(self.shape, dtype=float):.3g}",
                expected=f"<= {LIMIT}",
                hint="shorten the lead time or lower the demand",
            )
        self.left = np.ascontiguousarray(left_over(model.pmf, self.stocks).T)
        self.running = model.running(self.stocks)
        self.inside: NDArray[np.bool_] = sum(np.indices(self.shape, sparse=True)) < self.stocks  # type: ignore[arg-type]
        beyond = np.arange(self.stocks + (self.lead_time + 1) * self.orders) >= self.stocks
        self.price = np.where(beyond, _FORBIDDEN, 0.0)  # of a system inventory 0, 1, ...

    def solve(self, tolerance: float) -> Optimum:
        """Iterate to the fixed point, then read off the orders."""
        start = np.broadcast_to(self.running, self.shape)[self.inside]
        found = relative_values(self.backup, start, discount=self.model.discount, tolerance=tolerance)
        return Optimum(found.cost, found.lower, found.upper, self.best(found.values), found.sweeps)

    @property
    def states(self) -> int:
        """How many states are inside."""
        return int(np.count_nonzero(self.inside))

    def backup(self, values: Floats, costs: Floats | None = None) -> Floats:
        """min over orders of expected cost, for the states inside: float64 [S] -> [S].

        ``costs`` [x1, ..., x_{L-1}, z, x0] takes the place of the period's expected cost.
        """
        out = np.empty(self.shape)
        for where, total in self._totals(self._spread(values), costs):
            out[where] = total.min(axis=-2)
        return out[self.inside]

    def best(self, values: Floats, costs: Floats | None = None) -> Lookup:
        """The smallest order that attains the minimum in each state; outside the bounds 0."""
        out = np.zeros(self.shape, dtype=np.int64)
        for where, total in self._totals(self._spread(values), costs):
            out[where] = total.argmin(axis=-2)
        table = np.moveaxis(np.where(self.inside, out, 0), -1, 0)
        return Lookup(table, np.zeros(table.ndim, dtype=np.int64))

    def _spread(self, values: Floats) -> Floats:
        table = np.zeros(self.shape)
        table[self.inside] = values
        return table * self.model.discount

    def _totals(self, table: Floats, costs: Floats | None) -> Iterator[tuple[Any, Floats]]:
        """Blocks of the table and their costs [..., order z, on hand x0], one for each of the next arrivals."""
        for where, total, under_way in self._expectations(table):
            # The price of leaving the box depends on x0 + x1 + ... + z only: a view with equal strides.
            step = self.price.strides[0]
            total += as_strided(self.price[under_way:], total.shape, (step,) * total.ndim)
            if self.model.fixed:
                total[..., 1:, :] += self.model.fixed
            total += self._immediate(total.shape[-1]) if costs is None else costs[where]
            yield where, total

    def _immediate(self, size: int) -> Floats:
        """Expected cost of the period by order and on hand, float64 [Z, size] or [size]: orders may serve at once."""
        if self.lead_time:
            return self.running[:size]
        ready = np.arange(self.orders)[:, None] + np.arange(size)
        return self.running[np.minimum(ready, self.stocks - 1)]

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
