"""Sweep: customers in the order of their angle around the depot, cut into routes (Gillett and Miller 1974)."""

from __future__ import annotations

import numpy as np
from numba import njit

from headway.domains.routing.classical.local_moves import keeps
from headway.domains.routing.classical.local_search import descend
from headway.domains.routing.classical.polish import WIDTH
from headway.domains.routing.classical.savings_kernel import drop_dear
from headway.domains.routing.classical.sisr_insert import alone
from headway.domains.routing.classical.sisr_kernel import keep
from headway.domains.routing.classical.sisr_moves import link, opened
from headway.domains.routing.classical.sisr_refill import total
from headway.domains.routing.classical.sisr_schedule import fits
from headway.domains.routing.classical.sisr_state import State, best_of, state_of
from headway.domains.routing.classical.task import Floats, Ints, Task
from headway.errors import CapabilityError

STARTS = 8  # angles at which the sweep begins, in both directions


def sweep(task: Task, coords: Floats) -> Ints | None:
    """The shortest of several sweeps as a giant tour [L], its routes improved one by one; None where each of them needs
    more vehicles than there are.

    Parameters
    ----------
    coords : float64 [N, 2], places

    Raises
    ------
    CapabilityError
        The task has pairs.
    """
    if task.pairs:
        raise CapabilityError("the sweep knows no pairs", where="sweep", got="pairs", hint="use savings or sisr")
    found = [one for order in orders(task, coords) if (one := swept(task, order)) is not None]
    return min(found, key=lambda one: one[1])[0] if found else None


def orders(task: Task, coords: Floats) -> list[Ints]:
    """Customers [n] by depot and angle, from several angles on and both ways round."""
    n = task.customers
    near = task.home[task.back[1 : n + 1, task.home].argmin(1)]
    away = coords[1 : n + 1] - coords[near]
    angle = np.arctan2(away[:, 1], away[:, 0])
    starts = np.linspace(-np.pi, np.pi, STARTS, endpoint=False)
    return [np.lexsort((way * (angle - start) % (2 * np.pi), near)) + 1 for start in starts for way in (1, -1)]


def swept(task: Task, order: Ints) -> tuple[Ints, float] | None:
    """The giant tour [L] that this order of customers [n] gives, and its cost."""
    state = state_of(task, 0)
    cut(state, order)
    if task.optional:
        drop_dear(state)
    if state.run["missing"][0]:
        return None
    run = state.run
    run["current"] = total(state)
    descend(state, WIDTH, True)
    keep(state)
    return best_of(state), float(run["best"][0])


@njit(cache=True, error_model="numpy")
def cut(s: State, order: Ints) -> None:
    """Each customer joins the route under way where that costs least, or else begins one if it can have a vehicle."""
    r = np.int64(0)
    for c in order:
        v = np.uint32(c)
        cost, d = alone(s, v)
        if r and s.tour[r].base == nearest(s, v) and joined(s, v, r):
            continue
        r = np.int64(0)
        if cost < np.inf:
            r = opened(s, d)
            link(s, v, r, np.uint32(0))
            keeps(s, r)


@njit(cache=True, error_model="numpy")
def joined(s: State, v: int, r: int) -> bool:
    """Insert a customer into a route at the place that costs least of those that keep its rules, if there is one."""
    best, behind, tour = np.inf, np.uint32(0), s.tour[r]
    if tour.load + s.site[v].demand > s.run[0].capacity:
        return False
    a, more = np.uint32(0), True
    while more:
        b = s.stop[a].following if a else tour.first
        leg = s.stop[b].leg if b else tour.closing
        cost = s.distance[a if a else tour.base, v] + s.distance[v, b if b else tour.base] - leg
        if cost < best and tour.length + cost <= s.run[0].limit and (not s.run[0].rich or fits(s, r, a, b, v)):
            best, behind = cost, a
        a, more = b, b != 0
    if best < np.inf:
        link(s, v, r, behind)
        keeps(s, r)
    return best < np.inf


@njit(cache=True, error_model="numpy")
def nearest(s: State, v: int) -> int:
    """The node of the depot that is nearest to a customer."""
    best = 0
    for d in range(len(s.home)):
        if s.back[v, s.home[d].base] < s.back[v, s.home[best].base]:
            best = d
    return s.home[best].base
