"""SISR as a solver, and as what makes a given solution better."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from headway.components import component
from headway.domains.routing.classical.polish import begun
from headway.domains.routing.classical.sisr_kernel import anneal
from headway.domains.routing.classical.sisr_knobs import Knobs, knobs_of, mean_distance
from headway.domains.routing.classical.sisr_state import State, best_of
from headway.domains.routing.classical.start import started
from headway.domains.routing.classical.task import task_of, visits_of
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
        search_on(state, knobs, (self.hot * scale, self.cold * scale), search)
        return routes_of(state)


def search_on(
    state: State, knobs: Knobs, heat: tuple[float, float], search: Search[Routes], until: float = 1.0,
    steer: Callable[[State, Knobs, float], Knobs] | None = None,
) -> None:  # fmt: skip
    """Anneal until this share of the budget is spent, reporting what is better.

    ``steer`` may choose the knobs anew at each look at the clock, from the state and the share spent.
    """
    hot, cold = heat
    budget = search.budget.cpu
    slice_, known = max(SHARE * budget, SHORTEST), float(state.run["best"][0])
    began, steps = search.spent, FIRST
    share = now = began / budget
    pace = 0.0
    while pace == 0.0 or now < until - SHARE / 2:  # whatever the clock says, there is a first solution
        then = min(until, now + steps * pace / budget)
        best = anneal(state, knobs, steps, hot * (cold / hot) ** now, hot * (cold / hot) ** then)
        if best < known:
            known = best
            search.incumbent(routes_of(state))
        share, now = now, search.spent / budget
        pace = (now - share) * budget / steps
        steps = max(1, int(min(slice_, search.left) / max(pace, 1e-9)))
        if steer is not None:
            knobs = steer(state, knobs, now)


def routes_of(state: State) -> Routes | None:
    """The best solution; None where none was feasible."""
    if not np.isfinite(state.run["best"][0]):
        return None
    return Routes(best_of(state)[None])
