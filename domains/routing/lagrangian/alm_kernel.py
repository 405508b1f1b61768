"""Iterations of the augmented Lagrangian method, for a batch (numba)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numba
import numpy as np

from headway.domains.routing.family.instance import Floats, Ints
from headway.domains.routing.lagrangian.descent_kernel import descend
from headway.domains.routing.lagrangian.moves_kernel import Task, Tours, carried, settle

if TYPE_CHECKING:
    from headway.domains.routing.lagrangian.params import Params, State

TOLERANCE = 1e-9  # of a load, in mean demands
LEAST, MOST = 1e-3, 1e3  # of rho, in mean distances per squared mean demand
SEEDS = 1_000_003  # iterations that starts with different seeds have to themselves


@numba.njit(cache=True)
def begin(p: Params, row: int, turn: int, seq: Ints, size: Ints) -> None:
    """Customers by angle, from one that ``turn`` chooses on, cut into routes of equal numbers; one stays empty."""
    n, k = p.customers[row], max(1, p.slots[row] - 1)
    first = (turn * 7919) % n  # a prime, so that successive turns begin far apart
    seq[row], size[row] = 0, 0
    for i in range(n):
        r = i * k // n
        size[row, r] += 1
        seq[row, r, size[row, r]] = p.angular[row, (first + i) % n]


@numba.njit(cache=True)
def iterate(p: Params, s: State, patience: int, factor: Floats, weight: Floats) -> None:
    """One iteration of every row, written into ``s``: multipliers and penalty, then the subproblem.

    A row that has found nothing better for ``patience`` iterations begins anew before it.
    """
    for row in range(len(p.unit)):
        if s.stale[row] >= patience:
            begin(p, row, p.seed[row] + s.iteration[row], s.seq, s.size)
            s.multiplier[row], s.rho[row], s.stale[row], s.streak[row] = 0.0, 1.0, 0, 0
        n, k, unit = p.customers[row], p.slots[row], p.unit[row]
        tours = Tours(
            s.seq[row, :k], s.size[row, :k], np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64), np.zeros((k, n + 2))
        )
        for r in range(k):
            settle(tours, p.demand[row], r)
            violation = carried(tours, r) - p.capacity[row]
            s.multiplier[row, r] = max(0.0, s.multiplier[row, r] + weight[row] * s.rho[row] * violation)
        s.rho[row] = min(max(s.rho[row] * factor[row], LEAST), MOST)
        task = Task(
            # Without padding, and in one layout, for which kernels are compiled once.
            np.ascontiguousarray(p.distance[row, : n + 1, : n + 1]),
            np.ascontiguousarray(p.near[row, :, : p.wide[row]]),
            p.demand[row, : n + 1], p.capacity[row], s.multiplier[row, :k] * unit, s.rho[row] * unit,
        )  # fmt: skip
        s.made[row] = descend(task, tours, unit, p.seed[row] * SEEDS + s.iteration[row])
        conclude(task, tours, s, row)


@numba.njit(cache=True)
def conclude(task: Task, tours: Tours, s: State, row: int) -> None:
    """See what the subproblem led to, and keep it if it is the best feasible solution."""
    s.length[row], s.excess[row], s.worst[row] = 0.0, 0.0, -np.inf
    for r in range(len(tours.size)):
        over = carried(tours, r) - task.capacity
        s.worst[row] = max(s.worst[row], over)
        s.excess[row] += max(0.0, over)
        for place in range(tours.size[r] + 1):
            s.length[row] += task.distance[tours.seq[r, place], tours.seq[r, place + 1]]
    s.iteration[row] += 1
    s.stale[row] += 1
    fits = s.excess[row] <= TOLERANCE
    s.streak[row] = max(1, s.streak[row] + 1) if fits else min(-1, s.streak[row] - 1)
    if fits and s.length[row] < s.cost[row] * (1.0 - TOLERANCE):
        s.cost[row], s.stale[row] = s.length[row], 0
        write(tours, s.best[row])


@numba.njit(cache=True)
def write(tours: Tours, out: Ints) -> Any:
    """Routes as a giant tour."""
    out[:] = 0
    at = 0
    for r in range(len(tours.size)):
        for p in range(1, tours.size[r] + 1):
            out[at] = tours.seq[r, p]
            at += 1
        at += tours.size[r] > 0
