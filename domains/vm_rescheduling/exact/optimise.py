"""The aggregated exact method as a function: for hybrids that propose machines, and for large neighbourhoods."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.classical.setting import Found, Setting
from headway.domains.vm_rescheduling.cluster.fragments import Fragment
from headway.domains.vm_rescheduling.cluster.instance import Snapshot
from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.exact.race import Race
from headway.domains.vm_rescheduling.exact.turns import RACE, Engine


class Result(NamedTuple):
    """A plan, its objective, what no plan can be below, and whether these are one (to 1e-6)."""

    plan: Plan
    objective: float
    bound: float
    proven: bool


def optimise(
    snapshot: Snapshot,
    terms: Sequence[Fragment],
    *,
    seconds: float,
    machines: NDArray[np.bool_] | None = None,
    hint: Found | None = None,
    objective: str = "fragments",
    goal: float = 0.0,
    engines: Sequence[Engine] = RACE,
    clock: Callable[[], float] = time.process_time,
) -> Result:
    """Optimise one snapshot (a batch of one) for so many CPU-seconds; never worse than greedy.

    Parameters
    ----------
    terms : kinds of fragments (`problem.terms`)
    machines : bool [P], those that migrations may touch, all by default. Objective and limit are the whole cluster's;
        the bound then holds for plans that touch these machines only
    hint : migrations of `Setting.made` that are feasible in this order
    engines : in the order of their turns
    clock : CPU-seconds
    """
    setting = Setting.made(snapshot, terms, objective, goal)
    began = clock()
    race = Race(setting, lambda: seconds - (clock() - began), machines=machines, engines=engines)
    best = race.run(hint)
    return Result(setting.plan(best.moves), best.objective, race.bound, race.proven)
