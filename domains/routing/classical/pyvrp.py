"""PyVRP: the iterated local search of the PyVRP package."""

from __future__ import annotations

from typing import Any

import pyvrp
from pyvrp.IteratedLocalSearch import IteratedLocalSearchCallbacks

from headway.components import component
from headway.domains.routing.classical.pyvrp_knobs import PyVRPKnobs
from headway.domains.routing.classical.pyvrp_model import Model
from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.family.solution import Routes
from headway.solver import Search, Solver

SHARE = 0.01  # of the budget: the search ends that much early, so that its answer still counts


@component
class PyVRP(PyVRPKnobs, Solver[RoutingInstance, Routes]):
    """The iterated local search of PyVRP until the budget ends (Wouda, Lan and Kool, INFORMS J. Comput. 2024).

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
        begun = None if start is None else model.solution(start)
        # A start may keep the limits, but not after rounding; then only what is better than it counts.
        known = begun is None or model.allows(begun)
        reporter = Reporter(search, model, None if known or start is None else model.numbers.total(start))
        result = pyvrp.solve(
            model.data,
            lambda best: search.left <= reserve,
            seed=int(search.rng.integers(2**31)),
            collect_stats=False,
            params=self.parameters(reporter),
            initial_solution=begun,
        )
        return model.routes(result.best) if reporter.counts(result.best) else start


class Reporter(IteratedLocalSearchCallbacks):
    """Reports each improved feasible solution, of those that cost less than ``known``."""

    def __init__(self, search: Search[Routes], model: Model, known: int | None) -> None:
        self.search, self.model, self.known = search, model, known

    def counts(self, solution: Any) -> bool:
        """Whether a solution keeps all rules and is worth telling."""
        cost = solution.distance() + solution.uncollected_prizes()
        return self.model.allows(solution) and (self.known is None or cost < self.known)

    def on_start(self, ils: Any) -> None:
        self.on_best(ils.initial_solution)

    def on_best(self, best: Any) -> None:
        if self.counts(best):
            self.search.incumbent(self.model.routes(best))
