"""The kernel that turns played episodes into the gradient of the POMO policy's tables, each step worked out again."""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from headway.domains.routing.learned.pomo_kernel import ONE, SQUASH, Desk, decide, desk, largest
from headway.domains.routing.learned.pomo_task import (
    CONTEXT,
    DIM,
    FINAL,
    GLIMPSE,
    HEADS,
    KEY,
    POINTER,
    QUERY,
    VALUE,
    WIDTH,
    Floats,
    Ints,
    Singles,
    Tables,
    Task,
)
from headway.domains.routing.learned.pomo_walk import begin, go, may, plain, strike
from headway.domains.routing.learned.simd import (
    add,
    add_each,
    add_heads,
    dot_heads,
    exp,
    gather,
    gather_heads,
    softmax_slopes,
)


@plain
def _by_logits(logits: Singles, number: int, place: int, weight: float, pull: float, out: Singles) -> float:
    """Derivatives of weight x log probability of ``place`` + pull x entropy by the logits; the entropy."""
    most, total = logits[largest(logits, number)], np.float32(0)
    for m in range(number):
        out[m] = exp(logits[m] - most)
    for m in range(number):
        total += out[m]
    entropy = float(np.log(total))
    for m in range(number):
        out[m] /= total
        entropy -= out[m] * (logits[m] - most)
    for m in range(number):
        surprise = np.log(total) - (logits[m] - most) if pull != 0 else 0.0
        out[m] *= np.float32(pull * (surprise - entropy) - weight)
    out[place] += np.float32(weight)
    return entropy


@plain
def _through_match(
    table: Singles, fixed: Singles, nodes: Ints, number: int, biases: Singles, kinds: int, glimpse: Singles,
    squashed: Singles, slopes: Singles, of_table: Singles, of_fixed: Singles, of_glimpse: Singles,
) -> None:  # fmt: skip
    """The derivatives that `match` hands back, from those by the logits, ``slopes`` (which it overwrites)."""
    for m in range(number):
        for k in range(kinds):
            of_fixed[FINAL + k] += slopes[m] * biases[m, k]
    for m in range(number):
        slopes[m] *= SQUASH * (ONE - squashed[m] * squashed[m])
    for m in range(number):
        add(of_table, nodes[m] * WIDTH + POINTER, slopes[m], glimpse, 0)
    gather(of_glimpse, slopes, table, nodes, number, POINTER)


@plain
def _through_attention(
    table: Singles, fixed: Singles, nodes: Ints, number: int, biases: Singles, kinds: int, query: Singles,
    shares: Singles, of_glimpse: Singles, scores: Singles, of_table: Singles, of_fixed: Singles,
    of_query: Singles,
) -> None:  # fmt: skip
    """The derivatives that `attend` hands back, from those by the glimpse."""
    for m in range(number):
        dot_heads(of_glimpse, 0, table, nodes[m] * WIDTH + VALUE, scores, m * HEADS)
        add_heads(of_table, nodes[m] * WIDTH + VALUE, shares, m * HEADS, of_glimpse, 0)
    softmax_slopes(shares, scores, number)
    for m in range(number):
        add_heads(of_table, nodes[m] * WIDTH + KEY, scores, m * HEADS, query, 0)
        for k in range(kinds):
            add_each(of_fixed, GLIMPSE + k * HEADS, biases[m, k], scores, m * HEADS)
    gather_heads(of_query, scores, table, nodes, number, KEY)


class Slopes(NamedTuple):
    """Room for the derivatives by what is on a `Desk`."""

    logits: Singles  # [N]
    glimpse: Singles  # [DIM]
    scores: Singles  # [N, HEADS]
    query: Singles  # [DIM]


@nb.njit(cache=True)
def _room(size: int) -> Slopes:
    return Slopes(
        np.empty(size, np.float32), np.empty(DIM, np.float32), np.empty((size, HEADS), np.float32),
        np.empty(DIM, np.float32),
    )  # fmt: skip


@plain
def _through(
    table: Singles, fixed: Singles, at: int, number: int, kinds: int, on: Desk, by: Slopes, of_table: Singles,
    of_fixed: Singles,
) -> None:  # fmt: skip
    """Add the derivatives of one decision by the tables, given those by its logits."""
    _through_match(table, fixed, on.nodes, number, on.biases, kinds, on.glimpse, on.squashed, by.logits, of_table,
                   of_fixed, by.glimpse)  # fmt: skip
    _through_attention(table, fixed, on.nodes, number, on.biases, kinds, on.query, on.shares, by.glimpse, by.scores,
                       of_table, of_fixed, by.query)  # fmt: skip
    add(of_table, at * WIDTH + QUERY, ONE, by.query, 0)
    for c in range(CONTEXT):
        if on.context[c] != 0:
            add(of_fixed, c * DIM, on.context[c], by.query, 0)


@plain
def _episode(
    node: Floats, row: Floats, distance: Floats, duration: Floats, near: Singles, table: Singles, fixed: Singles,
    route: NDArray[np.int16], free: int, weight: float, pull: float, on: Desk, by: Slopes, of_table: Singles,
    of_fixed: Singles,
) -> tuple[float, int]:  # fmt: skip
    """One episode, whose first ``free`` steps nobody chose; the sum of its entropies and the number of choices."""
    waiting, at, entropy, choices = begin(node, row, on.vehicle, on.left), np.int64(0), 0.0, 0
    for step in range(len(route)):
        to = np.int64(route[step])
        if to < 0:
            break
        number = may(node, row, distance, duration, on.vehicle, at, on.left, waiting, on.nodes)
        if step >= free and number > 1:
            kinds = decide(node, row, duration, near, table, fixed, at, waiting, number, on)
            place = 0
            while on.nodes[place] != to:
                place += 1
            entropy += _by_logits(on.logits, number, place, weight, pull, by.logits)
            choices += 1
            _through(table, fixed, at, number, kinds, on, by, of_table, of_fixed)
        go(node, row, distance, duration, on.vehicle, at, to)
        if to:
            waiting = strike(on.left, waiting, to)
        at = to
    return entropy, choices


@nb.njit(cache=True)
def score(
    task: Task, tables: Tables, route: NDArray[np.int16], first: Ints, weight: Floats, pull: float, out: Tables
) -> float:
    """Add to ``out`` the derivatives of sum(weight x log probability + pull x entropy) over the choices of episodes.

    ``route`` [B, P, T] is what `play` wrote for ``first`` [B, P]; ``weight`` [B, P] of each episode: where it is 0 and
    there is no pull, an episode costs nothing. Returns the mean entropy of the choices looked at.
    """
    on, by = desk(task.node.shape[1]), _room(task.node.shape[1])
    entropy, choices = 0.0, 0
    for b in range(route.shape[0]):
        for p in range(route.shape[1]):
            if weight[b, p] != 0 or pull != 0:
                more, made = _episode(
                    task.node[b], task.row[b], task.distance[b], task.duration[b], task.near[b], tables.node[b],
                    tables.fixed, route[b, p], int(first[b, p] > 0), weight[b, p], pull, on, by,
                    out.node[b], out.fixed,
                )  # fmt: skip
                entropy += more
                choices += made
    return entropy / max(choices, 1)
