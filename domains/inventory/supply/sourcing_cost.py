"""Exact average costs of policies for two sources whose orders depend on stock and pipeline alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from headway.environment import Environment, Observation
from headway.policy import Policy

if TYPE_CHECKING:
    from headway.domains.inventory.supply.dual_sourcing import DualSourcing

Ints = NDArray[np.int64]


class Seen:
    """What a policy sees in the states of the exact model, and what it orders there."""

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
        return self.environment.project(seen, self.environment.decode(seen, action))


def exact_cost(problem: DualSourcing, policy: Policy, *, limit: int = 1_000_000) -> float:
    """Average cost per period of a policy, its orders rounded as the environment does: no simulation.

    By policy evaluation on every state that the policy reaches.

    Raises
    ------
    CapabilityError
        The problem has no exact costs (see `DualSourcing.model`), or the policy reaches more than ``limit`` states.
    """
    return problem.model().evaluate(Seen(problem, policy).orders, limit)
