"""Contestants: the race on the aggregated program, and the textbook program."""

from __future__ import annotations

from typing import Any, ClassVar

from headway.components import component
from headway.domains.vm_rescheduling.classical.setting import Found, Setting
from headway.domains.vm_rescheduling.cluster.instance import Snapshot
from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.exact.race import Race
from headway.domains.vm_rescheduling.exact.turns import RACE, Engine
from headway.solver import Search, Solver


@component
class Exact(Solver[Snapshot, Plan]):
    """Greedy, then CBC, HiGHS and CP-SAT in turns on counts of interchangeable VMs, until one proves the optimum.

    No engine wins everywhere, and on one thread turns cost less than running them side by side. The bound is that of
    the final state alone, without the order of the migrations and with the anti-affinity that got in the way of a
    solution, so it holds for all plans; where a plan reaches it the plan is proven optimal, and only then does it stop
    before its budget ends. Never worse than greedy.

    Attributes
    ----------
    engines : which take part, in the order of their turns
    """

    exact: ClassVar[bool] = True
    engines: tuple[Engine, ...] = RACE

    def solve(self, problem: Any, instance: Snapshot, search: Search[Plan]) -> Plan:
        setting = Setting.of(problem, instance)

        def found(answer: Found) -> None:
            search.incumbent(setting.plan(answer.moves))

        race = Race(setting, lambda: search.left, engines=self.engines, threads=search.budget.threads, found=found,
                    bounded=search.bound)  # fmt: skip
        race.run()
        return setting.plan(race.insist().moves)
