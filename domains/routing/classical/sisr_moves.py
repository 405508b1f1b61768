"""How routes begin and end, and customers join and leave them (numba)."""

from __future__ import annotations

from numba import njit

from headway.domains.routing.classical.sisr_state import ACTIVE, FREE, LOG, TOUCHED, State


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
