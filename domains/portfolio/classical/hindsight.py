"""An oracle: the constant weights one would have chosen, had one known the path."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component
from headway.domains.portfolio.allocation.problem import Allocation
from headway.domains.portfolio.allocation.solution import Weights, orders
from headway.domains.portfolio.classical.baselines import with_cash
from headway.domains.portfolio.market.instance import PricePath
from headway.solver import Search, Solver

Floats = NDArray[np.float64]


@component
class HindsightCRP(Solver[PricePath, Weights]):
    """Best constant-rebalanced portfolio in hindsight (Cover 1991), long-only, before costs.

    It sees the future, so it is an oracle and never ranked. It maximises the concave mean log growth
    of the periods by multiplicative updates (Cover 1984: each one is no worse than the last); costs
    and lag are left out there, but not by the scorer, so it is no bound.
    """

    updates: Annotated[int, Field(ge=1)] = 2000

    def solve(self, problem: Allocation, instance: PricePath, search: Search[Weights]) -> Weights:
        rules = problem.rules
        days = instance.decisions(rules.every, rules.lag)
        log_wealth = np.log1p(instance.returns[0, instance.first + 1 :]).cumsum(axis=0)
        ends = np.append(days[1:], instance.length - 1) - instance.first - 1
        relatives = np.exp(np.diff(log_wealth[ends], axis=0, prepend=0.0))
        weights = best_constant(relatives, self.updates) * min(1.0, rules.leverage)
        row = with_cash(np.minimum(weights, rules.cap))
        solution = orders(instance, rules, np.tile(row, (1, len(days), 1)))
        search.incumbent(solution)
        return solution


def best_constant(relatives: Floats, updates: int) -> Floats:
    """Weights [N] of largest mean log(relatives [T, N] @ w) on the simplex."""
    weights = np.full(relatives.shape[1], 1 / relatives.shape[1])
    for _ in range(updates):
        weights = weights * (relatives / (relatives @ weights)[:, None]).mean(axis=0)
    return weights
