"""Two sources of one product: a slow cheap one and one that delivers at once; shortages are owed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from headway.domains.inventory.exact.law import checked, fractile
from headway.domains.inventory.exact.model import LIMIT, Floats, Ints, Model, Optimum, Outcomes
from headway.errors import ConfigError


@dataclass(frozen=True, eq=False)
class DualSourcing(Model):
    """Order from both, expedited goods arrive, demand, cost; what is short is owed.

    The model of Gijsbrechts et al. (2022, "Can deep reinforcement learning improve inventory management?",
    section 6.2) with an expedited lead time of 0. A state is (on hand, negative where goods are owed,
    arriving next period, ..., placed last period): lead time numbers. Orders [S, 2] are (regular, expedited).

    Attributes
    ----------
    pmf : float64 [K], P(demand = k) per period
    lead_time : periods until a regular order can serve demand, 1 or more
    holding, penalty : cost per unit left, per unit owed, at the end of a period
    regular, expedited : cost per unit ordered from each source
    discount : per period; 1 asks for the average cost
    more_order, more_stock, more_owed : units by which the bounds `largest`, `most` and `least` are enlarged
    """

    pmf: Floats
    lead_time: int
    holding: float
    penalty: float
    regular: float
    expedited: float
    discount: float = 1.0
    more_order: int = 0
    more_stock: int = 0
    more_owed: int = 0

    def __post_init__(self) -> None:
        checked(
            self.pmf,
            self.lead_time,
            *(self.holding, self.penalty, self.regular, self.expedited),
            discount=self.discount,
        )
        if self.lead_time < 1:
            raise ConfigError("not a regular lead time", where="lead_time", got=self.lead_time, expected=">= 1")

    # -- bounds -----------------------------------------------------------------------------------
    @cached_property
    def largest(self) -> int:
        """Most that is ordered from the regular source at once; `solve` enlarges it until it does not bind."""
        return fractile(self.pmf, 1, self.ratio) + 1 + self.more_order

    @cached_property
    def most(self) -> int:
        """Most on hand and on order: the single source's base-stock level; enlarged in the same way."""
        return fractile(self.pmf, self.lead_time + 1, self.ratio) + self.more_stock

    @property
    def least(self) -> int:
        """Least on hand after expediting, before demand; lowered in the same way."""
        return -self.more_owed

    @property
    def ratio(self) -> float:
        """Critical ratio: penalty / (penalty + holding)."""
        return self.penalty / (self.penalty + self.holding)

    # -- what happens in one period ---------------------------------------------------------------
    @property
    def start(self) -> Ints:
        return np.zeros(self.lead_time, dtype=np.int64)

    @property
    def plenty(self) -> int:
        return self.most + 2 * self.largest

    def outcomes(self, states: Ints, orders: Ints) -> Outcomes:
        under_way = np.concatenate([states[:, 1:], orders[:, :1]], axis=1)
        after = np.repeat(under_way[:, None], len(self.pmf), axis=1)
        after[..., 0] += (states[:, 0] + orders[:, 1])[:, None] - np.arange(len(self.pmf))
        return Outcomes(after, np.broadcast_to(self.pmf, after.shape[:2]))

    def expense(self, states: Ints, orders: Ints) -> Floats:
        ready = states[:, 0] + orders[:, 1]
        cost: Floats = self.running(ready) + orders @ np.array([self.regular, self.expedited])
        return cost

    def running(self, ready: Ints) -> Floats:
        """Expected holding and penalty of a period that has ``ready`` [S] on hand, float64 [S]."""
        left = ready[:, None] - np.arange(len(self.pmf))
        result: Floats = np.where(left > 0, self.holding * left, -self.penalty * left) @ self.pmf
        return result

    # -- the dynamic programme --------------------------------------------------------------------
    def solve(self, tolerance: float = 1e-8, limit: int = LIMIT) -> Optimum:
        """Relative value iteration over all states within the bounds, enlarged until they do not bind.

        Raises
        ------
        CapabilityError
            The table of states would be too large.
        """
        from headway.domains.inventory.exact.dual_sourcing_table import Table

        optimum = Table(self, limit).solve(tolerance)
        chain = self.chain(optimum)
        order = int(chain.orders[:, 0].max()) >= self.largest
        stock = int((chain.states.sum(axis=1) + chain.orders.sum(axis=1)).max()) >= self.most
        owed = bool((chain.states[:, 0] < self.least)[chain.states[:, 0] + chain.orders[:, 1] <= self.least].any())
        if not (order or stock or owed):
            return optimum
        return replace(
            self,
            more_order=self.more_order + order * (1 + self.largest // 4),
            more_stock=self.more_stock + stock * (1 + self.most // 4),
            more_owed=self.more_owed + owed * (1 + self.more_owed),
        ).solve(tolerance, limit)
