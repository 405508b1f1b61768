"""OR-Tools and PyVRP that go on from what another contestant found, all of it within one budget."""

from __future__ import annotations

import dataclasses
from functools import cached_property
from typing import Annotated, Any, ClassVar

from pydantic import Field

from headway.components import component
from headway.domains.routing.classical.ortools import ORTools
from headway.domains.routing.classical.pyvrp import PyVRP
from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.family.solution import Routes
from headway.solver import Search, Solver, answer


@component
class Started(Solver[RoutingInstance, Routes]):
    """Another contestant's routes, then a search from there for the rest of the budget.

    Attributes
    ----------
    start : a contestant's name, or a folder with a trained policy (see `headway.contest.contestants`)
    options : of that contestant; ``policy`` among them where it is handed one
    share : of the budget, at most, for a start that goes on as long as it may; others take what they need
    """

    finish: ClassVar[Any] = None  # what goes on, by its ``resume``

    start: str = "sisr"
    options: dict[str, Any] = dataclasses.field(default_factory=dict)
    share: Annotated[float, Field(gt=0, le=1)] = 0.2

    def solve(self, problem: Any, instance: RoutingInstance, search: Search[Routes]) -> Routes | None:
        """Solve a batch of one.

        Raises
        ------
        UnknownNameError, ConfigError, DataError, CapabilityError
            There is no such start, or not with these options, or not for this instance.
        """
        routes = self._first(problem, instance, search)
        if routes is not None and problem.evaluate(instance, routes).feasible[0]:
            search.incumbent(routes)
        else:
            routes = None
        found: Routes | None = self.finish.resume(instance, search, routes)
        return found

    def _first(self, problem: Any, instance: RoutingInstance, search: Search[Routes]) -> Any:
        entered, contestant = self._entered(problem)
        if isinstance(contestant, Solver):
            budget = dataclasses.replace(search.budget, cpu=self.share * search.budget.cpu)
            return answer(contestant, problem, instance, Search(budget, search.seed, clock=search.clock))
        from headway.rollouts import rollout

        environment = problem.environment(entered.environment, **entered.environment_options)
        return rollout(environment, contestant, instance, seed=search.seed).solution

    def _entered(self, problem: Any) -> tuple[Any, Any]:
        """The start, loaded once: a solver's warm-up takes that off the clock."""
        if problem.name not in self._loaded:
            from headway.contest.contestants import resolve

            entered = resolve(self.start, problem, self.options)
            self._loaded[problem.name] = entered, entered.load(problem)
        return self._loaded[problem.name]

    @cached_property
    def _loaded(self) -> dict[str, tuple[Any, Any]]:
        return {}


@component
class StartedORTools(Started):
    """OR-Tools' guided local search from another contestant's routes."""

    finish: ClassVar[Any] = ORTools()


@component
class StartedPyVRP(Started):
    """PyVRP from another contestant's routes."""

    finish: ClassVar[Any] = PyVRP()
