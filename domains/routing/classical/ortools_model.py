"""The model of one instance in OR-Tools' routing library, with its best solution so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from ortools.constraint_solver import pywrapcp

from headway.domains.routing.classical.ortools_rules import FINE, Rules
from headway.domains.routing.classical.packing import first_fit_decreasing
from headway.domains.routing.classical.scaling import NEVER, Whole, whole
from headway.domains.routing.classical.task import Task, task_of
from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.family.solution import Routes
from headway.solver import Search

SHARE = 0.01  # of the budget: incumbents are read out at most that often


class Numbers(NamedTuple):
    """What models of an instance are made of."""

    task: Task
    coarse: Whole  # the objective
    fine: Whole  # what is held against limits

    @classmethod
    def of(cls, instance: RoutingInstance) -> Numbers:
        return cls(task_of(instance), whole(instance), whole(instance, FINE))


class Model:
    """Searches for routes, reports incumbents, and can go on from routes that are given.

    Attributes
    ----------
    best : the best routes so far; None until there are some
    """

    def __init__(
        self,
        numbers: Numbers,
        vehicles: Sequence[int],
        parameters: Any,
        search: Search[Routes],
        start: Routes | None = None,
    ) -> None:
        """``vehicles``: how many leave each depot. ``parameters``: those of the search to come."""
        self.numbers, self.search, self.best = numbers, search, start
        self._cost = float("inf") if start is None else numbers.coarse.total(start)
        self._next_report = 0.0
        self.homes = np.repeat(np.arange(len(vehicles)), vehicles)
        ends = numbers.coarse.depots[self.homes].tolist()
        self.manager = pywrapcp.RoutingIndexManager(len(numbers.coarse.cost), len(ends), ends, ends)
        self.model = pywrapcp.RoutingModel(self.manager)
        self.model.SetArcCostEvaluatorOfAllVehicles(self.model.RegisterTransitMatrix(numbers.coarse.cost.tolist()))
        Rules(numbers.task, numbers.fine, numbers.coarse.prize, self.model, self.manager)
        self.model.AddAtSolutionCallback(self._found)
        # Closing without the parameters would drop the metaheuristic without a word.
        self.model.CloseModelWithParameters(parameters)

    def solve(self, parameters: Any) -> Routes | None:
        """Search on, from the best routes where there are some; the best ones so far, None if there are none."""
        start = None if self.best is None else self._assignment(self.best)
        if start is None:
            found = self.model.SolveWithParameters(parameters)
        else:
            found = self.model.SolveFromAssignmentWithParameters(start, parameters)
        if found:
            self._keep(found.ObjectiveValue(), lambda index: found.Value(self.model.NextVar(index)))
        return self.best

    def _assignment(self, routes: Routes) -> Any:
        """The library's form of these routes; None where it does not take them (too many, or tight within rounding)."""
        free = {depot: np.flatnonzero(self.homes == depot).tolist()[::-1] for depot in np.unique(self.homes).tolist()}
        visits: list[list[int]] = [[] for _ in self.homes]
        for depot, route in routes.leaving():
            if not free[depot]:
                return None
            visits[free[depot].pop()] = [self.manager.NodeToIndex(node) for node in route]
        return self.model.ReadAssignmentFromRoutes(visits, True)

    # -- what is found --------------------------------------------------------------------------
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
            routes = [self._route(vehicle, following) for vehicle in range(len(self.homes))]
            self.best = Routes.of(routes, self.homes.tolist())

    def _route(self, vehicle: int, following: Callable[[int], int]) -> list[int]:
        route, index = [], following(self.model.Start(vehicle))
        while not self.model.IsEnd(index):
            route.append(self.manager.IndexToNode(index))
            index = following(index)
        return route


def enough(numbers: Numbers, spare: float) -> list[int]:
    """Vehicles per depot: where deliveries alone bind, what first-fit decreasing needs and a share of it; else one for
    each customer. Never more than the fleet.
    """
    task, needed = numbers.task, numbers.task.customers
    if not (task.rich or numbers.fine.limit < NEVER):
        needed = with_spare(first_fit_decreasing(task.demand, task.capacity), spare)
    return np.minimum(task.fleet, needed).tolist()


def trimmed(numbers: Numbers, routes: Routes, spare: float) -> list[int]:
    """Vehicles per depot: those that leave the busiest depot and a share of them, or the fleet."""
    sent = np.bincount([depot for depot, _ in routes.leaving()], minlength=1)
    return np.minimum(numbers.task.fleet, with_spare(int(sent.max()), spare)).tolist()


def with_spare(vehicles: int, spare: float) -> int:
    """So many, one more, and a share of them."""
    return vehicles + 1 + round(spare * vehicles)
