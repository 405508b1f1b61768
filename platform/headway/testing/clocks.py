"""When things happen: what a backtest prints and cuts by."""

from __future__ import annotations

from headway.testing.case import ProblemCase
from headway.testing.causality import cut_periods
from headway.testing.check import on_problem, require
from headway.testing.same import require_same


@on_problem(when=lambda case: case.problem.timeline)
def check_clocks_are_prefixes(case: ProblemCase) -> None:
    """A clock does not fall, and that of a view is the beginning of the whole one."""
    clock = case.problem.clock(case.instance[0])
    require(bool((clock[1:] >= clock[:-1]).all()), "a clock falls", where="Problem.clock", got=clock[:8])
    for period in cut_periods(case):
        known = case.problem.clock(case.problem.view(case.instance[0], period))
        require(len(known) <= len(clock), "a view's clock is longer than the whole", where=f"period {period}")
        require_same(known, clock[: len(known)], "a view's clock tells of another time", where=f"period {period}")
