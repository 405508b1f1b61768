"""PyVRP: the iterated local search of the PyVRP package."""

from __future__ import annotations

from typing import Any

import pyvrp
from pyvrp.IteratedLocalSearch import IteratedLocalSearchCallbacks, IteratedLocalSearchParams

from headway.components import component
from headway.domains.routing.classical.pyvrp_model import Model
from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.family.solution import Routes
from headway.solver import Search, Solver

SHARE = 0.01  # of the budget: the search ends that much early, so that its answer still counts


@component
class PyVRP(Solver[RoutingInstance, Routes]):
    """PyVRP with its own parameters, until the budget ends (Wouda, Lan and Kool, INFORMS J. Comput. 2024).

    Knows every rule of the family, but not all of them together (see `pyvrp_model.Model`).
    """

    def solve(self, problem: Any, instance: RoutingInstance, search: Search[Routes]) -> Routes | None:
        return self.resume(instance, search, None)

    def resume(self, instance: RoutingInstance, search: Search[Routes], start: Routes | None) -> Routes | None:
        """`solve`, from feasible routes where there are some.

        Raises
        ------
        CapabilityError
            The instance has rules together that PyVRP does not know.
        """
        reserve, model = SHARE * search.budget.cpu, Model(instance)
        seed = int(search.rng.integers(2**31))
        parameters = pyvrp.SolveParams(ils=IteratedLocalSearchParams(callbacks=Reporter(search, model)))
        result = pyvrp.solve(
            model.data,
            lambda best: search.left <= reserve,
            seed=seed,
            collect_stats=False,
            params=parameters,
            initial_solution=None if start is None else model.solution(start),
        )
        return model.routes(result.best) if model.allows(result.best) else start


class Reporter(IteratedLocalSearchCallbacks):
    """Reports each improved feasible solution."""

    def __init__(self, search: Search[Routes], model: Model) -> None:
        self.search, self.model = search, model

    def on_start(self, ils: Any) -> None:
        self.on_best(ils.initial_solution)

    def on_best(self, best: Any) -> None:
        if self.model.allows(best):
            self.search.incumbent(self.model.routes(best))
