"""SISR as a solver, and as what makes a given solution better."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from pydantic import Field

from headway.components import component
from headway.domains.routing.classical.polish import begun, descended, polish, warmth
from headway.domains.routing.classical.sisr_kernel import anneal
from headway.domains.routing.classical.sisr_knobs import Knobs, knobs_of, mean_distance
from headway.domains.routing.classical.sisr_state import State, best_of
from headway.domains.routing.classical.start import started
from headway.domains.routing.classical.task import Task, task_of, visits_of
from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.family.solution import Routes
from headway.solver import Search, Solver

Positive = Annotated[float, Field(gt=0)]

SHARE = 0.01  # of the budget between two looks at the clock; incumbents are reported then
SHORTEST = 2e-3  # seconds, where that is less
FIRST = 100  # iterations before the first look


@component
class SISR(Solver[RoutingInstance, Routes]):
    """Slack induction by string removals until the budget ends (Christiaens and Vanden Berghe 2020); see `sisr_kernel`.

    Every switch of the family is honoured. The temperature falls with the CPU-seconds spent, from ``hot`` to ``cold``
    times the mean distance of two nodes.

    Attributes
    ----------
    removals : customers removed in an iteration, about
    longest : string
    blinks : probability that a place is overlooked
    hot, cold : temperatures
    start : the contestant whose solution is improved; None: nobody is visited at first
    """

    removals: Positive = 10.0
    longest: Annotated[int, Field(ge=1)] = 10
    blinks: Annotated[float, Field(ge=0, lt=1)] = 0.01
    hot: Positive = 0.2
    cold: Positive = 0.002
    start: str | None = None

    def solve(self, problem: Any, instance: RoutingInstance, search: Search[Routes]) -> Routes | None:
        first = None if self.start is None else started(self.start, problem, instance, search)
        task = task_of(instance)
        knobs = knobs_of(task)._replace(average=self.removals, longest=float(self.longest), blinks=self.blinks)
        state = begun(task, None if first is None else visits_of(first), int(search.rng.integers(2**62)))
        scale = mean_distance(task)
        Run(state, search, (self.hot * scale, self.cold * scale)).until(1.0, knobs)
        return routes_of(state)


class Run:
    """A search under way: anneals for shares of the budget, and reports what is better."""

    def __init__(self, state: State, search: Search[Routes], heat: tuple[float, float], begun: float = 0.0) -> None:
        self.state, self.search, self.heat = state, search, heat
        self.begun = min(begun, 1.0 - SHARE)  # share of the budget that was spent before the heat begins to fall
        self.iterations = 0
        self._known = float(state.run["best"][0])
        self._pace = 0.0  # seconds per iteration

    @property
    def share(self) -> float:
        """Of the budget spent."""
        return self.search.spent / self.search.budget.cpu

    def until(self, share: float, knobs: Knobs, factor: float = 1.0) -> None:
        """Anneal until so much of the budget is spent, so many times as hot as the schedule has it."""
        budget, (hot, cold) = self.search.budget.cpu, self.heat
        slice_ = max(SHARE * budget, SHORTEST)
        now = self.share
        while not self._pace or now < share - SHARE / 2:  # whatever the clock says, there is a first answer
            left = (share - now) * budget
            steps = max(1, int(min(slice_, left) / self._pace)) if self._pace else FIRST
            then = min(share, now + steps * self._pace / budget)
            fallen = ((at - self.begun) / (1.0 - self.begun) for at in (now, then))
            heat = [factor * hot * (cold / hot) ** min(max(at, 0.0), 1.0) for at in fallen]
            self._reported(anneal(self.state, knobs, steps, *heat))
            self.iterations += steps
            before, now = now, self.share
            self._pace = max((now - before) * budget / steps, 1e-9)

    def _reported(self, best: float) -> None:
        if best < self._known:
            self._known = best
            self.search.incumbent(routes_of(self.state))  # type: ignore[arg-type]  # it is finite


def polished(task: Task, routes: Routes, search: Search[Routes], iterations: int | None) -> Routes:
    """Routes made better by local search and SISR, for so many iterations or (None) until the budget ends.

    How hot it is at first follows from the iterations that are left (`polish.warmth`): from their pace, measured.
    """
    if iterations is not None:
        return Routes(polish(task, visits_of(routes), iterations, seed=search.seed)[0][None])
    state = begun(task, visits_of(routes), search.seed)
    descended(state)
    knobs, scale, before = knobs_of(task), mean_distance(task), search.spent
    anneal(state, knobs, FIRST, *(heat * scale for heat in warmth(FIRST / task.customers)))
    search.incumbent(Routes(best_of(state)[None]))
    spent = search.spent
    left = FIRST * max(search.budget.cpu - spent, 0.0) / max(spent - before, 1e-9)
    hot, cold = warmth(left / task.customers)
    Run(state, search, (hot * scale, cold * scale), spent / search.budget.cpu).until(1.0, knobs)
    return Routes(best_of(state)[None])


def routes_of(state: State) -> Routes | None:
    """The best solution; None where none was feasible."""
    if not np.isfinite(state.run["best"][0]):
        return None
    return Routes(best_of(state)[None])
