"""The exact model, and exact costs of policies whose orders depend on stock and pipeline alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from headway.environment import Observation
from headway.errors import CapabilityError
from headway.policy import Policy

if TYPE_CHECKING:
    from headway.domains.inventory.exact.model import Model, Order
    from headway.domains.inventory.perishable.problem import Perishable

Ints = NDArray[np.int64]


def model(problem: Perishable) -> Model:
    """The decision process of one item of the problem.

    Raises
    ------
    CapabilityError
        Demand is no whole-numbered law without seasons, or lots are not 1.
    """
    from headway.domains.inventory.exact.perishable import Perishable as Exact

    law = problem.law
    if problem.multiple != 1 or not law.discrete or law.features(1).shape[1]:
        raise CapabilityError(
            "no exact costs for this problem",
            where=problem.name,
            got=f"lot={problem.multiple}, {law}",
            expected="lot=1, a whole-numbered law without seasons",
        )
    return Exact(
        law.pmf(),
        problem.lifetime,
        problem.lead_time,
        holding=problem.holding,
        penalty=problem.penalty,
        waste=problem.waste_cost,
        unit_cost=problem.unit_cost,
        fixed=problem.fixed,
        lifo=problem.issuing == "lifo",
    )


def observed(problem: Perishable, states: Ints) -> Observation:
    """What a policy sees in ``states`` [S, N]: goods by periods left, then what arrives in the next periods."""
    n, life = len(states), problem.lifetime
    goods = np.zeros((n, 1, life + max(problem.lead_time, 1)), np.float32)
    goods[:, 0, : states.shape[1]] = states
    ones = np.ones((n, 1), np.float32)
    costs = np.array([problem.holding, problem.penalty, problem.unit_cost, problem.waste_cost], np.float32)
    return {
        "stock": goods[..., :life],
        "pipeline": goods[..., life:],
        "scale": np.float32(problem.usual) * ones,
        "costs": costs * ones[..., None],
        "lot": np.float32(problem.multiple) * ones,
    }


def ordered(problem: Perishable, policy: Policy) -> Order:
    """What a policy orders in states of the model, rounded as the environment does: states [S, N] -> orders [S].

    The policy must decide each item by its own stock and pipeline, as rules and `age_mlp` do.
    """
    environment = problem.environment(policy.environment)

    def order(states: Ints) -> Any:
        seen = observed(problem, states)
        action, _ = policy.act(seen, None, policy.start(len(states)))
        return environment.project(seen, environment.decode(seen, action))[:, 0]

    return order


def exact_cost(problem: Perishable, policy: Policy, *, limit: int = 1_000_000) -> float:
    """Average cost per period of a policy, its orders rounded as the environment does; summed over items.

    By policy evaluation on every state that the policy reaches: no simulation, no error.

    Raises
    ------
    CapabilityError
        The problem has no exact costs (see `model`), or the policy reaches more than ``limit`` states.
    """
    return problem.items * problem.model().evaluate(ordered(problem, policy), limit)
