"""Steps of the savings method (numba)."""

from __future__ import annotations

import numpy as np
from numba import njit

from headway.domains.routing.classical.local_moves import Words, back, backwards, copied, keeps, listed
from headway.domains.routing.classical.sisr_insert import alone
from headway.domains.routing.classical.sisr_moves import dropped, link, opened, unlink
from headway.domains.routing.classical.sisr_pairs import own_route
from headway.domains.routing.classical.sisr_refill import refill
from headway.domains.routing.classical.sisr_schedule import ends, refresh
from headway.domains.routing.classical.sisr_state import ACTIVE, LOG, POOL, State
from headway.domains.routing.classical.task import Floats, Ints


@njit(cache=True, error_model="numpy")
def separate(s: State) -> None:
    """A vehicle for each customer or pair, where one can serve it."""
    for c in range(1, s.run[0].customers + 1):
        v, d = np.uint32(c), -1
        mate = s.site[v].mate
        if s.stop[v].route or (mate and not s.site[v].sends):
            continue
        if mate:
            d = -own_route(s, v, mate, np.inf, 0, 0, 0)[0] - 1
        else:
            cost, best = alone(s, v)
            d = best if cost < np.inf else -1
        if d >= 0:
            r = opened(s, d)
            link(s, v, r, np.uint32(0))
            if mate:
                link(s, mate, r, v)
            if s.run[0].rich:
                refresh(s, r)


@njit(cache=True, error_model="numpy")
def joins(s: State, shape: float, symmetric: bool) -> tuple[Ints, Ints, Floats]:
    """Pairs of near customers, the first to be followed by the second, and what it saves."""
    n, width = s.near.shape[0] - 1, s.near.shape[1]
    first, second = np.empty(n * width, np.int64), np.empty(n * width, np.int64)
    saved = np.empty(n * width)
    once = symmetric and width == n  # all customers are near one another, so that each pair is met twice
    number = 0
    for i in range(1, n + 1):
        if s.stop[i].route == 0 or s.stop[i].following:
            continue
        base = s.tour[s.stop[i].route].base
        for k in range(1, width):
            j = s.near[i, k]
            r = s.stop[j].route
            if r == 0 or s.stop[j].preceding or s.tour[r].base != base or (once and j < i):
                continue
            first[number], second[number] = i, j
            saved[number] = s.distance[i, base] + s.distance[base, j] - shape * s.distance[i, j]
            number += 1
    return first[:number], second[:number], saved[:number]


@njit(cache=True, error_model="numpy")
def merge(s: State, first: Ints, second: Ints, saved: Floats, symmetric: bool, fleet: int) -> None:
    """Join routes in this order: all that saves something, and what does not while vehicles are too many."""
    run = s.run[0]
    for k in range(len(first)):
        if saved[k] <= 0.0 and run.active <= fleet * len(s.home):
            return
        i, j = np.uint32(first[k]), np.uint32(second[k])
        r, q = s.stop[i].route, s.stop[j].route
        if r != q and s.tour[r].load + s.tour[q].load <= run.capacity:
            join(s, r, q, i, j, symmetric)


@njit(cache=True, error_model="numpy")
def join(s: State, r: int, q: int, i: int, j: int, symmetric: bool) -> None:
    """Have route ``r`` go on from ``i`` to ``j`` with those of ``q``, if both are ends and the rules allow it."""
    head, tail = s.tour[r], s.tour[q]
    forward = head.last == i, tail.first == j
    if not (forward[0] or (symmetric and head.first == i)) or not (forward[1] or (symmetric and tail.last == j)):
        return
    leave, come = (head.closing if forward[0] else s.stop[i].leg), (s.stop[j].leg if forward[1] else tail.closing)
    if head.length + tail.length - leave - come + s.distance[i, j] > s.run[0].limit:
        return
    if s.run[0].rich:
        part = s.stretch[i]
        if not ends(s, head.base, i, j, part.leave, part.carried, part.peak, part.hauled):
            return
    m, k = np.int64(head.size), np.int64(tail.size)
    old, new = s.lists[LOG], s.lists[POOL]
    listed(s, r, i, 0)
    listed(s, q, j, m)
    written(old, 0, m, new, 0, forward[0])
    written(old, m, m + k, new, m, forward[1])
    refill(s, q, new[:0])
    dropped(s, q)
    refill(s, r, new[: m + k])


@njit(cache=True, error_model="numpy")
def written(old: Words, begin: int, end: int, new: Words, at: int, forward: bool) -> None:
    """Copy a part of a list, as it is or turned round."""
    if forward:
        copied(old, begin, end, new, at)
    else:
        backwards(old, begin, end, new, at)


@njit(cache=True, error_model="numpy")
def drop_dear(s: State) -> None:
    """Customers leave, one by one, whose visit costs more than their prize; then routes that cost more than theirs."""
    run, again = s.run[0], True
    while again:
        again = False
        for c in range(1, run.customers + 1):
            v = np.uint32(c)
            if s.stop[v].route and not s.site[v].must and s.site[v].mate == 0 and dear(s, v):
                again = True
    for k in range(run.active - 1, -1, -1):
        r = s.lists[ACTIVE, k]
        if s.tour[r].length > lost(s, r):
            while s.tour[r].first:
                unlink(s, s.tour[r].first)
            dropped(s, r)


@njit(cache=True, error_model="numpy")
def dear(s: State, v: int) -> bool:
    """Take a customer out whose visit costs more than its prize; whether it was."""
    stop, r = s.stop[v], s.stop[v].route
    tour = s.tour[r]
    a, b = stop.preceding if stop.preceding else tour.base, stop.following if stop.following else tour.base
    leg = s.stop[stop.following].leg if stop.following else tour.closing
    if stop.leg + leg - s.distance[a, b] <= s.site[v].loss:
        return False
    before = stop.preceding
    unlink(s, v)
    if tour.first == 0:
        dropped(s, r)
    elif not keeps(s, r):
        link(s, v, r, before)
        return back(s, r, r)
    return True


@njit(cache=True, error_model="numpy")
def lost(s: State, r: int) -> float:
    """What it costs to leave out a route's customers; inf where one must be visited."""
    v, total = s.tour[r].first, 0.0
    while v:
        total += np.inf if s.site[v].must else s.site[v].loss
        v = s.stop[v].following
    return total
