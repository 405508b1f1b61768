"""OR-Tools' routing library: first-solution heuristics and guided local search."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from headway.components import component
from headway.domains.routing.classical.ortools_knobs import FirstSolution, Metaheuristic, ORToolsKnobs
from headway.domains.routing.classical.ortools_model import SHARE, Model, Numbers, enough, trimmed
from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.family.solution import Routes
from headway.solver import Search, Solver

FREE: FirstSolution = "GLOBAL_CHEAPEST_ARC"
ROBUST: FirstSolution = "PARALLEL_CHEAPEST_INSERTION"
PATIENCE = 4.0  # wall seconds per CPU-second that the first solution may take, on a busy machine


@component
class ORTools(ORToolsKnobs, Solver[RoutingInstance, Routes]):
    """OR-Tools routing: a first solution, then local search until the budget ends. Knows every rule of the family.

    The library's clock is wall time. Where other work kept it from its CPU-seconds, the search is resumed
    from its best solution (a search limit in Python would cost two fifths of its speed).

    Attributes
    ----------
    spare : vehicles beyond those that the first solution uses (where only deliveries bind: that first-fit
        decreasing needs), as a share of them
    """

    spare: Annotated[float, Field(ge=0)] = 0.5

    def solve(self, problem: Any, instance: RoutingInstance, search: Search[Routes]) -> Routes | None:
        return self.resume(instance, search, None)

    def resume(self, instance: RoutingInstance, search: Search[Routes], start: Routes | None) -> Routes | None:
        """`solve`, from feasible routes where there are some."""
        reserve = SHARE * search.budget.cpu
        model = self._begun(instance, search, start)
        while self.metaheuristic != "none" and search.left > reserve:
            known = model.best
            found = model.solve(self._parameters(ROBUST, search.left - reserve))
            if self.metaheuristic == "descent" and found is known:
                break
        return model.best

    def _begun(self, instance: RoutingInstance, search: Search[Routes], start: Routes | None) -> Model:
        """A model with routes, if any are found, and few vehicles beyond theirs: each one more slows it down."""
        numbers, model = Numbers.of(instance), None
        vehicles = enough(numbers, self.spare)
        usual = ROBUST if numbers.fine.timed or numbers.task.pairs else FREE
        for strategy in dict.fromkeys((self.first_solution or usual, ROBUST)):
            if start is None:
                parameters = self._parameters(strategy, PATIENCE * search.left, solutions=1)
                model = Model(numbers, vehicles, parameters, search)
                start = model.solve(parameters)
        fewer = vehicles if start is None else trimmed(numbers, start, self.spare)
        if model is not None and (self.metaheuristic == "none" or sum(fewer) >= sum(vehicles)):
            return model
        return Model(numbers, fewer, self._parameters(ROBUST, search.left), search, start)

    def _parameters(self, strategy: FirstSolution, seconds: float, solutions: int | None = None) -> Any:
        parameters = self.parameters(strategy)
        # A strategy that runs out of vehicles goes back and forth without end, so it needs a limit too. The limit on
        # large neighbourhoods also binds the first solution, where its 0.1 s are too few for 300 customers.
        large = seconds if solutions is not None or self.lns_seconds is None else min(seconds, self.lns_seconds)
        for limit, allowed in ((parameters.time_limit, seconds), (parameters.lns_time_limit, large)):
            limit.FromMilliseconds(max(1, round(1000 * allowed)))
        if solutions is not None:
            parameters.solution_limit = solutions
        return parameters


@component
class ORToolsFirst(ORTools):
    """OR-Tools' first solution alone: what its quickest use gives."""

    first_solution: FirstSolution | None = "PATH_CHEAPEST_ARC"
    metaheuristic: Metaheuristic = "none"
