"""OR-Tools' routing library: first-solution heuristics and guided local search."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from ortools.constraint_solver import pywrapcp, routing_enums_pb2
from pydantic import Field

from headway.components import component
from headway.domains.routing.instance import CVRPInstance, Ints
from headway.domains.routing.scaling import whole
from headway.domains.routing.solution import Routes
from headway.solver import Search, Solver

FirstSolution = Literal[
    "GLOBAL_CHEAPEST_ARC",
    "PATH_CHEAPEST_ARC",
    "SAVINGS",
    "CHRISTOFIDES",
    "PARALLEL_CHEAPEST_INSERTION",
    "LOCAL_CHEAPEST_INSERTION",
]
SHARE = 0.01  # of the budget: incumbents are read out at most that often, and a search ends that much early
PATIENCE = 4.0  # wall seconds per CPU-second that the first solution may take, on a busy machine


@component
class ORTools(Solver[CVRPInstance, Routes]):
    """OR-Tools routing: a first solution, then local search until the budget ends.

    The library's clock is wall time. Where other work kept it from its CPU-seconds, the search is resumed
    from its best solution (a search limit in Python would cost two fifths of its speed).

    Attributes
    ----------
    first_solution : how the start is built. From GLOBAL_CHEAPEST_ARC guided local search ends clearly lower
        at 100 customers, and no higher at 20 and 50 (docs/routing.md has the figures)
    metaheuristic : ``gls`` guided local search (Voudouris and Tsang 1999); ``none`` only the first solution
    spare : vehicles beyond those that first-fit decreasing needs, as a share of them
    """

    first_solution: FirstSolution = "GLOBAL_CHEAPEST_ARC"
    metaheuristic: Literal["gls", "none"] = "gls"
    spare: Annotated[float, Field(ge=0)] = 0.5

    def solve(self, problem: Any, instance: CVRPInstance, search: Search[Routes]) -> Routes | None:
        reserve = SHARE * search.budget.cpu
        model = Model(instance, self.spare, self._parameters(search.left), search)
        model.solve(self._parameters(PATIENCE * search.left, solutions=1))
        while self.metaheuristic == "gls" and search.left > reserve:
            model.solve(self._parameters(search.left - reserve))
        return model.best

    def _parameters(self, seconds: float, solutions: int | None = None) -> Any:
        parameters = pywrapcp.DefaultRoutingSearchParameters()
        parameters.first_solution_strategy = getattr(routing_enums_pb2.FirstSolutionStrategy, self.first_solution)
        if self.metaheuristic == "gls":
            parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
        # A strategy that runs out of vehicles goes back and forth without end, so it needs a limit too. The limit on
        # large neighbourhoods also binds the first solution, where its 0.1 s are too few for 300 customers.
        for limit in (parameters.time_limit, parameters.lns_time_limit):
            limit.FromMilliseconds(max(1, round(1000 * seconds)))
        if solutions is not None:
            parameters.solution_limit = solutions
        return parameters


@component
class ORToolsFirst(ORTools):
    """OR-Tools' first solution alone: what its quickest use gives."""

    first_solution: FirstSolution = "PATH_CHEAPEST_ARC"
    metaheuristic: Literal["gls", "none"] = "none"


class Model:
    """The routing model of one instance, its best solution so far, and the reporting of incumbents."""

    def __init__(self, instance: CVRPInstance, spare: float, parameters: Any, search: Search[Routes]) -> None:
        nodes, capacity = int(instance.customers[0]) + 1, int(instance.capacity[0])
        demand = instance.demand[0, :nodes]
        needed = first_fit_decreasing(demand, capacity)
        vehicles = min(nodes - 1, needed + 1 + round(spare * needed))
        self.manager = pywrapcp.RoutingIndexManager(nodes, vehicles, 0)
        self.model = pywrapcp.RoutingModel(self.manager)
        legs = self.model.RegisterTransitMatrix(whole(instance).tolist())
        self.model.SetArcCostEvaluatorOfAllVehicles(legs)
        loads = self.model.RegisterUnaryTransitVector(demand.tolist())
        self.model.AddDimension(loads, 0, capacity, True, "load")
        self.model.AddAtSolutionCallback(self._found)
        # Closing without the parameters would drop the metaheuristic without a word.
        self.model.CloseModelWithParameters(parameters)
        self.search = search
        self.best: Routes | None = None
        self._cost = float("inf")
        self._next_report = 0.0

    def solve(self, parameters: Any) -> Routes | None:
        """Search on, from the best solution where there is one; the best routes so far, None if there are none."""
        if self.best is None:
            found = self.model.SolveWithParameters(parameters)
        else:
            visits = [[self.manager.NodeToIndex(node) for node in route] for route in self.best.routes()]
            start = self.model.ReadAssignmentFromRoutes(visits, True)
            found = self.model.SolveFromAssignmentWithParameters(start, parameters)
        if found:
            self._keep(found.ObjectiveValue(), lambda index: found.Value(self.model.NextVar(index)))
        return self.best

    def _found(self) -> None:
        """Called by the library at each solution."""
        if self.search.spent >= self._next_report:
            known = self.best
            self._keep(self.model.CostVar().Max(), lambda index: self.model.NextVar(index).Value())
            if self.best is not None and self.best is not known:
                self.search.incumbent(self.best)
                self._next_report = self.search.spent + SHARE * self.search.budget.cpu

    def _keep(self, cost: int, following: Callable[[int], int]) -> None:
        if cost < self._cost:
            self._cost = cost
            self.best = Routes.of(
                [self._route(vehicle, following) for vehicle in range(self.manager.GetNumberOfVehicles())]
            )

    def _route(self, vehicle: int, following: Callable[[int], int]) -> list[int]:
        route, index = [], following(self.model.Start(vehicle))
        while not self.model.IsEnd(index):
            route.append(self.manager.IndexToNode(index))
            index = following(index)
        return route


def first_fit_decreasing(demand: Ints, capacity: int) -> int:
    """How many vehicles a simple packing of these demands needs: enough for a feasible fleet."""
    free: list[int] = []
    for load in sorted(demand.tolist(), reverse=True):
        place = next((i for i, room in enumerate(free) if room >= load), None)
        if place is None:
            free.append(capacity - load)
        else:
            free[place] -= load
    return len(free)
