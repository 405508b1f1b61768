"""Exact references by dynamic programming over the joint ages of all machines.

A value function of m machines is an array with one axis per machine, indexed by age. What chance
does to one machine is a linear map along its axis, so no table of joint states is ever built.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.errors import NumericalError
from headway_maintenance.instance import FAILURE, NOTHING, REPAIR, REPLACE, SEVERITY, FleetInstance, Plan

Values = NDArray[np.float64]


class Choice(NamedTuple):
    """Least cost-to-go and how to reach it, per joint age: which machine (-1: none) and which work."""

    value: Values
    machine: NDArray[np.int64]
    work: NDArray[np.int64]


class Stationary(NamedTuple):
    """The optimal stationary policy and its gain: the least long-run mean cost per period."""

    gain: float
    choice: Choice


def best_work(problem: Any, after: Values, price: float = 1.0) -> Choice:
    """The best work given the cost-to-go ``after`` work, the costs of work weighted by ``price``."""
    ages = np.arange(problem.cap + 1)
    value, machine, work = after, np.full(after.shape, -1), np.full(after.shape, NOTHING)
    for m in range(after.ndim):
        for kind, cost, becomes in ((REPAIR, problem.repair, ages // 2), (REPLACE, problem.replace, 0 * ages)):
            option = price * cost + after.take(becomes, axis=m)
            better = option < value
            value = np.where(better, option, value)
            machine, work = np.where(better, m, machine), np.where(better, kind, work)
    return Choice(value, machine, work)


@cache
def stationary(problem: Any, machines: int) -> Stationary:
    """Relative value iteration (Puterman 1994, section 8.5.5) to a span below 1e-10."""
    ages, hazard = np.arange(problem.cap + 1), problem.hazard
    moves = np.zeros((problem.cap + 1, problem.cap + 1))
    moves[ages, np.minimum(ages + 1, problem.cap)] = 1 - hazard
    moves[:, 0] += hazard
    value = np.zeros((problem.cap + 1,) * machines)
    failing = along_axes([hazard * problem.failure * (1 + problem.severe)] * machines)
    for _ in range(10_000):
        after = value
        for m in range(machines):
            after = np.moveaxis(np.tensordot(moves, after, (1, m)), 0, m)
        choice = best_work(problem, failing + after)
        change = choice.value - value
        value = choice.value - choice.value.flat[0]
        if np.ptp(change) < 1e-10:
            return Stationary(float(change.mean()), choice)
    raise NumericalError("value iteration does not converge", where="maintenance/fleet", got=np.ptp(change))


def clairvoyant(problem: Any, instance: FleetInstance, row: int) -> tuple[float, Plan]:
    """The least mean cost of one row when all luck is known: a bound on what any crew can reach."""
    machines, periods = np.flatnonzero(instance.present[row]), int(instance.periods[row])
    ages, warmup = np.arange(problem.cap + 1), problem.criterion.warmup
    choices: list[Choice] = []
    value = np.zeros((problem.cap + 1,) * len(machines))
    for t in reversed(range(periods)):
        uniform = instance.uniform[row, t, machines]
        fails = uniform[:, FAILURE, None] < problem.hazard
        cost = fails * problem.failure * (1.0 + (uniform[:, SEVERITY, None] < problem.severe))
        for m in range(len(machines)):
            value = value.take(np.where(fails[m], 0, np.minimum(ages + 1, problem.cap)), axis=m)
        counts = float(t >= warmup)
        choices.append(best_work(problem, value + counts * along_axes(list(cost)), counts))
        value = choices[-1].value
    start = tuple(np.minimum(instance.age[row, machines], problem.cap))
    return float(value[start]) / (periods - warmup), _follow(problem, instance, row, choices[::-1])


def _follow(problem: Any, instance: FleetInstance, row: int, choices: list[Choice]) -> Plan:
    """The plan that the choices lead to."""
    machines = np.flatnonzero(instance.present[row])
    plan = Plan(np.full((1, instance.uniform.shape[1]), -1), np.full((1, instance.uniform.shape[1]), NOTHING))
    age = np.minimum(instance.age[row, machines], problem.cap)
    for t, choice in enumerate(choices):
        m, work = choice.machine[tuple(age)], choice.work[tuple(age)]
        if m >= 0:
            plan.machine[0, t], plan.work[0, t] = machines[m], work
            age[m] = age[m] // 2 if work == REPAIR else 0
        fails = instance.uniform[row, t, machines, FAILURE] < problem.hazard[age]
        age = np.where(fails, 0, np.minimum(age + 1, problem.cap))
    return plan


def along_axes(vectors: list[Values]) -> Values:
    """The sum over machines of what each contributes by its age, one axis per machine."""
    total = np.zeros(tuple(len(v) for v in vectors))
    for m, vector in enumerate(vectors):
        total = total + vector.reshape(tuple(-1 if axis == m else 1 for axis in range(len(vectors))))
    return total
