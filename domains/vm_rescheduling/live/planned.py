"""Contestants: planners of frozen snapshots, whose plans are carried out when they are ready."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

from pydantic import Field

from headway.components import component
from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.live.instance import LiveSnapshot
from headway.domains.vm_rescheduling.live.plan import LivePlan
from headway.solver import Search, Solver


@component
class Planned(Solver[LiveSnapshot, LivePlan]):
    """Any solver of `rescheduling`, given the snapshot; every migration is decided when the plan is complete.

    An incumbent is stamped with the CPU-seconds that it took; the last one with those at which the solver stopped, for
    only then it is known that no better one comes.

    Attributes
    ----------
    inner : name of a solver of `rescheduling`
    options : its options
    seconds : CPU-seconds it may think, at most the budget
    wait : seconds that the plan lies there before it is carried out: a slower solver, without waiting for it
    """

    inner: str = "greedy"
    options: dict[str, Any] = dataclasses.field(default_factory=dict)
    seconds: Annotated[float, Field(gt=0)] = 5.0
    wait: Annotated[float, Field(ge=0)] = 0.0

    def solve(self, problem: Any, instance: LiveSnapshot, search: Search[LivePlan]) -> LivePlan | None:
        seen = problem.view(instance, 0).snapshot
        frozen: list[Plan] = []

        def report(plan: Plan, spent: float) -> None:
            frozen.append(plan)
            search.incumbent(LivePlan.stamped(plan, search.spent + self.wait))

        thinking: Search[Plan] = Search(
            dataclasses.replace(search.budget, cpu=min(self.seconds, search.left)),
            seed=search.seed,
            report=report,
            clock=search.clock,
        )
        last = problem.frozen.baseline(self.inner, **self.options).solve(problem.frozen, seen, thinking)
        if last is not None:
            frozen.append(last)
        return LivePlan.stamped(frozen[-1], search.spent + self.wait) if frozen else None
