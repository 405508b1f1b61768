"""The augmented Lagrangian method as a solver: its penalties follow the plain rule, or a policy."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from pydantic import Field

from headway.components import component, given
from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.family.solution import Routes
from headway.domains.routing.lagrangian.rule import PenaltyRule
from headway.policy import Policy
from headway.solver import Search, Solver

SHARE = 0.02  # of the budget: the search ends that much early, so that its answer still counts


@component
class CALM(Solver[RoutingInstance, Routes]):
    """The plain augmented Lagrangian method: iterations of the environment `penalties` until the budget ends.

    Attributes
    ----------
    starts : searches side by side
    patience : iterations without a better solution after which one begins anew
    """

    starts: Annotated[int, Field(ge=1)] = 8
    patience: Annotated[int, Field(ge=1)] = 20

    def solve(self, problem: Any, instance: RoutingInstance, search: Search[Routes]) -> Routes:
        """Solve a batch of one.

        Raises
        ------
        CapabilityError
            The instance has a rule beyond capacities, or distances that depend on the direction.
        """
        environment = problem.environment("penalties", patience=self.patience)
        return run(environment, self._setter(), instance, search, self.starts)

    def _setter(self) -> Policy:
        """What sets the penalties."""
        return PenaltyRule()


@component
class RLCALM(CALM):
    """A trained policy sets the penalties (after arXiv 2509.15262, which has SAC set one penalty)."""

    policy: Any = given()

    def _setter(self) -> Policy:
        policy: Policy = self.policy
        return policy


def run(environment: Any, policy: Policy, instance: RoutingInstance, search: Search[Routes], starts: int) -> Routes:
    """Iterate until the budget ends, telling what becomes better; the best routes."""
    params = environment.prepare(instance[[0] * starts])
    # Starts begin at other customers, and take them in another order.
    first = int(search.rng.integers(2**20))
    params = params._replace(seed=first + np.arange(starts))
    state, memory = environment.reset(params), policy.start(starts, search.seed)
    told = float(state.cost.min())
    search.incumbent(_best(state))
    while search.left > SHARE * search.budget.cpu:
        seen = environment.observe(params, state)
        action, memory = policy.act(seen, None, memory)
        state = environment.step(params, state, environment.project(seen, environment.decode(seen, action))).state
        if state.cost.min() < told:
            told = float(state.cost.min())
            search.incumbent(_best(state))
    return _best(state)


def _best(state: Any) -> Routes:
    row = int(state.cost.argmin())
    return Routes(np.array(state.best[row : row + 1]))
