"""Local search on the augmented Lagrangian of the capacities: what every method here solves in an iteration (numba)."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from headway.domains.routing.family.instance import Floats, Ints
from headway.domains.routing.lagrangian.moves_kernel import (
    EXCHANGE,
    FIELDS,
    HEADS,
    REVERSE,
    SHIFT,
    TAILS,
    Task,
    Tours,
    carried,
    carry_out,
    penalty,
)  # fmt: skip

GAIN = 1e-6  # mean distances; less may be rounding, and moves would go round in circles
MOVES = 20  # of a descent, per customer, at most
LONGEST = 2  # customers of a segment


@numba.njit(cache=True)
def descend(task: Task, tours: Tours, unit: float, seed: int) -> Any:
    """Improve the routes until no move helps; customers take turns in an order drawn from ``seed``. The moves made.

    ``unit``: the mean distance.
    """
    n, made = len(task.demand) - 1, 0
    order = shuffled(n, seed)
    move = np.zeros(FIELDS, np.int64)
    idle, turn = 0, 0
    while idle < n and made < MOVES * n:
        if best_move(task, tours, order[turn], -GAIN * unit, move):
            carry_out(tours, task.demand, move)
            made, idle = made + 1, 0
        else:
            idle += 1
        turn = (turn + 1) % n
    return made


@numba.njit(cache=True)
def shuffled(n: int, seed: int) -> Any:
    """1..n in an order drawn by Fisher and Yates, on a linear congruential generator (Knuth's constants)."""
    order = np.arange(1, n + 1)
    state = np.uint64(seed)
    for k in range(n - 1, 0, -1):
        state = state * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
        other = int((state >> np.uint64(33)) % np.uint64(k + 1))
        order[k], order[other] = order[other], order[k]
    return order


@numba.njit(cache=True)
def best_move(task: Task, tours: Tours, u: int, best: float, move: Ints) -> Any:
    """Write the best move that brings customer u next to one of its neighbours, or into an empty route, where its gain
    is below ``best``; whether there is one.
    """
    least = best
    for v in task.near[u]:
        if tours.route[u] == tours.route[v]:
            best = turned(task, tours, u, v, best, move)
            best = shifted(task, tours, u, v, best, move)
        else:
            best = exchanged(task, tours, u, v, best, move)
            best = crossed(task, tours, u, v, best, move)
    return alone(task, tours, u, best, move) < least


@numba.njit(cache=True)
def exchanged(task: Task, tours: Tours, u: int, v: int, best: float, move: Ints) -> Any:
    """Up to two customers from u on go next to v, on another route, for up to two that follow or precede it there."""
    d, seq, before = task.distance, tours.seq, tours.before
    r, s, i, j = tours.route[u], tours.route[v], tours.place[u], tours.place[v]
    m, n = tours.size[r], tours.size[s]
    least = -relief(task, tours, r, s)
    for a in range(1, LONGEST + 1):
        for last in range(a):  # the segment begins with u, or ends with it
            p = i - a if last else i - 1
            if p < 0 or p + a > m:
                continue
            for k in range(2 * LONGEST + 2):
                after, b = k % 2, k // 2
                q = j if after else j - 1 - b
                if q < 0 or q + b > n:
                    continue
                forward = a == 1 or last != after
                gain, straight = swapped(d, seq, r, p, a, s, q, b, forward)
                if gain + least >= best:
                    continue
                moved = before[r, p + a] - before[r, p] - before[s, q + b] + before[s, q]
                gain += reloaded(task, tours, r, s, before[r, m] - moved)
                if gain < best:
                    best = gain
                    note(move, EXCHANGE, r, p, a, s, q, b, forward, straight)
    return best


@numba.njit(cache=True)
def swapped(d: Floats, seq: Ints, r: int, p: int, a: int, s: int, q: int, b: int, forward: Any) -> Any:
    """Extra distance of two segments (route, place, customers) for each other, and whether the second one keeps its
    direction: it turns as is shorter.
    """
    left, first, last, right = seq[r, p], seq[r, p + 1], seq[r, p + a], seq[r, p + a + 1]
    up, down = seq[s, q], seq[s, q + b + 1]
    gain = d[up, first] + d[last, down] if forward else d[up, last] + d[first, down]
    gain -= d[left, first] + d[last, right]
    if b == 0:
        return gain + d[left, right] - d[up, down], True
    head, tail = seq[s, q + 1], seq[s, q + b]
    along, against = d[left, head] + d[tail, right], d[left, tail] + d[head, right]
    return gain + min(along, against) - d[up, head] - d[tail, down], along <= against


@numba.njit(cache=True)
def note(move: Ints, kind: int, r: int, p: int, a: int, s: int, q: int, b: int, forward: Any, straight: Any) -> None:
    """Write a move; see `moves_kernel.carry_out`."""
    move[0], move[1], move[2], move[3] = kind, r, p, a
    move[4], move[5], move[6], move[7], move[8] = s, q, b, forward, straight


@numba.njit(cache=True)
def reloaded(task: Task, tours: Tours, r: int, s: int, load: float) -> Any:
    """Extra penalty when route r carries ``load``, and route s the rest of what both do."""
    one, two = carried(tours, r), carried(tours, s)
    after = penalty(task, r, load) + penalty(task, s, one + two - load)
    return after - penalty(task, r, one) - penalty(task, s, two)


@numba.njit(cache=True)
def relief(task: Task, tours: Tours, r: int, s: int) -> Any:
    """How far the penalties of two routes lie above the least they can be."""
    one = max(0.0, task.multiplier[r] + task.rho * (carried(tours, r) - task.capacity))
    two = max(0.0, task.multiplier[s] + task.rho * (carried(tours, s) - task.capacity))
    return (one * one + two * two) / (2.0 * task.rho)


@numba.njit(cache=True)
def crossed(task: Task, tours: Tours, u: int, v: int, best: float, move: Ints) -> Any:
    """u and v of two routes become neighbours by a change of tails, or of tail and head (2-opt*)."""
    d, x, before = task.distance, tours.seq, tours.before
    r, s = tours.route[u], tours.route[v]
    least = -relief(task, tours, r, s)
    for back in range(2):
        p, q = tours.place[u] - back, tours.place[v] - 1 + back
        gain = d[x[r, p], x[s, q + 1]] + d[x[s, q], x[r, p + 1]] - d[x[r, p], x[r, p + 1]] - d[x[s, q], x[s, q + 1]]
        if gain + least < best:
            gain += reloaded(task, tours, r, s, before[r, p] + carried(tours, s) - before[s, q])
        if gain < best:
            best = gain
            note(move, TAILS, r, p, 0, s, q, 0, 1, 1)
        q = tours.place[v] - back
        gain = d[x[r, p], x[s, q]] + d[x[r, p + 1], x[s, q + 1]] - d[x[r, p], x[r, p + 1]] - d[x[s, q], x[s, q + 1]]
        if gain + least < best:
            gain += reloaded(task, tours, r, s, before[r, p] + before[s, q])
        if gain < best:
            best = gain
            note(move, HEADS, r, p, 0, s, q, 0, 1, 1)
    return best


@numba.njit(cache=True)
def turned(task: Task, tours: Tours, u: int, v: int, best: float, move: Ints) -> Any:
    """u and v of one route become neighbours: what lies between them turns round (2-opt)."""
    d, x, r = task.distance, tours.seq, tours.route[u]
    for back in range(2):
        p, q = min(tours.place[u], tours.place[v]) - back, max(tours.place[u], tours.place[v]) - back
        gain = d[x[r, p], x[r, q]] + d[x[r, p + 1], x[r, q + 1]] - d[x[r, p], x[r, p + 1]] - d[x[r, q], x[r, q + 1]]
        if gain < best:
            best = gain
            note(move, REVERSE, r, p, 0, r, q, 0, 1, 1)
    return best


@numba.njit(cache=True)
def shifted(task: Task, tours: Tours, u: int, v: int, best: float, move: Ints) -> Any:
    """Up to two customers from u on go next to v on their route (or-opt)."""
    d, x, r, i, j = task.distance, tours.seq, tours.route[u], tours.place[u], tours.place[v]
    for a in range(1, LONGEST + 1):
        for last in range(a):
            p = i - a if last else i - 1
            if p < 0 or p + a > tours.size[r]:
                continue
            off = d[x[r, p], x[r, p + a + 1]] - d[x[r, p], x[r, p + 1]] - d[x[r, p + a], x[r, p + a + 1]]
            for after in range(2):
                q = j if after else j - 1
                if p <= q <= p + a:
                    continue
                forward = a == 1 or last != after
                first, end = (x[r, p + 1], x[r, p + a]) if forward else (x[r, p + a], x[r, p + 1])
                gain = off + d[x[r, q], first] + d[end, x[r, q + 1]] - d[x[r, q], x[r, q + 1]]
                if gain < best:
                    best = gain
                    note(move, SHIFT, r, p, a, r, q, 0, forward, 1)
    return best


@numba.njit(cache=True)
def alone(task: Task, tours: Tours, u: int, best: float, move: Ints) -> Any:
    """u gets a route of its own."""
    r, p = tours.route[u], tours.place[u] - 1
    for s in range(len(tours.size)):
        if tours.size[s] == 0:
            gain, _ = swapped(task.distance, tours.seq, r, p, 1, s, 0, 0, True)
            gain += reloaded(task, tours, r, s, carried(tours, r) - task.demand[u])
            if gain < best:
                best = gain
                note(move, EXCHANGE, r, p, 1, s, 0, 0, 1, 1)
    return best
