"""Exact average costs: of the best policy, and of any policy whose orders depend on stock and pipeline alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from headway.environment import Observation
from headway.errors import CapabilityError
from headway.policy import Policy

if TYPE_CHECKING:
    from headway.domains.inventory.exact.lost_sales import LostSales as Model
    from headway.domains.inventory.stock.problem import StockProblem

Ints = NDArray[np.int64]


def model(problem: StockProblem) -> Model:
    """The decision process of one item of the problem.

    Raises
    ------
    CapabilityError
        Shortages are owed, demand is no whole-numbered law without seasons, goods perish, or lots are not 1.
    """
    from headway.domains.inventory.exact.lost_sales import LostSales

    law = problem.law
    plain = problem.lost and problem.keep == 1 and problem.multiple == 1 and problem.lags == 0
    if not plain or law.features(1).shape[1]:
        raise CapabilityError(
            "no exact costs for this problem",
            where=problem.name,
            got=f"lost={problem.lost}, keep={problem.keep}, lot={problem.multiple}, lags={problem.lags}, {law}",
            expected="lost sales, keep=1, lot=1, lags=0, a whole-numbered law without seasons",
        )
    return LostSales(law.pmf(), problem.lead_time, problem.holding, problem.penalty, problem.fixed)


def observed(problem: StockProblem, states: Ints) -> Observation:
    """What a policy sees in ``states`` [S, N]: on hand, then what arrives in the next periods."""
    n, slots = len(states), max(problem.lead_time, 1)
    goods = np.zeros((n, 1, 1 + slots), np.float32)
    goods[:, 0, : states.shape[1]] = states
    ones = np.ones((n, 1), np.float32)
    costs = np.array([problem.holding, problem.penalty], np.float32)
    return {
        "stock": goods[..., 0],
        "pipeline": goods[..., 1:],
        "scale": np.float32(problem.usual) * ones,
        "costs": costs * ones[..., None],
        "lot": np.float32(problem.multiple) * ones,
    }


def exact_cost(problem: StockProblem, policy: Policy, *, limit: int = 1_000_000) -> float:
    """Average cost per period of a policy, its orders rounded as the environment does; summed over items.

    By policy evaluation on every state that the policy reaches: no simulation, no error. The policy must
    decide each item by its own stock and pipeline, as rules and `item_mlp` do.

    Raises
    ------
    CapabilityError
        The problem has no exact costs (see `model`), or the policy reaches more than ``limit`` states.
    """
    environment = problem.environment(policy.environment)

    def order(states: Ints) -> Any:
        seen = observed(problem, states)
        action, _ = policy.act(seen, None, policy.start(len(states)))
        return environment.project(seen, environment.decode(seen, action))[:, 0]

    return problem.items * model(problem).evaluate(order, limit)
