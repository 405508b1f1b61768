"""Decisions of the live `migrate`, read in plain Python: what they amount to, and what may come next."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.live.instance import LiveSnapshot
from headway.domains.vm_rescheduling.live.plan import LivePlan
from headway.domains.vm_rescheduling.rescheduling import decisions as frozen


def plan_of(instance: LiveSnapshot, decisions: NDArray[np.float64], length: NDArray[np.int64]) -> LivePlan:
    """The plans of decisions [B, T, 2] (action, seconds), of which ``length`` [B] were taken in each row."""
    return LivePlan.concat([_plan(instance, row, decisions[row, :taken]) for row, taken in enumerate(length.tolist())])


def allowed(instance: LiveSnapshot, row: int, decisions: NDArray[np.float64], size: int) -> NDArray[np.bool_]:
    """bool [size], what may follow these decisions [T, 2]: nothing but stopping once the plan is complete, and before
    what `rescheduling` allows.
    """
    planning = _planning(decisions)
    if len(planning) < len(decisions) or len(planning) == 2 * instance.limit[row]:
        stop: NDArray[np.bool_] = np.arange(size) == 0
        return stop
    return frozen.allowed(instance, row, planning, size)


def _planning(decisions: NDArray[np.float64]) -> NDArray[np.int64]:
    """The actions [T] before the first stop; the second sub-step knows none."""
    actions = decisions[:, 0].astype(np.int64)
    stops = 2 * np.flatnonzero(actions[::2] == 0)
    return actions[: stops[0]] if len(stops) else actions


def _plan(instance: LiveSnapshot, row: int, decisions: NDArray[np.float64]) -> LivePlan:
    """One plan; staying where one is counts as no migration."""
    clock = np.cumsum(decisions[:, 1])
    turns = frozen.turns_of(instance, row, _planning(decisions))
    return LivePlan.stamped(Plan.of([move for _, move in turns]), [float(clock[2 * turn + 1]) for turn, _ in turns])
