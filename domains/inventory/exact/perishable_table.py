"""The Bellman operator of goods that age: one sparse matrix takes the expectation over demand and ages the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from headway.domains.inventory.exact.iteration import relative_values
from headway.domains.inventory.exact.model import LIMIT, Floats, Ints, Lookup, Optimum
from headway.errors import CapabilityError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from headway.domains.inventory.exact.perishable import Perishable

_FORBIDDEN = 1e12  # price of an order that leaves the box; finite, since infinity times zero is no number


class Table:
    """Values V[a_1, ..., a_{M-1}; q_0, ..., q_{L-1}]: the goods that have aged, then those that are fresh when
    they arrive, in 0, 1, ..., L - 1 periods. From stock (a, q_0) an order z leads to (aged stock; q_1, ..., z).
    """

    def __init__(self, model: Perishable) -> None:
        self.model, self.sizes = model, model.largest + 1
        axes = model.lifetime - 1 + model.lead_time
        if float(self.sizes) ** (max(model.lead_time, 1) + model.lifetime) > 4 * LIMIT:
            raise CapabilityError(
                "too many states for an exact optimum",
                where="Perishable.solve",
                got=f"{float(self.sizes) ** axes:.3g}",
                expected=f"<= {4 * LIMIT // self.sizes}",
                hint="shorten lifetime or lead time, or lower the demand",
            )
        self.shape = (self.sizes,) * axes
        self.inside = np.asarray(sum(np.indices(self.shape, sparse=True)) <= model.most) if axes else np.array(True)
        stock = np.indices((self.sizes,) * model.lifetime).reshape(model.lifetime, -1).T
        self.ageing = self._ageing(stock)
        self.running = model.running(stock)
        beyond = np.arange((axes + 2) * self.sizes) > model.most
        self.price = np.where(beyond, _FORBIDDEN, 0.0)  # of a system inventory 0, 1, ...
        orders = np.arange(self.sizes)
        self.paid = model.unit_cost * orders + model.fixed * (orders > 0)

    def _ageing(self, stock: Ints) -> csr_array[Any, tuple[int, int]]:
        """Probabilities float64 [stock, aged stock] of what a period's demand makes of it."""
        from scipy.sparse import coo_array

        left, chances = self.model.sold(stock)
        aged = np.zeros(left.shape[:2], dtype=np.int64)
        for age in range(1, self.model.lifetime):
            aged = aged * self.sizes + left[..., age]
        rows, _ = np.nonzero(chances)
        shape = (len(stock), self.sizes ** (self.model.lifetime - 1))
        return coo_array((chances[chances > 0], (rows, aged[chances > 0])), shape=shape).tocsr()

    def solve(self, tolerance: float) -> Optimum:
        found = relative_values(
            self.backup, np.zeros(np.count_nonzero(self.inside)), discount=self.model.discount, tolerance=tolerance
        )
        table = np.where(self.inside, self._totals(found.values).argmin(axis=-1), 0)
        if self.model.lead_time == 0:
            table = table[..., None]  # nothing is fresh before the order
        order = Lookup(table, np.zeros(table.ndim, dtype=np.int64))
        return Optimum(found.cost, found.lower, found.upper, order, found.sweeps)

    def backup(self, values: Floats) -> Floats:
        """min over orders of expected cost, for the states inside: float64 [S] -> [S]."""
        return self._totals(values).min(axis=-1)[self.inside]

    def _totals(self, values: Floats) -> Floats:
        """Expected cost by state and order, float64 [*shape, Z]."""
        table = np.zeros(self.shape)
        table[self.inside] = values * self.model.discount
        expected = self.ageing @ table.reshape(self.ageing.shape[1], -1)
        expected += self.running[:, None]
        total = expected.reshape(*self.shape, self.sizes)
        step = self.price.strides[0]
        total += as_strided(self.price, total.shape, (step,) * total.ndim)
        total += self.paid
        return total
