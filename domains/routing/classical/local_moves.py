"""Moves of a local search over linked routes: each is tried, and taken back where it breaks a rule (numba)."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from headway.domains.routing.classical.sisr_moves import link, unlink
from headway.domains.routing.classical.sisr_refill import refill
from headway.domains.routing.classical.sisr_schedule import refresh, sound
from headway.domains.routing.classical.sisr_state import LOG, POOL, State

Words = NDArray[np.uint32]


@njit(cache=True, error_model="numpy")
def keeps(s: State, r: int) -> bool:
    """Whether a route keeps every rule; its schedule is worked out again."""
    if s.tour[r].load > s.run[0].capacity:
        return False
    if s.run[0].rich:
        refresh(s, r)
    return sound(s, r)


@njit(cache=True, error_model="numpy")
def relocate(s: State, v: int, r: int, behind: int) -> bool:
    """Move ``v`` after another customer (0: in front) of a route."""
    q, was = s.stop[v].route, s.stop[v].preceding
    unlink(s, v)
    link(s, v, r, behind)
    if keeps(s, r) and keeps(s, q):
        return True
    unlink(s, v)
    link(s, v, q, was)
    return back(s, q, r)


@njit(cache=True, error_model="numpy")
def swap(s: State, v: int, u: int) -> bool:
    """Let two customers that are not neighbours change places."""
    r, q = s.stop[v].route, s.stop[u].route
    exchange(s, v, u)
    if keeps(s, r) and keeps(s, q):
        return True
    exchange(s, u, v)
    return back(s, q, r)


@njit(cache=True, error_model="numpy")
def exchange(s: State, v: int, u: int) -> None:
    """Two customers change places, whatever comes of it."""
    r, a, q, c = s.stop[v].route, s.stop[v].preceding, s.stop[u].route, s.stop[u].preceding
    unlink(s, v)
    unlink(s, u)
    link(s, u, r, a)
    link(s, v, q, c)


@njit(cache=True, error_model="numpy")
def back(s: State, q: int, r: int) -> bool:
    """Two routes are what they were before; False."""
    if s.run[0].rich:
        refresh(s, q)
        refresh(s, r)
    return False


@njit(cache=True, error_model="numpy")
def turned(s: State, v: int, u: int) -> bool:
    """Join ``v`` and ``u`` by turning what lies between them, on one route (2-opt) or on two (2-opt* with reversal):
    v -> following(v), u -> following(u) become v - u, following(v) - following(u).
    """
    r, q = s.stop[v].route, s.stop[u].route
    old, new = s.lists[LOG], s.lists[POOL]
    i, m = listed(s, r, v, 0)
    if r == q:
        j, _ = listed(s, r, u, 0)
        i, j = min(i, j), max(i, j)
        copied(old, 0, i + 1, new, 0)
        backwards(old, i + 1, j + 1, new, i + 1)
        copied(old, j + 1, m, new, j + 1)
        return refilled(s, r, m, q, np.int64(0))
    j, k = listed(s, q, u, m)
    copied(old, 0, i + 1, new, 0)
    backwards(old, m, m + j + 1, new, i + 1)
    size = i + j + 2
    backwards(old, i + 1, m, new, size)
    copied(old, m + j + 1, m + k, new, size + m - i - 1)
    return refilled(s, r, size, q, m + k - size)


@njit(cache=True, error_model="numpy")
def crossed(s: State, v: int, u: int) -> bool:
    """Two routes change their ends, so that ``u`` follows ``v`` (2-opt*, Potvin and Rousseau 1995)."""
    r, q = s.stop[v].route, s.stop[u].route
    old, new = s.lists[LOG], s.lists[POOL]
    i, m = listed(s, r, v, 0)
    j, k = listed(s, q, u, m)
    copied(old, 0, i + 1, new, 0)
    copied(old, m + j, m + k, new, i + 1)
    size = i + 1 + k - j
    copied(old, m, m + j, new, size)
    copied(old, i + 1, m, new, size + j)
    return refilled(s, r, size, q, m + k - size)


@njit(cache=True, error_model="numpy")
def refilled(s: State, r: int, size: int, q: int, rest: int) -> bool:
    """Fill route ``r`` with the first customers of the list POOL and ``q`` with the rest, if no rule is broken; what
    they were is in the list LOG.
    """
    old, new = s.lists[LOG], s.lists[POOL]
    m, k = np.int64(s.tour[r].size), np.int64(s.tour[q].size)
    refill(s, r, new[:size])
    if q != r:
        refill(s, q, new[size : size + rest])
    if keeps(s, r) and (q == r or keeps(s, q)):
        return True
    refill(s, r, old[:m])
    if q != r:
        refill(s, q, old[m : m + k])
    return False


@njit(cache=True, error_model="numpy")
def listed(s: State, r: int, v: int, at: int) -> tuple[int, int]:
    """Write a route's customers into the list LOG from a place on; the position of ``v`` among them, their number."""
    place, w, k = 0, s.tour[r].first, 0
    while w:
        if w == v:
            place = k
        s.lists[LOG, at + k] = w
        w = s.stop[w].following
        k += 1
    return place, k


@njit(cache=True, error_model="numpy", forceinline=True)
def copied(old: Words, begin: int, end: int, new: Words, at: int) -> None:
    """Copy a part of a list to a place of another."""
    for k in range(begin, end):
        new[at + k - begin] = old[k]


@njit(cache=True, error_model="numpy", forceinline=True)
def backwards(old: Words, begin: int, end: int, new: Words, at: int) -> None:
    """Copy a part of a list, turned round."""
    for k in range(begin, end):
        new[at + end - 1 - k] = old[k]
