"""Goods that age: lost sales with a lifetime, a lead time and waste (De Moor, Gijsbrechts and Boute 2022)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from headway.domains.inventory.exact.law import at_least, checked, fractile, mean
from headway.domains.inventory.exact.model import LIMIT, Floats, Ints, Model, Optimum, Outcomes
from headway.errors import ConfigError


@dataclass(frozen=True, eq=False)
class Perishable(Model):
    """Order, demand, cost, ageing; what is short is lost. An order of period t serves from t + lead time on.

    A state is what is on hand with 1, 2, ..., lifetime periods left (this one included), then what arrives,
    fresh, in the next lead time - 1 periods. At the end of a period units whose last period it was are
    waste; holding is paid for the others.

    Attributes
    ----------
    pmf : float64 [K], P(demand = k) per period
    lifetime : periods in which a unit can be sold, 1 or more
    lead_time : periods, 0 or more
    holding, penalty, waste : cost per unit kept, short, too old, at the end of a period
    unit_cost : per unit ordered, paid when ordered; fixed : per order above zero
    lifo : whether the freshest unit is sold first, else the oldest
    discount : per period; 1 asks for the average cost
    more_order, more_stock : units by which the bounds `largest` and `most` are enlarged
    """

    pmf: Floats
    lifetime: int
    lead_time: int
    holding: float
    penalty: float
    waste: float
    unit_cost: float = 0.0
    fixed: float = 0.0
    lifo: bool = False
    discount: float = 1.0
    more_order: int = 0
    more_stock: int = 0

    def __post_init__(self) -> None:
        rates = (self.holding, self.penalty, self.waste, self.unit_cost, self.fixed)
        checked(self.pmf, self.lead_time, *rates, discount=self.discount)
        if self.lifetime < 1 or self.lifetime != int(self.lifetime):
            raise ConfigError("not a lifetime", where="lifetime", got=self.lifetime, expected="whole periods >= 1")

    # -- bounds -----------------------------------------------------------------------------------
    @cached_property
    def largest(self) -> int:
        """Most that is ordered at once: the newsvendor's fractile of one period's demand, as for durable goods.

        For goods that age this is where the search begins: `solve` enlarges it until it does not bind.
        """
        return fractile(self.pmf, 1, self.ratio) + self._lot + self.more_order

    @cached_property
    def most(self) -> int:
        """Most on hand and on order: the fractile of the demand of L + 1 periods; enlarged in the same way."""
        return fractile(self.pmf, self.lead_time + 1, self.ratio) + self._lot + self.more_stock

    @property
    def ratio(self) -> float:
        """Critical ratio without any cost of ageing."""
        return self.penalty / (self.penalty + self.holding)

    @property
    def _lot(self) -> int:
        """The economic order quantity, but no more than what sells before it is too old."""
        economic = math.sqrt(2 * self.fixed * mean(self.pmf) / max(self.holding, 1e-9))
        return math.ceil(min(economic, self.lifetime * mean(self.pmf)))

    # -- what happens in one period ---------------------------------------------------------------
    @property
    def start(self) -> Ints:
        return np.zeros(self.lifetime + max(self.lead_time, 1) - 1, dtype=np.int64)

    @property
    def plenty(self) -> int:
        return self.most + 2 * self.largest

    def outcomes(self, states: Ints, orders: Ints) -> Outcomes:
        stock, under_way = self._ready(states, orders)
        left, chances = self.sold(stock)
        after = np.zeros((*left.shape[:2], states.shape[1]), dtype=np.int64)
        after[..., : self.lifetime - 1] = left[..., 1:]
        after[..., self.lifetime - 1 : self.lifetime - 1 + under_way.shape[1]] = under_way[:, None]
        return Outcomes(after, chances)

    def expense(self, states: Ints, orders: Ints) -> Floats:
        stock, _ = self._ready(states, orders)
        cost: Floats = self.running(stock) + self.unit_cost * orders + self.fixed * (orders > 0)
        return cost

    def _ready(self, states: Ints, orders: Ints) -> tuple[Ints, Ints]:
        """Goods on hand when demand comes [S, M], and those that arrive later [S, L]."""
        if self.lead_time == 0:
            stock = states[:, : self.lifetime].copy()
            stock[:, -1] += orders
            return stock, np.zeros((len(states), 0), dtype=np.int64)
        return states[:, : self.lifetime], np.concatenate([states[:, self.lifetime :], orders[:, None]], axis=1)

    def sold(self, stock: Ints) -> tuple[Ints, Floats]:
        """What is left of ``stock`` [S, M] after demands of 0, 1, ..., all: int64 [S, K, M]; their chances [S, K]."""
        total = stock.sum(axis=1)
        demand = np.arange(int(total.max()) + 1)
        older = np.cumsum(stock, axis=1)
        upto = total[:, None] - older + stock if self.lifo else older  # units sold no later than these
        left = np.minimum(stock[:, None], np.maximum(upto[:, None] - demand[:, None], 0))
        beyond = at_least(self.pmf, len(demand) + 1)
        chances = np.where(demand < total[:, None], beyond[:-1] - beyond[1:], 0.0)
        chances[np.arange(len(total)), total] = beyond[total]
        return left, chances

    def running(self, stock: Ints) -> Floats:
        """Expected holding, waste and penalty of a period that has ``stock`` [S, M] on hand, float64 [S]."""
        left, chances = self.sold(stock)
        gone = np.einsum("sk,sk->s", chances, left[..., 0].astype(np.float64))
        kept = np.einsum("sk,sk->s", chances, left[..., 1:].sum(axis=2).astype(np.float64))
        short = mean(self.pmf) - stock.sum(axis=1) + gone + kept
        cost: Floats = self.holding * kept + self.waste * gone + self.penalty * short
        return cost

    # -- the dynamic programme --------------------------------------------------------------------
    def solve(self, tolerance: float = 1e-8, limit: int = LIMIT) -> Optimum:
        """Relative value iteration over all states within the bounds, enlarged until they do not bind.

        Raises
        ------
        CapabilityError
            The table of states would be too large.
        """
        from headway.domains.inventory.exact.perishable_table import Table

        optimum = Table(self, limit).solve(tolerance)
        chain = self.chain(optimum)
        orders, system = int(chain.orders.max()), int((chain.states.sum(axis=1) + chain.orders).max())
        if orders < self.largest and system < self.most:
            return optimum
        more_order, more_stock = 2 + self.largest // 4, 2 + self.most // 4
        return replace(
            self,
            more_order=self.more_order + more_order * (orders >= self.largest),
            more_stock=self.more_stock + more_stock * (system >= self.most),
        ).solve(tolerance, limit)
