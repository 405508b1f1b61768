"""An oracle: the constant weights one would have chosen, had one known the path."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway.components import component
from headway.domains.portfolio.allocation.problem import Allocation
from headway.domains.portfolio.allocation.solution import Weights, orders
from headway.domains.portfolio.classical.baselines import with_cash
from headway.domains.portfolio.market.instance import TRADED, PricePath
from headway.solver import Search, Solver

Floats = NDArray[np.float64]


@component
class HindsightCRP(Solver[PricePath, Weights]):
    """Best constant-rebalanced portfolio in hindsight (Cover 1991), long-only, before costs.

    It sees the future, so it is an oracle and never ranked. It maximises the concave mean log growth
    of the periods; costs, lag and limits are left out there, but not by the scorer, so it is no bound.
    """

    def solve(self, problem: Allocation, instance: PricePath, search: Search[Weights]) -> Weights:
        rules = problem.rules
        days = instance.decisions(rules.every, rules.lag)
        log_wealth = np.log1p(instance.returns[0, instance.first + 1 :]).cumsum(axis=0)
        ends = np.append(days[1:], instance.length - 1) - instance.first - 1
        relatives = np.exp(np.diff(log_wealth[ends], axis=0, prepend=0.0))
        row = with_cash(best_constant(relatives)[None])
        solution = allowed(problem, instance, np.tile(row[:, None], (1, len(days), 1)))
        search.incumbent(solution)
        return solution


def best_constant(relatives: Floats) -> Floats:
    """Weights [N] of largest mean log(relatives [T, N] @ w) on the simplex, by sequential quadratic programming.

    How far they are from it is known (Cover 1984): at most log(max_i mean(relatives_i / (relatives @ w))).
    """
    from scipy.optimize import LinearConstraint, minimize

    assets = relatives.shape[1]

    options: Any = {"maxiter": 1000, "ftol": 1e-15}

    def loss(weights: Floats) -> float:
        return -float(np.log(np.maximum(relatives @ weights, 1e-12)).mean())

    def slope(weights: Floats) -> Floats:
        steepness: Floats = -(relatives / np.maximum(relatives @ weights, 1e-12)[:, None]).mean(axis=0)
        return steepness

    found = minimize(
        loss,
        np.full(assets, 1 / assets),
        jac=slope,
        method="SLSQP",
        bounds=[(0.0, 1.0)] * assets,
        constraints=LinearConstraint(np.ones((1, assets)), 1.0, 1.0),
        options=options,
    )
    weights: Floats = np.maximum(found.x, 0.0)
    best: Floats = weights / weights.sum()
    return best


@component
class BestStock(Solver[PricePath, Weights]):
    """All wealth in the asset that will have grown most, bought once: an oracle, before costs."""

    def solve(self, problem: Allocation, instance: PricePath, search: Search[Weights]) -> Weights:
        rules = problem.rules
        growth = np.log1p(instance.returns[0, instance.first + 1 + rules.lag :]).sum(axis=0)
        growth[instance.status[0, instance.first + rules.lag] != TRADED] = -np.inf
        risky = np.zeros((1, len(instance.decisions(rules.every, rules.lag)), len(growth)))
        risky[0, 0, growth.argmax()] = 1.0
        weights = with_cash(risky)
        weights[:, 1:] = 0.0  # no orders after the first
        solution = allowed(problem, instance, weights)
        search.incumbent(solution)
        return solution


def allowed(problem: Allocation, instance: PricePath, weights: Floats) -> Weights:
    """The orders [1, D, N + 1] as the environment brings them within the rules, one after the other."""
    env = problem.environment()
    params = env.prepare(instance)
    state = env.reset(params)
    for order in range(weights.shape[1]):
        weights[:, order] = env.project(env.observe(params, state), weights[:, order])
        state = env.step(params, state, weights[:, order]).state
    return orders(instance, problem.rules, weights)
