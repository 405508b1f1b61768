"""How customers join and leave routes, and how an iteration is taken back (numba)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from headway.domains.routing.classical.sisr_schedule import refresh
from headway.domains.routing.classical.sisr_state import ACTIVE, FREE, LOG, POOL, TOUCHED, State


@njit(cache=True, error_model="numpy", forceinline=True)
def opened(s: State, d: int) -> int:
    """A new, empty route from depot ``d``."""
    run = s.run[0]
    run.free -= 1
    r = s.lists[FREE, run.free]
    tour = s.tour[r]
    s.lists[ACTIVE, run.active] = r
    tour.slot = run.active
    run.active += 1
    s.home[d].used += 1
    tour.base = s.home[d].base
    tour.first = tour.last = tour.size = 0
    tour.load, tour.length, tour.closing = 0, 0.0, 0.0
    return r


@njit(cache=True, error_model="numpy", forceinline=True)
def dropped(s: State, r: int) -> None:
    """Take an empty route out of use."""
    run, tour = s.run[0], s.tour[r]
    run.active -= 1
    other = s.lists[ACTIVE, run.active]
    s.lists[ACTIVE, tour.slot] = other
    s.tour[other].slot = tour.slot
    s.lists[FREE, run.free] = r
    run.free += 1
    s.home[depot(s, tour.base)].used -= 1


@njit(cache=True, forceinline=True)
def depot(s: State, base: int) -> int:
    """Which depot stands at a node."""
    return base - s.run[0].customers if base else 0


@njit(cache=True, error_model="numpy", forceinline=True)
def unlink(s: State, v: int) -> float:
    """Take a customer out of its route; the change of cost. The schedule is left as it was."""
    run, site, stop = s.run[0], s.site[v], s.stop[v]
    tour = s.tour[stop.route]
    a, b = stop.preceding, stop.following
    leg = s.distance[a if a else tour.base, b if b else tour.base]
    if a:
        s.stop[a].following = b
    else:
        tour.first = b
    if b:
        after = s.stop[b]
        change = leg - stop.leg - after.leg
        after.preceding, after.leg = a, leg
    else:
        change = leg - stop.leg - tour.closing
        tour.last, tour.closing = a, leg
    tour.size -= 1
    tour.load -= site.demand
    tour.length += change
    stop.route = 0
    run.absent += 1
    run.missing += site.must
    return change + site.loss


@njit(cache=True, error_model="numpy", forceinline=True)
def link(s: State, v: int, r: int, a: int) -> float:
    """Put a customer into a route after customer ``a`` (0: in front); the change of cost. The schedule is left."""
    run, site, stop, tour = s.run[0], s.site[v], s.stop[v], s.tour[r]
    b = s.stop[a].following if a else tour.first
    before, leg = s.distance[a if a else tour.base, v], s.distance[v, b if b else tour.base]
    if a:
        s.stop[a].following = v
    else:
        tour.first = v
    if b:
        after = s.stop[b]
        change = before + leg - after.leg
        after.preceding, after.leg = v, leg
    else:
        change = before + leg - tour.closing
        tour.last, tour.closing = v, leg
    stop.preceding, stop.following, stop.route, stop.leg = a, b, r, before
    tour.size += 1
    tour.load += site.demand
    tour.length += change
    run.absent -= 1
    run.missing -= site.must
    return change - site.loss


@njit(cache=True, error_model="numpy", forceinline=True)
def touch(s: State, r: int) -> None:
    """Remember a route as it is before its first change in this iteration: its size and its customers."""
    run, tour, log = s.run[0], s.tour[r], s.lists[LOG]
    if tour.mark == run.step:
        return
    tour.mark = run.step
    s.lists[TOUCHED, run.touched] = r
    run.touched += 1
    at = run.logged
    log[at] = tour.size
    v = tour.first
    while v:
        at += 1
        log[at] = v
        v = s.stop[v].following
    run.logged = at + 1


@njit(cache=True, error_model="numpy", forceinline=True)
def undo(s: State) -> None:
    """Take this iteration back: who was in the pool leaves, touched routes are filled as they were."""
    run, log = s.run[0], s.lists[LOG]
    for k in range(run.pooled):
        v = s.lists[POOL, k]
        left_out(s, v)
        if run.pairs and s.site[v].mate:
            left_out(s, s.site[v].mate)
    at = 0
    for k in range(run.touched):
        size = log[at]
        refill(s, s.lists[TOUCHED, k], log[at + 1 : at + 1 + size])
        at += size + 1


@njit(cache=True, error_model="numpy", forceinline=True)
def left_out(s: State, v: int) -> None:
    """Nobody visits a customer, whatever links there are."""
    if s.stop[v].route:
        s.stop[v].route = 0
        s.run[0].absent += 1
        s.run[0].missing += s.site[v].must


@njit(cache=True, error_model="numpy", forceinline=True)
def refill(s: State, r: int, customers: NDArray[Any]) -> None:
    """Make a route visit these customers, whatever it was before; they are in no other route."""
    run, tour = s.run[0], s.tour[r]
    load, length, a = 0, 0.0, np.uint32(0)
    tour.first = 0
    for k in range(len(customers)):
        v = np.uint32(customers[k])
        stop, site = s.stop[v], s.site[v]
        stop.leg = s.distance[a if a else tour.base, v]
        if a:
            s.stop[a].following = v
        else:
            tour.first = v
        if stop.route == 0:
            run.absent -= 1
            run.missing -= site.must
        stop.preceding, stop.route = a, r
        load += site.demand
        length += stop.leg
        a = v
    tour.closing = 0.0
    if a:
        s.stop[a].following = 0
        tour.closing = s.distance[a, tour.base]
    tour.last, tour.size, tour.load, tour.length = a, len(customers), load, length + tour.closing
    if run.rich:
        refresh(s, r)


@njit(cache=True, error_model="numpy")
def adopt(s: State, visits: NDArray[Any]) -> None:
    """Begin from a giant tour [L]; nobody is visited before."""
    run = s.run[0]
    begin = 0
    for at in range(len(visits) + 1):
        if at == len(visits) or visits[at] <= 0:
            if at > begin:
                d = -visits[begin - 1] if begin else 0
                refill(s, opened(s, d), visits[begin:at])
            begin = at + 1
    run.current = total(s)


@njit(cache=True, error_model="numpy")
def total(s: State) -> float:
    """Distance of all routes, and what is lost by leaving customers out."""
    cost = 0.0
    for k in range(s.run[0].active):
        cost += s.tour[s.lists[ACTIVE, k]].length
    for v in range(1, s.run[0].customers + 1):
        if s.stop[v].route == 0:
            cost += s.site[v].loss
    return cost
