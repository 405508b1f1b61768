"""The kernel of the POMO policy that plays whole episodes: one loop per trajectory, over the nodes that may be next."""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from headway.domains.routing.learned.pomo_task import (
    BIASES,
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
from headway.domains.routing.learned.pomo_walk import VEHICLE, begin, compare, go, look, may, plain, strike, uniform
from headway.domains.routing.learned.simd import add, add_each, dot, dot_heads, exp, gather_heads, softmax_heads

CLIP = 10.0  # logits lie within this before biases count (Bello et al. 2017)
ONE, TWO, SQUASH = np.float32(1), np.float32(2), np.float32(CLIP)


# -- one decision: Kool et al. (2019), equations 5 to 7 ---------------------------------------------
@plain
def ask(
    row: Floats, table: Singles, fixed: Singles, vehicle: Floats, at: int, waiting: int, context: Singles,
    query: Singles,
) -> None:  # fmt: skip
    """The vehicle's ``query`` [DIM]: that of its place, and what its ``context`` [CONTEXT] adds."""
    look(row, vehicle, waiting, context)
    query[:] = 0
    add(query, 0, ONE, table, at * WIDTH + QUERY)
    for c in range(CONTEXT):
        if context[c] != 0:
            add(query, 0, context[c], fixed, c * DIM)


@plain
def attend(
    table: Singles, fixed: Singles, nodes: Ints, number: int, biases: Singles, kinds: int, query: Singles,
    shares: Singles, glimpse: Singles,
) -> None:  # fmt: skip
    """Attention to ``nodes``: each head's ``shares`` [number, HEADS], and what it sees, the ``glimpse`` [DIM]."""
    for m in range(number):
        dot_heads(query, 0, table, nodes[m] * WIDTH + KEY, shares, m * HEADS)
        for k in range(kinds):
            add_each(shares, m * HEADS, biases[m, k], fixed, GLIMPSE + k * HEADS)
    softmax_heads(shares, number)
    gather_heads(glimpse, shares, table, nodes, number, VALUE)


@plain
def match(
    table: Singles, fixed: Singles, nodes: Ints, number: int, biases: Singles, kinds: int, glimpse: Singles,
    squashed: Singles, logits: Singles,
) -> None:  # fmt: skip
    """The ``logits`` [number]: how well pointers match the glimpse, ``squashed`` by tanh, and the biases."""
    for m in range(number):
        squashed[m] = dot(glimpse, 0, table, nodes[m] * WIDTH + POINTER)
    for m in range(number):
        squashed[m] = ONE - TWO / (ONE + exp(TWO * squashed[m]))
    for m in range(number):
        logit = SQUASH * squashed[m]
        for k in range(kinds):
            logit += fixed[FINAL + k] * biases[m, k]
        logits[m] = logit


# -- the choice ---------------------------------------------------------------------------------------
@plain
def largest(logits: Singles, number: int) -> int:
    """The first place of the largest logit."""
    best = 0
    for m in range(1, number):
        if logits[m] > logits[best]:
            best = m
    return best


@plain
def _sum(values: Singles, number: int) -> float:
    total = 0.0
    for m in range(number):
        total += values[m]
    return total


@plain
def _keep(mass: Singles, number: int, top: float) -> None:
    """Leave only the largest masses that together are at least ``top`` of all; meanwhile their sign marks them."""
    missing = top * _sum(mass, number)
    while missing > 0:
        m = largest(mass, number)
        if mass[m] <= 0:
            break
        missing -= mass[m]
        mass[m] = -mass[m]
    for m in range(number):
        mass[m] = max(-mass[m], np.float32(0))


@plain
def drawn(logits: Singles, number: int, temperature: float, top: float, u: float) -> int:
    """A place drawn in proportion to exp(logit / temperature), among the likeliest that have ``top`` of the mass
    (Holtzman et al. 2020, "The curious case of neural text degeneration": nucleus sampling). Overwrites the logits.
    """
    most, sharp = logits[largest(logits, number)], np.float32(1 / temperature)
    for m in range(number):
        logits[m] = exp((logits[m] - most) * sharp)
    if top < 1:
        _keep(logits, number, top)
    rest, last = u * _sum(logits, number), 0
    for m in range(number):
        if logits[m] > 0:
            last = m
            rest -= logits[m]
            if rest < 0:
                break
    return last


# -- episodes -----------------------------------------------------------------------------------------
class Desk(NamedTuple):
    """Room for one decision."""

    vehicle: Floats  # [VEHICLE]
    left: Ints  # [N], customers that wait
    nodes: Ints  # [N], where the vehicle may go
    context: Singles  # [CONTEXT]
    biases: Singles  # [N, BIASES]
    query: Singles  # [DIM]
    shares: Singles  # [N, HEADS]
    glimpse: Singles  # [DIM]
    squashed: Singles  # [N]
    logits: Singles  # [N]


@nb.njit(cache=True)
def desk(size: int) -> Desk:
    """A desk for instances of ``size`` nodes."""
    return Desk(
        np.empty(VEHICLE), np.empty(size, np.int64), np.empty(size, np.int64), np.empty(CONTEXT, np.float32),
        np.empty((size, BIASES), np.float32), np.empty(DIM, np.float32), np.empty((size, HEADS), np.float32),
        np.empty(DIM, np.float32), np.empty(size, np.float32), np.empty(size, np.float32),
    )  # fmt: skip


@plain
def decide(
    node: Floats, row: Floats, duration: Floats, near: Singles, table: Singles, fixed: Singles, at: int, waiting: int,
    number: int, on: Desk,
) -> int:  # fmt: skip
    """Write the logits of the ``number`` nodes of a desk; how many biases they have."""
    ask(row, table, fixed, on.vehicle, at, waiting, on.context, on.query)
    kinds = compare(node, row, duration, near, on.vehicle, at, on.nodes, number, on.biases)
    attend(table, fixed, on.nodes, number, on.biases, kinds, on.query, on.shares, on.glimpse)
    match(table, fixed, on.nodes, number, on.biases, kinds, on.glimpse, on.squashed, on.logits)
    return kinds


@plain
def _episode(
    node: Floats, row: Floats, distance: Floats, duration: Floats, near: Singles, table: Singles, fixed: Singles,
    first: int, key: np.uint64, temperature: float, top: float, on: Desk, route: NDArray[np.int16],
) -> float:  # fmt: skip
    # int64(0): each literal that reaches a function is compiled anew.
    waiting, at, length, step = begin(node, row, on.vehicle, on.left), np.int64(0), 0.0, np.int64(0)
    while waiting > 0 or at != 0:
        number = may(node, row, distance, duration, on.vehicle, at, on.left, waiting, on.nodes)
        if number == 0:
            return np.inf
        place = 0
        if step == 0 and first > 0:
            on.nodes[0] = first
        elif number > 1:
            decide(node, row, duration, near, table, fixed, at, waiting, number, on)
            if temperature > 0:
                place = drawn(on.logits, number, temperature, top, uniform(key, step))
            else:
                place = largest(on.logits, number)
        to = on.nodes[place]
        length += go(node, row, distance, duration, on.vehicle, at, to)
        if to:
            waiting = strike(on.left, waiting, to)
        route[step] = to
        at, step = to, step + 1
    return length


@nb.njit(cache=True)
def play(
    task: Task, tables: Tables, first: Ints, key: NDArray[np.uint64], temperature: float, top: float,
    route: NDArray[np.int16], length: Floats,
) -> None:  # fmt: skip
    """Episodes [B, P]: their ``route`` [B, P, 2N], -1 beyond the end, and ``length``, infinite where customers are left
    whom no vehicle can serve.

    ``first`` is the customer to begin at, 0: where the policy likes. The likeliest node is taken where ``temperature``
    is 0, else it is drawn with the episode's ``key`` (see `drawn`).
    """
    route[:] = -1
    on = desk(task.node.shape[1])
    for b in range(first.shape[0]):
        for p in range(first.shape[1]):
            length[b, p] = _episode(
                task.node[b], task.row[b], task.distance[b], task.duration[b], task.near[b], tables.node[b],
                tables.fixed, first[b, p], key[b, p], temperature, top, on, route[b, p],
            )  # fmt: skip
