"""Exact average costs of two sources: of the best policy, and of any policy that looks at stock and pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from headway.environment import Environment, Observation
from headway.errors import CapabilityError
from headway.policy import Policy

if TYPE_CHECKING:
    from headway.domains.inventory.exact.dual_sourcing import DualSourcing as Model
    from headway.domains.inventory.supply.dual_sourcing import DualSourcing

Ints = NDArray[np.int64]

FAR = 50  # usual demands on hand beyond which nothing is ordered


def model(problem: DualSourcing) -> Model:
    """The decision process of the problem.

    Raises
    ------
    CapabilityError
        The expedited source has a lead time, or demand is no whole-numbered law without seasons.
    """
    from headway.domains.inventory.exact.dual_sourcing import DualSourcing as Model

    law = problem.law(problem.demand, problem.demand_options, "problem.demand_options")
    if problem.expedited_lead_time or not law.discrete or law.features(1).shape[1]:
        raise CapabilityError(
            "no exact costs for this problem",
            where=problem.name,
            got=f"expedited_lead_time={problem.expedited_lead_time}, {law}",
            expected="expedited_lead_time=0, a whole-numbered law without seasons",
        )
    return Model(
        law.pmf(),
        problem.regular_lead_time,
        holding=problem.holding,
        penalty=problem.penalty,
        regular=problem.regular_cost,
        expedited=problem.expedited_cost,
    )


class Seen:
    """What a policy sees in the states of `model`, and what it orders there."""

    def __init__(self, problem: DualSourcing, policy: Policy) -> None:
        self.environment: Environment[Any, Any, Any, Any] = problem.environment(policy.environment)
        self.policy = policy
        params = self.environment.prepare(problem.instances("tuning", 1))
        self.first = self.environment.observe(params, self.environment.reset(params))

    def observation(self, states: Ints) -> Observation:
        """The observation in ``states`` [S, N]: on hand, then what arrives from the regular source, in order."""
        fixed = {name: np.repeat(array, len(states), axis=0) for name, array in self.first.items()}
        pipeline = np.zeros_like(fixed["pipeline"])
        pipeline[:, : states.shape[1] - 1, 0] = states[:, 1:]
        return fixed | {"stock": states[:, :1].astype(np.float32), "pipeline": pipeline}

    def orders(self, states: Ints) -> Any:
        """Orders [S, 2] from the regular and the expedited source, rounded as the environment does."""
        seen = self.observation(states)
        action, _ = self.policy.act(seen, None, self.policy.start(len(states)))
        placed = self.environment.project(seen, self.environment.decode(seen, action))
        return np.where(states[:, :1] > FAR * seen["edge_scale"], 0.0, placed)


def exact_cost(problem: DualSourcing, policy: Policy, *, limit: int = 1_000_000) -> float:
    """Average cost per period of a policy, its orders rounded as the environment does: no simulation.

    By policy evaluation on every state that the policy reaches. A constant regular order reaches any stock, if
    with a vanishing probability; so beyond `FAR` usual demands on hand nothing is ordered.

    Raises
    ------
    CapabilityError
        The problem has no exact costs (see `model`), or the policy reaches more than ``limit`` states.
    """
    return model(problem).evaluate(Seen(problem, policy).orders, limit)
