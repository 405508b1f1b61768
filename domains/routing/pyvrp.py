"""PyVRP: the iterated local search of the PyVRP package."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyvrp
from pyvrp.IteratedLocalSearch import IteratedLocalSearchCallbacks, IteratedLocalSearchParams

from headway.components import component
from headway.domains.routing.instance import CVRPInstance
from headway.domains.routing.scaling import whole
from headway.domains.routing.solution import Routes
from headway.solver import Search, Solver

SHARE = 0.01  # of the budget: the search ends that much early, so that its answer still counts


@component
class PyVRP(Solver[CVRPInstance, Routes]):
    """PyVRP with its own parameters, until the budget ends (Wouda, Lan and Kool, INFORMS J. Comput. 2024)."""

    def solve(self, problem: Any, instance: CVRPInstance, search: Search[Routes]) -> Routes | None:
        reserve = SHARE * search.budget.cpu
        seed = int(search.rng.integers(2**31))
        parameters = pyvrp.SolveParams(ils=IteratedLocalSearchParams(callbacks=Reporter(search)))
        result = pyvrp.solve(
            model(instance), lambda best: search.left <= reserve, seed=seed, collect_stats=False, params=parameters
        )
        return routes(result.best) if result.best.is_feasible() else None


class Reporter(IteratedLocalSearchCallbacks):
    """Reports each improved feasible solution."""

    def __init__(self, search: Search[Routes]) -> None:
        self.search = search

    def on_start(self, ils: Any) -> None:
        self.on_best(ils.initial_solution)

    def on_best(self, best: Any) -> None:
        if best.is_feasible():
            self.search.incumbent(routes(best))


def model(instance: CVRPInstance) -> pyvrp.ProblemData:
    """The instance (a batch of one) as `pyvrp.ProblemData`: a vehicle per customer, so that the fleet never binds."""
    distance: Any = whole(instance)
    nodes, capacity = len(distance), int(instance.capacity[0])
    places = [pyvrp.Location(x, y) for x, y in instance.coords[0, :nodes].tolist()]
    demand = instance.demand[0].tolist()
    return pyvrp.ProblemData(
        locations=places,
        clients=[pyvrp.Client(node, delivery=[demand[node]]) for node in range(1, nodes)],
        depots=[pyvrp.Depot(0)],
        vehicle_types=[pyvrp.VehicleType(nodes - 1, capacity=[capacity])],
        distance_matrices=[distance],
        duration_matrices=[np.zeros_like(distance)],
    )


def routes(solution: Any) -> Routes:
    """A `pyvrp.Solution` as routes; its client i is node i + 1."""
    return Routes.of([[visit.idx + 1 for visit in route if visit.is_client()] for route in solution.routes()])
