"""Construction heuristics: nearest neighbour, savings, sweep."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from pydantic import Field

from headway.components import component
from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.family.solution import Routes
from headway.environment import Observation
from headway.ops import Array
from headway.policy import Policy
from headway.solver import Search, Solver


@component
class NearestNeighbour(Policy):
    """Go to the nearest customer that may be visited; where there is none, to the nearest depot that may."""

    environment = "construct"

    def act(self, observation: Observation, mask: Array | None, memory: Any = None) -> tuple[Array, Any]:
        fits = np.array(mask)
        customers = fits & (np.asarray(observation["waiting"]) > 0)
        some = np.any(customers, axis=1, keepdims=True)
        fits = np.where(some, customers, fits)
        return np.where(fits, observation["distance"], np.inf).argmin(1), memory


@component
class Savings(Solver[RoutingInstance, Routes]):
    """Clarke and Wright (1964), parallel version, under every rule of the family; see `savings`.

    No answer where it needs more vehicles than there are.

    Attributes
    ----------
    shape : weight of the new leg in the saving d(i,0) + d(0,j) - shape d(i,j) (Yellow, 1970)
    """

    shape: Annotated[float, Field(ge=0, le=3)] = 1.0

    def solve(self, problem: Any, instance: RoutingInstance, search: Search[Routes]) -> Routes | None:
        from headway.domains.routing.classical.savings import savings
        from headway.domains.routing.classical.task import task_of

        visits = savings(task_of(instance), self.shape)
        return None if visits is None else Routes(visits[None])


@component
class SavingsPolish(Savings):
    """Savings, and then the polish that policies get too (`sisr.polished`): what a policy must beat.

    Attributes
    ----------
    iterations : of SISR after the local search; None: until the budget ends
    """

    iterations: Annotated[int, Field(ge=0)] | None = 1000

    def solve(self, problem: Any, instance: RoutingInstance, search: Search[Routes]) -> Routes | None:
        from headway.domains.routing.classical.savings import savings
        from headway.domains.routing.classical.sisr import polished
        from headway.domains.routing.classical.task import task_of

        task = task_of(instance)
        visits = savings(task, self.shape)
        if visits is None:
            return None
        search.incumbent(Routes(visits[None]))
        return polished(task, Routes(visits[None]), search, self.iterations)


@component
class Sweep(Solver[RoutingInstance, Routes]):
    """Customers by their angle around the depot, cut into routes by the shortest path (Gillett and Miller 1974).

    See `sweep`. No answer where it needs more vehicles than there are.
    """

    def solve(self, problem: Any, instance: RoutingInstance, search: Search[Routes]) -> Routes | None:
        from headway.domains.routing.classical.sweep import sweep
        from headway.domains.routing.classical.task import task_of

        visits = sweep(task_of(instance), instance.coords[0])
        return None if visits is None else Routes(visits[None])
