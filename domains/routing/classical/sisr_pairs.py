"""Where a pair, one customer of which sends goods to the other, is best inserted (numba)."""

from __future__ import annotations

import numpy as np
from numba import njit

from headway.domains.routing.classical.sisr_moves import link, opened, touch
from headway.domains.routing.classical.sisr_schedule import ends, refresh
from headway.domains.routing.classical.sisr_state import ACTIVE, Index, State, draw


@njit(cache=True, error_model="numpy")
def pair_inserted(s: State, i: int, blinks: float, patience: float) -> float:
    """Insert ``i`` and the customer it sends goods to where both cost least; the change of cost."""
    j = s.site[i].mate
    best, where, first, second = np.inf, np.int64(0), np.uint32(0), np.uint32(0)
    for k in range(s.run[0].active):
        r = s.lists[ACTIVE, k]
        if s.tour[r].load + s.site[i].demand > s.run[0].capacity:
            continue
        a, more = np.uint32(0), True
        while more:
            cost, behind = after(s, r, a, i, j, best, blinks)
            if cost < best:
                best, where, first, second = cost, r, a, behind
            a = s.stop[a].following if a else s.tour[r].first
            more = a != 0
    where, first, second, best = own_route(s, i, j, best, where, first, second)
    if where == 0 or (not s.site[i].must and best > patience * (s.site[i].loss + s.site[j].loss)):
        return 0.0
    if where < 0:
        where = opened(s, -where - 1)
    touch(s, where)
    change = link(s, i, where, first) + link(s, j, where, second)
    refresh(s, where)
    return change


@njit(cache=True, error_model="numpy")
def after(s: State, r: Index, a: Index, i: Index, j: Index, best: float, blinks: float) -> tuple[float, Index]:
    """Cost of the best places with ``i`` after ``a`` on route ``r``, if below ``best``, and whom ``j`` follows."""
    run, tour, behind = s.run[0], s.tour[r], np.uint32(0)
    base = tour.base
    b = s.stop[a].following if a else tour.first
    time, carried, peak, hauled = s.site[base].earliest, 0, 0, 0
    if a:
        part = s.stretch[a]
        time, carried, peak, hauled = part.leave, part.carried, part.peak, part.hauled
    leg = s.stop[b].leg if b else tour.closing
    u, w = np.uint32(i), b
    came, went = a if a else base, b if b else base
    added = s.distance[came, i] + s.distance[i, went] - leg
    time += s.duration[came, i]
    while True:
        # The vehicle arrives at u at this time, and goes on to w.
        here = s.site[u]
        time = max(here.earliest, time)
        peak = max(peak + here.demand, carried + here.change)
        if time > here.latest or peak > run.capacity or (here.line and hauled):
            return best, behind
        time, carried, hauled = time + here.service, carried + here.change, hauled | here.haul
        went = w if w else base
        direct = s.distance[u, went]
        cost = added + s.distance[u, j] + s.distance[j, went] - direct
        well = cost < best and tour.length + cost <= run.limit and draw(s) >= blinks
        if well and follows(s, base, u, j, w, time, carried, peak, hauled):
            best, behind = cost, u
        if w == 0:
            return best, behind
        time += s.duration[u, w]
        u, w = w, s.stop[w].following


@njit(cache=True, error_model="numpy")
def follows(s: State, base: int, u: int, j: int, w: int, time: float, carried: int, peak: int, hauled: int) -> bool:
    """Whether ``j`` can be visited between ``u``, left at this time with this load so far, and ``w``."""
    here = s.site[j]
    time = max(here.earliest, time + s.duration[u, j])
    if time > here.latest:
        return False
    peak = max(peak + here.demand, carried + here.change)
    return ends(s, base, j, w, time + here.service, carried + here.change, peak, hauled)


@njit(cache=True, error_model="numpy")
def own_route(
    s: State, i: Index, j: Index, best: float, where: Index, first: Index, second: Index
) -> tuple[Index, Index, Index, float]:
    """The places given, or those in a new route of depot d, called -d - 1, where it costs less."""
    run = s.run[0]
    for d in range(len(s.home)):
        home = s.home[d]
        cost = s.back[i, home.base] + s.distance[i, j] + s.distance[j, home.base]
        if cost >= best or home.used >= home.fleet or run.free == 0 or cost > run.limit:
            continue
        here = s.site[i]
        time = max(here.earliest, s.site[home.base].earliest + s.duration[home.base, i])
        peak = max(here.demand, here.change)
        if time > here.latest or peak > run.capacity:
            continue
        if follows(s, home.base, i, j, 0, time + here.service, here.change, peak, here.haul):
            best, where, first, second = cost, -d - 1, np.uint32(0), np.uint32(i)
    return where, first, second, best
