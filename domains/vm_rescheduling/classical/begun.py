"""How searches over fragments begin."""

from __future__ import annotations

from typing import Any

from headway.domains.vm_rescheduling.classical.setting import Found, Setting
from headway.domains.vm_rescheduling.cluster.instance import Snapshot
from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.exact.answers import Answers
from headway.errors import CapabilityError
from headway.solver import Search


def begun(problem: Any, instance: Snapshot, search: Search[Plan]) -> Answers:
    """Greedy's answers, with and without shape, reported as later ones will be.

    Raises
    ------
    CapabilityError
        The problem's objective is not ``fragments``.
    """
    if problem.objective != "fragments":
        raise CapabilityError(
            "this search has one objective", got=problem.objective, expected="fragments", hint="use greedy or exact"
        )
    setting = Setting.of(problem, instance)

    def found(answer: Found) -> None:
        search.incumbent(setting.plan(answer.moves))

    answers = Answers(setting, lambda: search.left, found=found)
    answers.begin()
    return answers
