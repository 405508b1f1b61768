"""Changes of two routes, or of one, and what they cost under the augmented Lagrangian (numba)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np

from headway.domains.routing.family.instance import Floats, Ints

EXCHANGE, TAILS, HEADS, REVERSE, SHIFT = 0, 1, 2, 3, 4  # kinds of moves
FIELDS = 9  # of a move: kind; route, place and customers of one segment, of another; whether they keep their direction


class Task(NamedTuple):
    """What routes are judged by; n customers, R routes."""

    distance: Floats  # [n + 1, n + 1], symmetric
    near: Ints  # [n + 1, W], neighbours of each customer
    demand: Floats  # [n + 1], in mean demands
    capacity: float  # in mean demands
    multiplier: Floats  # [R], in distances per mean demand
    rho: float  # in distances per squared mean demand


class Tours(NamedTuple):
    """Routes, and what follows from them."""

    seq: Ints  # [R, n + 2], 0, the customers of a route, 0
    size: Ints  # [R], how many they are
    route: Ints  # [n + 1], the route of each customer
    place: Ints  # [n + 1], its place there, from 1 on
    before: Floats  # [R, n + 2], the demand of a route's first customers


@numba.njit(cache=True, inline="always")
def penalty(task: Task, r: int, load: float) -> Any:
    """Of a load of route r under the augmented Lagrangian for inequalities (Rockafellar 1973)."""
    x = max(0.0, task.multiplier[r] + task.rho * (load - task.capacity))
    return (x * x - task.multiplier[r] * task.multiplier[r]) / (2.0 * task.rho)


@numba.njit(cache=True, inline="always")
def carried(tours: Tours, r: int) -> Any:
    """The load of route r."""
    return tours.before[r, tours.size[r]]


@numba.njit(cache=True)
def settle(tours: Tours, demand: Floats, r: int) -> None:
    """Work out what follows from a route's row."""
    seq, total = tours.seq[r], 0.0
    tours.before[r, 0] = 0.0
    for p in range(1, tours.size[r] + 1):
        tours.route[seq[p]], tours.place[seq[p]] = r, p
        total += demand[seq[p]]
        tours.before[r, p] = total
    seq[0] = seq[tours.size[r] + 1] = 0


@numba.njit(cache=True)
def put(row: Ints, at: int, source: Ints, after: int, last: int, forward: Any) -> Any:
    """Copy places after + 1 .. last of ``source`` behind place ``at`` of ``row``; the place of the last one."""
    for k in range(last - after):
        row[at + 1 + k] = source[after + 1 + k] if forward else source[last - k]
    return at + max(0, last - after)


@numba.njit(cache=True)
def carry_out(tours: Tours, demand: Floats, move: Ints) -> None:
    """Make a move of two routes, or of one.

    Parameters
    ----------
    move : int64 [`FIELDS`], (kind, r, p, a, s, q, b, forward, straight). EXCHANGE: the ``a`` customers after place p of
        route r and the ``b`` after place q of route s change places, each in its direction or turned round. TAILS: what
        follows these places changes places. HEADS: route r goes on with the head of s, turned round, and its own tail,
        turned round, leads to the tail of s. REVERSE: places p + 1 .. q turn round. SHIFT: ``a`` customers after place
        p go behind place q of the same route
    """
    kind, r, p, a, s, q, b, forward, straight = move
    width = tours.seq.shape[1]
    one, two = np.zeros(width, np.int64), np.zeros(width, np.int64)
    x, y, m, n = tours.seq[r], tours.seq[s], tours.size[r], tours.size[s]
    k = put(one, 0, x, 0, p, True)
    if kind == EXCHANGE:
        m_new = put(one, put(one, k, y, q, q + b, straight), x, p + a, m, True)
        n_new = put(two, put(two, put(two, 0, y, 0, q, True), x, p, p + a, forward), y, q + b, n, True)
    elif kind == TAILS:
        m_new = put(one, k, y, q, n, True)
        n_new = put(two, put(two, 0, y, 0, q, True), x, p, m, True)
    elif kind == HEADS:
        m_new = put(one, k, y, 0, q, False)
        n_new = put(two, put(two, 0, x, p, m, False), y, q, n, True)
    elif kind == REVERSE:
        m_new, n_new = put(one, put(one, k, x, p, q, False), x, q, m, True), n
    else:
        m_new, n_new = _shift(one, x, m, p, a, q, forward), n
    x[:], tours.size[r] = one, m_new
    settle(tours, demand, r)
    if s != r:
        y[:], tours.size[s] = two, n_new
        settle(tours, demand, s)


@numba.njit(cache=True)
def _shift(row: Ints, x: Ints, m: int, p: int, a: int, q: int, forward: Any) -> Any:
    if q > p:
        k = put(row, put(row, 0, x, 0, p, True), x, p + a, q, True)
        return put(row, put(row, k, x, p, p + a, forward), x, q, m, True)
    k = put(row, put(row, 0, x, 0, q, True), x, p, p + a, forward)
    return put(row, put(row, k, x, q, p, True), x, p + a, m, True)
