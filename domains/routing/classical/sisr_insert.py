"""Recreate: customers are inserted where it costs least (numba)."""

from __future__ import annotations

import numpy as np
from numba import njit

from headway.domains.routing.classical.sisr_moves import link, opened, touch
from headway.domains.routing.classical.sisr_pairs import pair_inserted
from headway.domains.routing.classical.sisr_schedule import fits, refresh, serves
from headway.domains.routing.classical.sisr_state import ACTIVE, POOL, Index, State, draw


@njit(cache=True, error_model="numpy")
def recreate(s: State, blinks: float, patience: float) -> float:
    """Insert the customers of the pool one by one; the change of cost. Those who may be left out are, where their
    place costs more than ``patience`` times their prize.
    """
    run = s.run[0]
    change = 0.0
    for k in range(run.pooled):
        c = np.uint32(s.lists[POOL, k])
        if run.pairs and s.site[c].mate:
            change += pair_inserted(s, c, blinks, patience)
            continue
        cost, r, behind = cheapest_timed(s, c, blinks) if run.rich else cheapest(s, c, blinks, False)
        own, d = alone(s, c)
        if run.optional and not s.site[c].must and min(own, cost) > patience * s.site[c].loss:
            continue
        if own < cost:
            r, behind = opened(s, d), np.uint32(0)
        if r:
            touch(s, r)
            change += link(s, c, r, behind)
            if run.rich:
                refresh(s, r)
    return change


@njit(cache=True, error_model="numpy", forceinline=True)
def cheapest(s: State, c: Index, blinks: float, timed: bool) -> tuple[float, Index, Index]:
    """Cost of the best place for customer ``c``, its route (0: none), and whom it follows there.

    Each place is overlooked with probability ``blinks`` - drawn only where it would be the best, which is the same.
    Inlined, and compiled for each value of ``timed``.
    """
    best, where, behind = np.inf, np.int64(0), np.uint32(0)
    run, stop = s.run[0], s.stop
    room = run.capacity - s.site[c].demand
    to, fro = s.distance[c], s.back[c]
    for k in range(run.active):
        r = s.lists[ACTIVE, k]
        tour = s.tour[r]
        if tour.load > room:
            continue
        before, a, v = fro[tour.base], np.uint32(0), tour.first
        while v:
            cost = before + (to[v] - stop[v].leg)
            if (
                cost < best
                and tour.length + cost <= run.limit
                and (not timed or fits(s, r, a, v, c))
                and draw(s) >= blinks
            ):
                best, where, behind = cost, r, a
            before, a, v = fro[v], v, stop[v].following
        cost = before + to[tour.base] - tour.closing
        short = cost < best and tour.length + cost <= run.limit
        if short and (not timed or fits(s, r, a, v, c)) and draw(s) >= blinks:
            best, where, behind = cost, r, a
    return best, where, behind


@njit(cache=True, error_model="numpy")
def cheapest_timed(s: State, c: Index, blinks: float) -> tuple[float, Index, Index]:
    """`cheapest` where routes have a schedule to be kept; not inlined, so that the plain search stays small."""
    return cheapest(s, c, blinks, True)


@njit(cache=True, error_model="numpy", forceinline=True)
def alone(s: State, c: Index) -> tuple[float, Index]:
    """Cost and depot of the best route of its own for customer ``c``; inf where there is none."""
    best, where = np.inf, 0
    run = s.run[0]
    if run.free == 0:
        return best, where
    for d in range(len(s.home)):
        home = s.home[d]
        cost = s.back[c, home.base] + s.distance[c, home.base]
        if cost < best and home.used < home.fleet and cost <= run.limit and (not run.rich or serves(s, home.base, c)):
            best, where = cost, d
    return best, where
