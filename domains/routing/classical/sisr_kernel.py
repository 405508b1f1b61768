"""Slack induction by string removals (SISR), iteration by iteration (numba).

Christiaens and Vanden Berghe (2020), "Slack Induction by String Removals for Vehicle Routing Problems", Transportation
Science 54(2): strings near one another are removed, customers inserted greedily with blinks, and the result is taken or
not as in simulated annealing. Who must be visited and is not counts like a prize lost, one that grows with every
iteration, in place of the paper's sum of absences.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from headway.domains.routing.classical.sisr_insert import recreate
from headway.domains.routing.classical.sisr_knobs import Knobs
from headway.domains.routing.classical.sisr_moves import dropped
from headway.domains.routing.classical.sisr_refill import undo
from headway.domains.routing.classical.sisr_ruin import pool, ruin
from headway.domains.routing.classical.sisr_schedule import sound
from headway.domains.routing.classical.sisr_state import ACTIVE, POOL, TOUCHED, State, draw
from headway.domains.routing.classical.task import Ints

EPS = 1e-9
GROWTH = 0.02  # of what a customer counts at first who is not visited and must be, with each iteration
LENIENT = 0.1  # share of iterations in which prizes look larger


@njit(cache=True, error_model="numpy")
def anneal(s: State, knobs: Knobs, iterations: int, hot: float, cold: float) -> float:
    """So many iterations, from temperature ``hot`` to ``cold``; the best cost so far (inf: none is feasible yet)."""
    heat, fall, run = hot, (cold / hot) ** (1.0 / max(iterations, 1)), s.run[0]
    for _ in range(iterations):
        run.step += 1
        run.touched = run.logged = run.pooled = 0
        change = ruin(s, chosen(s, knobs), knobs.average, knobs.longest)
        sort(s, knobs)
        patience = 1.0 / (0.1 + draw(s)) if run.optional and draw(s) < LENIENT else 1.0
        change += recreate(s, knobs.blinks, patience)
        taken = change < 0.0 or change < -heat * np.log(draw(s) + 1e-300)
        if taken and all_sound(s):
            run.current += change
            run.taken += 1
            if change < -EPS:
                credit(s)
            if run.missing == 0 and run.current < run.best - EPS:
                keep(s)
        else:
            undo(s)
        for k in range(run.touched):
            if s.tour[s.lists[TOUCHED, k]].size == 0:
                dropped(s, s.lists[TOUCHED, k])
        if run.missing:
            press(s)
        heat *= fall
    return run.best


@njit(cache=True, error_model="numpy")
def chosen(s: State, knobs: Knobs) -> int:
    """The customer to ruin around; where some are missing, they are to be inserted, and every other time it is one."""
    run = s.run[0]
    if run.missing:
        for v in range(1, run.customers + 1):
            if s.stop[v].route == 0 and s.site[v].must:
                pool(s, np.uint32(v))
        if draw(s) < 0.5:
            return s.lists[POOL, int(draw(s) * run.pooled)]
    return knobs.seeds[int(draw(s) * len(knobs.seeds))]


@njit(cache=True, error_model="numpy")
def all_sound(s: State) -> bool:
    """Whether the routes touched keep every rule."""
    if not s.run[0].rich and s.run[0].limit == np.inf:
        return True
    for k in range(s.run[0].touched):  # noqa: SIM110 (compiled)
        if not sound(s, s.lists[TOUCHED, k]):
            return False
    return True


@njit(cache=True, error_model="numpy")
def press(s: State) -> None:
    """Customers that are missing count more."""
    run = s.run[0]
    for v in range(1, run.customers + 1):
        if s.stop[v].route == 0 and s.site[v].must:
            more = GROWTH * s.distance[0].max()
            s.site[v].loss += more
            run.current += more


@njit(cache=True, error_model="numpy")
def sort(s: State, knobs: Knobs) -> None:
    """Put the pool into a random order, or into one of those of the keys."""
    pooled, number = s.lists[POOL], s.run[0].pooled
    for k in range(number - 1, 0, -1):
        other = int(draw(s) * (k + 1))
        pooled[k], pooled[other] = pooled[other], pooled[k]
    number_drawn, order = draw(s), 0
    while number_drawn >= knobs.orders[order]:
        order += 1
    if order == 0:
        return
    key = knobs.keys[order]
    for k in range(1, number):
        v, at = pooled[k], k
        while at and key[pooled[at - 1]] > key[v]:
            pooled[at] = pooled[at - 1]
            at -= 1
        pooled[at] = v


@njit(cache=True, error_model="numpy")
def credit(s: State) -> None:
    """Customers whose new places make the solution better are remembered."""
    for k in range(s.run[0].pooled):
        s.site[s.lists[POOL, k]].credit += 1.0


@njit(cache=True, error_model="numpy")
def keep(s: State) -> None:
    """Store the current solution as the best one."""
    run = s.run[0]
    run.best = run.current
    run.better += 1
    run.length = written(s, s.best)


@njit(cache=True, error_model="numpy")
def written(s: State, tour: Ints) -> int:
    """Write the current giant tour into an array [n + R]; its length."""
    run, at = s.run[0], 0
    for k in range(run.active):
        one = s.tour[s.lists[ACTIVE, k]]
        if one.size:
            tour[at] = -(np.int64(one.base) - run.customers) if one.base else 0
            v = one.first
            while v:
                at += 1
                tour[at] = v
                v = s.stop[v].following
            at += 1
    return at
