"""The scorer: replays a plan machine by machine, in plain Python."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway import Evaluation
from headway.errors import SolutionError
from headway_maintenance.instance import FAILURE, REPAIR, REPLACE, SEVERITY, FleetInstance, Plan


def evaluate(problem: Any, instance: FleetInstance, plan: Plan) -> Evaluation:
    """Mean cost per counted period; counts of failures; violations by kind.

    Raises
    ------
    SolutionError
        The plan has another number of rows or periods than the instance.
    """
    if plan.machine.shape != instance.uniform.shape[:2] or plan.work.shape != plan.machine.shape:
        raise SolutionError(
            "the plan does not fit the instance",
            where="Plan.machine, Plan.work",
            got=f"{plan.machine.shape}, {plan.work.shape}",
            expected=f"{instance.uniform.shape[:2]} rows and periods",
        )
    rows = [_replay(problem, instance, plan, row) for row in range(len(instance))]
    cost = np.stack([row[0] for row in rows])
    counted = np.arange(cost.shape[1]) >= problem.criterion.warmup
    broken = {name: np.array([float(row[2][name]) for row in rows]) for name in rows[0][2]}
    objective = cost[:, counted].sum(axis=1) / (instance.periods - problem.criterion.warmup)
    return Evaluation(objective, broken, {"failures": np.array([float(row[1]) for row in rows])}, {"cost": cost})


def _replay(
    problem: Any, instance: FleetInstance, plan: Plan, row: int
) -> tuple[NDArray[np.float64], int, dict[str, int]]:
    """Cost per period, number of failures and violations of one row."""
    machines = [int(m) for m in np.flatnonzero(instance.present[row])]
    ages = {m: min(int(instance.age[row, m]), problem.cap) for m in machines}
    cost, failures = np.zeros(plan.machine.shape[1]), 0
    broken = {"unknown machine": 0, "unknown work": 0, "work after the end": 0}
    for t in range(plan.machine.shape[1]):
        machine, work = int(plan.machine[row, t]), int(plan.work[row, t])
        idle = machine == -1 and work == 0
        if t >= instance.periods[row]:
            broken["work after the end"] += not idle
            continue
        broken["unknown machine"] += not idle and machine not in ages
        broken["unknown work"] += not idle and work not in (REPAIR, REPLACE)
        if machine in ages and work in (REPAIR, REPLACE):
            ages[machine] = 0 if work == REPLACE else ages[machine] // 2
            cost[t] += problem.replace if work == REPLACE else problem.repair
        for m in machines:
            if instance.uniform[row, t, m, FAILURE] < problem.hazard[ages[m]]:
                cost[t] += problem.failure * (2 if instance.uniform[row, t, m, SEVERITY] < problem.severe else 1)
                ages[m], failures = 0, failures + 1
            else:
                ages[m] = min(ages[m] + 1, problem.cap)
    return cost, failures, broken
