"""Contestants: solvers of frozen snapshots, whose plans are carried out as soon as they are complete."""

from __future__ import annotations

import dataclasses
from functools import cached_property
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component
from headway.domains.vm_rescheduling.cluster.instance import Snapshot
from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.live.instance import LiveSnapshot
from headway.domains.vm_rescheduling.live.state import LiveState
from headway.domains.vm_rescheduling.rescheduling.decisions import replayed
from headway.policy import Planner
from headway.solver import Budget, Search, answer


@component
class Planned(Planner[LiveSnapshot]):
    """Any solver of `rescheduling`, asked once for a plan of the snapshot, which is then carried out without a pause.

    Its first decision takes as long as the solver thinks, so that all migrations come after that.

    Attributes
    ----------
    inner : name of a solver of `rescheduling`
    options : its options
    seconds : CPU-seconds it may think
    seed : of its random numbers
    wait : seconds that the plan then lies there: a slower solver, without waiting for it
    """

    environment: ClassVar[str | None] = "migrate"

    inner: str = "greedy"
    options: dict[str, Any] = dataclasses.field(default_factory=dict)
    seconds: Annotated[float, Field(gt=0)] = 5.0
    seed: Annotated[int, Field(ge=0)] = 0
    wait: Annotated[float, Field(ge=0)] = 0.0

    def plan(self, problem: Any, view: LiveSnapshot, state: LiveState) -> NDArray[np.float64]:
        turn, placing = int(state.turn[0]), int(state.chosen[0] >= 0)
        actions = self._actions(problem, view)
        number = 2 * turn + placing
        action = actions[number] if number < len(actions) else 0
        return np.array([max(action, 0), self.wait if number == 0 else 0.0])

    def solve(self, problem: Any, snapshot: Snapshot) -> Plan:
        """The last plan that the solver finds."""
        solver = problem.frozen.contestant(self.inner, self.options, where="planned.inner", **self._handed)
        found = answer(solver, problem.frozen, snapshot, Search(Budget(cpu=self.seconds), self.seed))
        return Plan.of([]) if found is None else found

    @property
    def _handed(self) -> dict[str, Any]:
        """What the solver is handed."""
        return {}

    def _actions(self, problem: Any, view: LiveSnapshot) -> list[int]:
        """The plan as actions of `migrate`: worked out once, and kept for the decisions that follow."""
        snapshot = view.snapshot
        parts = [array.tobytes() for array in snapshot.arrays().values() if array.dtype.kind != "U"]
        key = hash((*problem.fragments.items(), *parts))
        if key not in self._kept:
            self._kept[key] = replayed(snapshot, self.solve(problem, snapshot))[0].tolist()
        return self._kept[key]

    @cached_property
    def _kept(self) -> dict[int, list[int]]:
        return {}
