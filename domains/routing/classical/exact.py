"""Proven optima of small instances, by CP-SAT."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from ortools.sat.python import cp_model

from headway.components import component
from headway.domains.routing.classical.exact_model import Model
from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.family.solution import Routes
from headway.errors import CapabilityError, SolverError
from headway.solver import Search, Solver

MOST = 15  # customers; beyond, a proof takes minutes and more
SHARE = 0.01  # of the budget: the search ends that much early
FIRST, HEAT = 200, (0.2, 0.002)  # iterations and temperatures of the solution that the search begins with


@component
class Exact(Solver[RoutingInstance, Routes]):
    """CP-SAT until it has proven the optimum, for up to `MOST` customers and every rule of the family.

    It reports bounds while it searches, and stops by itself only at a proof (to a billionth of the longest leg, where
    distances are not whole).
    """

    exact: ClassVar[bool] = True

    def solve(self, problem: Any, instance: RoutingInstance, search: Search[Routes]) -> Routes | None:
        """Solve a batch of one.

        Raises
        ------
        CapabilityError
            The instance is too large.
        SolverError
            No solution is feasible.
        """
        customers = int(instance.customers[0])
        if customers > MOST:
            raise CapabilityError(
                "the exact solver is for small instances",
                where="exact",
                got=f"{customers} customers",
                expected=f"at most {MOST}",
                hint="use ortools, pyvrp or sisr",
            )
        model = Model(instance)
        watch = _Watch(problem, instance, model, search)
        watch.offer(_first(instance))
        while search.left > SHARE * search.budget.cpu:
            if _run(model, watch, search):
                break
        return watch.best


def _first(instance: RoutingInstance) -> Routes:
    """A quick solution to begin with, by ruin and recreate."""
    from headway.domains.routing.classical.polish import improve
    from headway.domains.routing.classical.task import task_of

    tour, _ = improve(task_of(instance), np.zeros(0, np.int64), FIRST, HEAT)
    return Routes(tour[None])


def _run(model: Model, watch: _Watch, search: Search[Routes]) -> bool:
    """One search; whether it has proven its end. CP-SAT's clock is wall time, so there may be time for another."""
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = search.left
    solver.parameters.num_workers = search.budget.threads
    # The full relaxation proves in a third of the time, but pays only where every customer must be visited.
    solver.parameters.linearization_level = 1 if model.task.optional or len(model.task.home) > 1 else 2
    solver.parameters.random_seed = search.seed % 2**31
    solver.best_bound_callback = watch.bounded
    if watch.best is not None:
        model.hint(watch.best)
    watch.begin()
    status = solver.solve(model.cp, watch)
    if status == cp_model.INFEASIBLE and watch.best is None:
        raise SolverError("no solution keeps all rules", where="exact", got="infeasible, proven")
    if status not in (cp_model.OPTIMAL, cp_model.INFEASIBLE):
        return False
    if status == cp_model.OPTIMAL:
        watch.bounded(solver.best_objective_bound)
    if watch.refused is not None:
        model.forbid(watch.refused)
        return False
    return True


class _Watch(cp_model.CpSolverSolutionCallback):  # type: ignore[misc]
    """Hands on solutions and bounds as they come; one that fails the scorer, by rounding, is kept apart."""

    def __init__(self, problem: Any, instance: RoutingInstance, model: Model, search: Search[Routes]) -> None:
        super().__init__()
        self.problem, self.instance, self.model, self.search = problem, instance, model, search
        self.best: Routes | None = None
        self.refused: Routes | None = None
        self._cost, self._bound = float("inf"), -float("inf")

    def begin(self) -> None:
        """Before a search: nothing is refused yet."""
        self.refused = None

    def on_solution_callback(self) -> None:
        self.offer(self.model.routes(lambda literal: bool(self.boolean_value(literal))))

    def offer(self, routes: Routes) -> None:
        """Keep and report what is feasible and better."""
        score = self.problem.evaluate(self.instance, routes)
        if not score.feasible.all():
            self.refused = routes
            return
        self.refused = None
        if score.objective[0] < self._cost:
            self.best, self._cost = routes, float(score.objective[0])
            self.search.incumbent(routes)

    def bounded(self, value: float) -> None:
        bound = self.model.bound(value)
        if bound > self._bound:
            self._bound = bound
            self.search.bound(bound)
