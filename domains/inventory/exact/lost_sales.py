"""Lost sales at one stocking point with a lead time, and possibly a fixed cost per order (Zipkin 2008)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from headway.domains.inventory.exact.law import checked, fractile, left_over, mean
from headway.domains.inventory.exact.model import LIMIT, Floats, Ints, Model, Optimum, Outcomes


@dataclass(frozen=True, eq=False)
class LostSales(Model):
    """Order, demand, cost; what is short is lost. An order of period t can serve the demand of t + lead time.

    A state is (on hand, arriving next period, ..., placed last period): max(lead time, 1) numbers.

    Attributes
    ----------
    pmf : float64 [K], P(demand = k) per period
    lead_time : periods, 0 or more
    holding, penalty : cost per unit left, per unit short, at the end of a period
    fixed : cost per order above zero
    discount : per period; 1 asks for the average cost
    extra : units by which the box of states and orders is enlarged beyond its bounds
    """

    pmf: Floats
    lead_time: int
    holding: float
    penalty: float
    fixed: float = 0.0
    discount: float = 1.0
    extra: int = 0

    def __post_init__(self) -> None:
        checked(self.pmf, self.lead_time, self.holding, self.penalty, self.fixed, discount=self.discount)

    # -- bounds -----------------------------------------------------------------------------------
    @cached_property
    def largest(self) -> int:
        """Most that is worth ordering: the newsvendor's fractile of one period's demand (Zipkin 2008).

        With a fixed cost an economic order quantity is added; `solve` doubles that if it is too little.
        """
        return fractile(self.pmf, 1, self.ratio) + self.economic_order + self.extra

    @cached_property
    def most(self) -> int:
        """Most that is worth having on hand and on order: the fractile of the demand of L + 1 periods."""
        return fractile(self.pmf, self.lead_time + 1, self.ratio) + self.economic_order + self.extra

    @property
    def ratio(self) -> float:
        """Critical ratio: penalty / (penalty + holding)."""
        return self.penalty / (self.penalty + self.holding)

    @property
    def economic_order(self) -> int:
        """The economic order quantity of Harris (1913), rounded up: 0 without a fixed cost."""
        return math.ceil(math.sqrt(2 * self.fixed * mean(self.pmf) / max(self.holding, 1e-9)))

    # -- what happens in one period ---------------------------------------------------------------
    @property
    def start(self) -> Ints:
        return np.zeros(max(self.lead_time, 1), dtype=np.int64)

    @property
    def plenty(self) -> int:
        return self.most + 2 * self.largest

    def outcomes(self, states: Ints, orders: Ints) -> Outcomes:
        ready = states[:, 0] + (orders if self.lead_time == 0 else 0)
        left = np.arange(int(ready.max()) + 1)
        after = np.empty((len(states), len(left), states.shape[1]), dtype=np.int64)
        after[:, :, 0] = left
        if self.lead_time > 0:
            under_way = np.concatenate([states[:, 1:], orders[:, None]], axis=1)
            after[:, :, 0] += under_way[:, :1]
            after[:, :, 1:] = under_way[:, None, 1:]
        return Outcomes(after, left_over(self.pmf, len(left))[ready])

    def expense(self, states: Ints, orders: Ints) -> Floats:
        ready = states[:, 0] + (orders if self.lead_time == 0 else 0)
        cost: Floats = self.running(int(ready.max()) + 1)[ready] + self.fixed * (orders > 0)
        return cost

    def running(self, size: int) -> Floats:
        """Expected holding and penalty of a period that has 0, 1, ... on hand, float64 [size]."""
        ready = np.arange(size)
        left = left_over(self.pmf, size) @ ready
        return self.holding * left + self.penalty * (mean(self.pmf) - ready + left)

    # -- the dynamic programme --------------------------------------------------------------------
    def solve(self, tolerance: float = 1e-8, limit: int = LIMIT) -> Optimum:
        """Relative value iteration over all states within the bounds (`lost_sales_table`).

        Raises
        ------
        CapabilityError
            The table of states would be too large.
        """
        from headway.domains.inventory.exact.lost_sales_table import Table

        optimum = Table(self, limit).solve(tolerance)
        if self.fixed and self._touches(optimum):
            return replace(self, extra=self.extra + self.economic_order).solve(tolerance, limit)
        return optimum

    def _touches(self, optimum: Optimum) -> bool:
        """Whether the optimal policy comes to the edge of its box, so that a larger one might be better."""
        chain = self.chain(optimum)
        system = chain.states.sum(axis=1) + chain.orders
        return bool(chain.orders.max() >= self.largest or system.max() >= self.most)
