"""The Bellman operator of goods that age: one sparse matrix takes the expectation over demand and ages the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from headway.domains.inventory.exact.box import Box
from headway.domains.inventory.exact.iteration import relative_values
from headway.domains.inventory.exact.model import Floats, Lookup, Optimum

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from headway.domains.inventory.exact.perishable import Perishable

_BATCH = 20_000  # states of stock whose sales are worked out at a time


class Table:
    """Values V[a_1, ..., a_{M-1}; q_0, ..., q_{L-1}]: the goods that have aged, then those that are fresh when
    they arrive, in 0, 1, ..., L - 1 periods. From stock (a, q_0) an order z leads to (aged stock; q_1, ..., z).
    """

    def __init__(self, model: Perishable, limit: int) -> None:
        self.model, self.sizes = model, model.largest + 1
        axes = model.lifetime - 1 + model.lead_time
        self.box = Box((self.sizes,) * axes, model.most, limit)
        self.ageing, self.running = self._ageing()
        orders = np.arange(self.sizes)
        self.paid = model.unit_cost * orders + model.fixed * (orders > 0)

    def _ageing(self) -> tuple[csr_array[Any, tuple[int, int]], Floats]:
        """What a period's demand makes of stock: probabilities float64 [stock, aged stock], and its cost [stock]."""
        from scipy.sparse import coo_array

        life, sizes = self.model.lifetime, self.sizes
        running = np.zeros(sizes**life)
        every = np.indices((sizes,) * life, sparse=True)
        stocks = np.flatnonzero(sum(every, start=np.zeros((1,) * life)) <= self.model.most)
        rows, columns, entries = [], [], []
        for batch in np.array_split(stocks, 1 + len(stocks) // _BATCH):
            stock = np.stack(np.unravel_index(batch, (sizes,) * life), axis=1)
            left, chances = self.model.sold(stock)
            aged = left[..., 1:] @ sizes ** np.arange(life - 1)[::-1]
            possible = chances > 0
            rows.append(np.broadcast_to(batch[:, None], aged.shape)[possible])
            columns.append(aged[possible])
            entries.append(chances[possible])
            running[batch] = self.model.running(stock)
        where = (np.concatenate(rows), np.concatenate(columns))
        shape = (sizes**life, sizes ** (life - 1))
        return coo_array((np.concatenate(entries), where), shape=shape).tocsr(), running

    def solve(self, tolerance: float) -> Optimum:
        """Iterate to the fixed point, then read off the smallest orders that attain the minimum."""
        start = np.zeros(self.box.states)
        found = relative_values(self.backup, start, discount=self.model.discount, tolerance=tolerance)
        table = np.where(self.box.inside, self._totals(found.values).argmin(axis=-1), 0)
        if self.model.lead_time == 0:
            table = table[..., None]  # nothing is fresh before the order
        order = Lookup(table, np.zeros(table.ndim, dtype=np.int64))
        return Optimum(found.cost, found.lower, found.upper, order, found.sweeps)

    def backup(self, values: Floats) -> Floats:
        """min over orders of expected cost, for the states inside: float64 [S] -> [S]."""
        least: Floats = self._totals(values).min(axis=-1)[self.box.inside]
        return least

    def _totals(self, values: Floats) -> Floats:
        """Expected cost by state and order, float64 [*box, Z]."""
        table = self.box.spread(values) * self.model.discount
        expected = self.ageing @ table.reshape(self.ageing.shape[1], -1)
        expected += self.running[:, None]
        total: Floats = expected.reshape(*self.box.shape, self.sizes)
        self.box.charge(total)
        total += self.paid
        return total
