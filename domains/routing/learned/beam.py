"""Beam search over a policy's episodes."""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

from headway.domains.routing.learned.pomo_episodes import Played
from headway.domains.routing.learned.pomo_guide import Guide
from headway.domains.routing.learned.pomo_kernel import Desk, decide, desk, largest
from headway.domains.routing.learned.pomo_task import Floats, Ints, Singles, Tables, Task
from headway.domains.routing.learned.pomo_walk import begin, go, may, strike


def beam(guide: Guide, width: int) -> Played:
    """The ends of a beam of so many states, the likeliest at each step (Kool et al. 2019, appendix on beam search)."""
    task, read = guide.itself
    played = Played(np.full((1, width, 2 * task.node.shape[1]), -1, np.int16), np.full((1, width), np.inf))
    _search(task, read, played.route[0], played.length[0])
    return played


@nb.njit(cache=True)
def _log_chances(on: Desk, number: int, start: float, out: Floats) -> None:
    """``start`` plus the log probabilities of the nodes on the desk."""
    most, total = on.logits[largest(on.logits, number)], 0.0
    for m in range(number):
        total += np.exp(on.logits[m] - most)
    for m in range(number):
        out[m] = start + on.logits[m] - most - np.log(total)


@nb.njit(cache=True)
def _branches(
    node: Floats, row: Floats, distance: Floats, duration: Floats, near: Singles, table: Singles, fixed: Singles,
    at: int, waiting: int, start: float, on: Desk, score: Floats,
) -> int:  # fmt: skip
    """Where the state on the desk may go, with the ``score`` of each way; how many ways."""
    number = may(node, row, distance, duration, on.vehicle, at, on.left, waiting, on.nodes)
    if number == 1:
        score[0] = start
    elif number > 1:
        decide(node, row, duration, near, table, fixed, at, waiting, number, on)
        _log_chances(on, number, start, score)
    return number


@nb.njit(cache=True)
def _search(task: Task, tables: Tables, route: NDArray[np.int16], length: Floats) -> None:
    """Fill ``route`` [W, T] and ``length`` [W] (inf where there are fewer) with the states at the end."""
    node, row, distance, duration, near = (
        task.node[0], task.row[0], task.distance[0], task.duration[0], task.near[0]
    )  # fmt: skip
    table, fixed, width, size, on = tables.node[0], tables.fixed, len(route), len(node), desk(len(node))
    vehicle, left = np.empty((width, len(on.vehicle))), np.empty((width, size), np.int64)
    at, waiting, sums, states = np.zeros(width, np.int64), np.zeros(width, np.int64), np.zeros(width), np.int64(1)
    score, to = np.full((width, size), -np.inf), np.zeros((width, size), np.int64)
    waiting[0], length[0] = begin(node, row, vehicle[0], left[0]), 0.0
    for step in range(route.shape[1]):
        score[:], over = -np.inf, True
        for s in range(states):
            if step > 0 and waiting[s] == 0 and at[s] == 0:
                score[s, 0], to[s, 0] = sums[s], -1
                continue
            over, on.vehicle[:], on.left[:] = False, vehicle[s], left[s]
            _branches(node, row, distance, duration, near, table, fixed, at[s], waiting[s], sums[s], on, score[s])
            to[s] = on.nodes
        if over:
            break
        states = _advance(
            node, row, distance, duration, score, to, step, states, vehicle, left, at, waiting, sums, route, length
        )
    length[states:] = np.inf


@nb.njit(cache=True)
def _advance(
    node: Floats, row: Floats, distance: Floats, duration: Floats, score: Floats, to: Ints, step: int, states: int,
    vehicle: Floats, left: Ints, at: Ints, waiting: Ints, sums: Floats, route: NDArray[np.int16], length: Floats,
) -> int:  # fmt: skip
    """Replace the states by the best of their branches; how many these are."""
    width, size = score.shape
    order = np.argsort(-score.reshape(-1))[:width]
    order = order[: int((score.reshape(-1)[order] > -np.inf).sum())]
    parent = order // size
    vehicle[: len(order)], left[: len(order)] = vehicle[parent], left[parent]
    at[: len(order)], waiting[: len(order)] = at[parent], waiting[parent]
    route[: len(order)], length[: len(order)] = route[parent], length[parent]
    for s in range(len(order)):
        sums[s], chosen = score[parent[s], order[s] % size], to[parent[s], order[s] % size]
        if chosen < 0:
            continue
        length[s] += go(node, row, distance, duration, vehicle[s], at[s], chosen)
        if chosen:
            waiting[s] = strike(left[s], waiting[s], chosen)
        route[s, step], at[s] = chosen, chosen
    return len(order)
