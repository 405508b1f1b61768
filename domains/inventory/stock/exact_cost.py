"""Exact average costs of policies whose orders depend on stock and pipeline alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from headway.environment import Observation
from headway.errors import CapabilityError
from headway.policy import Policy

if TYPE_CHECKING:
    from headway.domains.inventory.exact.model import Model
    from headway.domains.inventory.stock.terms import Terms

Ints = NDArray[np.int64]


def model(terms: Terms) -> Model:
    """The decision process of one item.

    Raises
    ------
    CapabilityError
        Demand is no whole-numbered law without seasons, lots are not 1, or goods perish.
    """
    from headway.domains.inventory.exact.backlog import Backlog
    from headway.domains.inventory.exact.lost_sales import LostSales

    plain = terms.keep == 1 and terms.multiple == 1
    if terms.historical or not plain or terms.law.features(1).shape[1]:
        raise CapabilityError(
            "no exact model of this problem",
            where=terms.name,
            got=f"demand={terms.demand}, keep={terms.keep:g}, lot={terms.multiple:g}",
            expected="a whole-numbered law without seasons, keep=1, lot=1",
        )
    kind = LostSales if terms.lost else Backlog
    return kind(terms.law.pmf(), terms.lead_time, terms.holding, terms.penalty, terms.fixed)


def observed(terms: Terms, states: Ints) -> Observation:
    """What a policy sees in ``states`` [S, N]: on hand, then what arrives in the next periods."""
    n, slots = len(states), max(terms.lead_time, 1)
    goods = np.zeros((n, 1, 1 + slots), np.float32)
    goods[:, 0, : states.shape[1]] = states
    ones = np.ones((n, 1), np.float32)
    costs = np.array([terms.holding, terms.penalty], np.float32)
    return {
        "stock": goods[..., 0],
        "pipeline": goods[..., 1:],
        "scale": np.float32(terms.usual) * ones,
        "costs": costs * ones[..., None],
        "lot": np.float32(terms.multiple) * ones,
    }


def exact_cost(problem: Any, policy: Policy, *, limit: int = 1_000_000) -> float:
    """Average cost per period of a policy, its orders rounded as the environment does; summed over items.

    By policy evaluation on every state that the policy reaches: no simulation, no sampling error. The policy must
    decide each item by its own stock and pipeline, as rules and `item_mlp` do.

    Raises
    ------
    CapabilityError
        The problem has no exact model, past demands are observed, or the policy reaches more than ``limit`` states.
    """
    if problem.lags:
        raise CapabilityError("no exact costs of policies that see past demands", where="lags", got=problem.lags)
    environment = problem.environment(policy.environment)

    def order(states: Ints) -> Any:
        seen = observed(problem, states)
        action, _ = policy.act(seen, None, policy.start(len(states)))
        return environment.project(seen, environment.decode(seen, action))[:, 0]

    return problem.items * problem.model().evaluate(order, limit)  # type: ignore[no-any-return]
