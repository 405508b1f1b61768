"""Shortages that are owed at one stocking point: closed forms, and the exact cost of any other policy."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from headway.domains.inventory.exact.law import checked, total
from headway.domains.inventory.exact.model import LIMIT, Floats, Ints, Model, Optimum, Outcomes
from headway.domains.inventory.exact.rules import base_stock, s_S
from headway.errors import ConfigError


@dataclass(frozen=True, eq=False)
class Backlog(Model):
    """Order, demand, cost; what is short is owed. An order of period t can serve the demand of t + lead time.

    A state is (on hand, negative where goods are owed; arriving next period; ...; placed last period):
    max(lead time, 1) numbers.

    Attributes
    ----------
    pmf : float64 [K], P(demand = k) per period
    lead_time : periods, 0 or more
    holding, penalty : cost per unit left, per unit owed, at the end of a period
    fixed : cost per order above zero
    """

    pmf: Floats
    lead_time: int
    holding: float
    penalty: float
    fixed: float = 0.0

    def __post_init__(self) -> None:
        checked(self.pmf, self.lead_time, self.holding, self.penalty, self.fixed)
        if not self.holding > 0 or not self.penalty > 0 or not self.pmf[0] < 1:
            got = (self.holding, self.penalty, self.pmf[0])
            raise ConfigError("no best level", where="holding, penalty, P(D = 0)", got=got, expected="> 0, > 0, < 1")

    @property
    def start(self) -> Ints:
        return np.zeros(max(self.lead_time, 1), dtype=np.int64)

    @property
    def plenty(self) -> int:
        return len(self._covered)

    def outcomes(self, states: Ints, orders: Ints) -> Outcomes:
        if self.lead_time:
            after = np.concatenate([states[:, 1:], orders[:, None]], axis=1)
            after[:, 0] += states[:, 0]
        else:
            after = states + orders[:, None]
        following = np.repeat(after[:, None], len(self.pmf), axis=1)
        following[..., 0] -= np.arange(len(self.pmf))
        return Outcomes(following, np.broadcast_to(self.pmf, following.shape[:2]))

    def expense(self, states: Ints, orders: Ints) -> Floats:
        ready = states[:, 0] + (orders if self.lead_time == 0 else 0)
        left = ready[:, None] - np.arange(len(self.pmf))
        running = np.where(left > 0, self.holding * left, -self.penalty * left) @ self.pmf
        result: Floats = running + self.fixed * (orders > 0)
        return result

    def running(self, position: int) -> float:
        """G(y): expected cost of the period an order arrives in, by the inventory position after ordering."""
        left = position - np.arange(len(self._covered))
        return float(np.where(left > 0, self.holding * left, -self.penalty * left) @ self._covered)

    @cached_property
    def _covered(self) -> Floats:
        return total(self.pmf, self.lead_time + 1)

    def solve(self, tolerance: float = 1e-8, limit: int = LIMIT) -> Optimum:
        """In closed form: a base-stock policy, or with a fixed cost (s, S) (Zheng and Federgruen 1991)."""
        if not self.fixed:
            level = self._lowest()
            cost = self.running(level)
            return Optimum(cost, cost, cost, base_stock(level))
        best = self.best_s_S()
        return Optimum(best.cost, best.cost, best.cost, s_S(best.reorder, best.level))

    def _lowest(self) -> int:
        """Where G is lowest: the critical fractile of the demand of L + 1 periods."""
        return int(np.argmax(np.cumsum(self._covered) >= self.penalty / (self.penalty + self.holding) - 1e-12))

    def best_s_S(self) -> ReorderLevel:
        """Zheng and Federgruen's search (1991, "Finding optimal (s, S) policies is about as simple as ...")."""
        costs = _Renewal(self)
        level = best = self._lowest()
        reorder = best - 1
        while costs.of(reorder, level) > self.running(reorder):
            reorder -= 1
        lowest = costs.of(reorder, level)
        while self.running(level + 1) <= lowest:
            level += 1
            if costs.of(reorder, level) < lowest:
                best = level
                while costs.of(reorder, best) <= self.running(reorder + 1):
                    reorder += 1
                lowest = costs.of(reorder, best)
        return ReorderLevel(reorder, best, lowest)


class ReorderLevel(NamedTuple):
    """Reorder point s (order where the position is s or less), level S, and their cost per period."""

    reorder: int
    level: int
    cost: float


class _Renewal:
    """Long-run cost of (s, S): of a cycle from S down to s, over its length (Veinott and Wagner 1965)."""

    def __init__(self, model: Backlog) -> None:
        self.model = model
        self.visits = [1 / (1 - model.pmf[0])]  # expected periods that the position spends j below S

    def of(self, reorder: int, level: int) -> float:
        """Cost per period of ordering up to ``level`` where the position is ``reorder`` or less."""
        pmf, depth = self.model.pmf, level - reorder
        while len(self.visits) < depth:
            j = len(self.visits)
            reached = sum(pmf[i] * self.visits[j - i] for i in range(1, min(j, len(pmf) - 1) + 1))
            self.visits.append(reached / (1 - pmf[0]))
        spent = np.array(self.visits[:depth])
        running = np.array([self.model.running(level - j) for j in range(depth)])
        return float((self.model.fixed + spent @ running) / spent.sum())
