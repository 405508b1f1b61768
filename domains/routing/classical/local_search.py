"""Local search among near customers: relocate, swap, 2-opt and 2-opt*, the first that is better (numba)."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from headway.domains.routing.classical.local_moves import crossed, relocate, swap, turned
from headway.domains.routing.classical.sisr_moves import dropped
from headway.domains.routing.classical.sisr_state import State

EPS = 1e-9


@njit(cache=True, error_model="numpy")
def descend(s: State, width: int, within: bool) -> float:
    """Moves that join a customer and one of its ``width`` nearest, until none is better; the change of cost.

    ``within``: only moves inside routes. Not for tasks with pairs: a move carries one customer.
    """
    run = s.run[0]
    before = run.current
    symmetric = turns(s)
    open_ = np.ones(run.customers + 1, np.bool_)
    better = True
    while better:
        better = False
        for v in range(1, run.customers + 1):
            if open_[v] and s.stop[v].route:
                open_[v] = False
                while s.stop[v].route and around(s, np.uint32(v), width, symmetric, within, open_):
                    better = True
    return run.current - before


@njit(cache=True, error_model="numpy")
def turns(s: State) -> bool:
    """Whether routes may be driven backwards: symmetric distances and no schedule."""
    if s.run[0].rich:
        return False
    n = s.distance.shape[0]
    for i in range(n):
        for j in range(i):
            if s.distance[i, j] != s.distance[j, i]:
                return False
    return True


@njit(cache=True, error_model="numpy")
def around(s: State, v: int, width: int, symmetric: bool, within: bool, open_: NDArray[np.bool_]) -> bool:
    """Make the first better move that joins ``v`` and a customer near it."""
    for k in range(1, min(width + 1, s.near.shape[1])):
        u = np.uint32(s.near[v, k])
        r, q = s.stop[v].route, s.stop[u].route
        if q == 0 or (within and r != q):
            continue
        change = joined(s, v, u) or exchanged(s, v, u) or ended(s, v, u, symmetric)
        if change < 0.0:
            s.run[0].current += change
            for route in (r, q):
                reopened(s, route, open_)
            return True
    return False


@njit(cache=True, error_model="numpy")
def reopened(s: State, r: int, open_: NDArray[np.bool_]) -> None:
    """Customers of a changed route are to be looked at again; an empty route is given up."""
    tour = s.tour[r]
    v = tour.first
    if v == 0 and s.lists[0, tour.slot] == r and s.run[0].active > tour.slot:
        dropped(s, r)
    while v:
        open_[v] = True
        v = s.stop[v].following


@njit(cache=True, error_model="numpy", forceinline=True)
def ends_of(s: State, v: int) -> tuple[int, int]:
    """Nodes before and after a customer, depots included."""
    stop = s.stop[v]
    base = s.tour[stop.route].base
    return stop.preceding if stop.preceding else base, stop.following if stop.following else base


@njit(cache=True, error_model="numpy")
def joined(s: State, v: int, u: int) -> float:
    """Move ``v`` behind or before ``u``; the change of cost, 0 where neither is better."""
    d = s.distance
    (a, b), (c, e) = ends_of(s, v), ends_of(s, u)
    without = d[a, b] - d[a, v] - d[v, b]
    r = s.stop[u].route
    room = s.stop[v].route == r or s.tour[r].load + s.site[v].demand <= s.run[0].capacity
    change = without + d[u, v] + d[v, e] - d[u, e]
    if room and s.stop[v].preceding != u and change < -EPS and relocate(s, v, r, u):
        return change
    change = without + d[c, v] + d[v, u] - d[c, u]
    if room and s.stop[v].following != u and change < -EPS and relocate(s, v, r, s.stop[u].preceding):
        return change
    return 0.0


@njit(cache=True, error_model="numpy")
def exchanged(s: State, v: int, u: int) -> float:
    """Swap ``u`` and the customer behind or before ``v``, so that ``v`` and ``u`` meet; the change of cost, or 0."""
    for w in (s.stop[v].following, s.stop[v].preceding):
        if w == 0 or w == u or s.stop[w].following == u or s.stop[w].preceding == u:
            continue
        d = s.distance
        (a, b), (c, e) = ends_of(s, w), ends_of(s, u)
        r, q, more = s.stop[w].route, s.stop[u].route, s.site[u].demand - s.site[w].demand
        room = r == q or max(s.tour[r].load + more, s.tour[q].load - more) <= s.run[0].capacity
        change = d[a, u] + d[u, b] - d[a, w] - d[w, b] + d[c, w] + d[w, e] - d[c, u] - d[u, e]
        if room and change < -EPS and swap(s, w, u):
            return change
    return 0.0


@njit(cache=True, error_model="numpy")
def ended(s: State, v: int, u: int, symmetric: bool) -> float:
    """Join ``v`` and ``u`` by exchanging or turning ends of routes; the change of cost, or 0."""
    d, r, q = s.distance, s.stop[v].route, s.stop[u].route
    if s.tour[r].base != s.tour[q].base:
        return 0.0
    (_, b), (c, e) = ends_of(s, v), ends_of(s, u)
    change = d[v, u] + d[c, b] - d[v, b] - d[c, u]
    if r != q and change < -EPS and crossed(s, v, u):
        return change
    change = d[v, u] + d[b, e] - d[v, b] - d[u, e]
    if symmetric and change < -EPS and turned(s, v, u):
        return change
    return 0.0
