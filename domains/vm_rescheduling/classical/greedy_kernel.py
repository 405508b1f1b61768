"""The best single migration, again and again."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.classical.slots import EPS, Terms, exchange, worth
from headway.domains.vm_rescheduling.cluster.state import State, carry, clashes, room

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Choice = tuple[float, int, int, int]  # score, source, kind, target


class Gains(NamedTuple):
    """What one VM of a kind takes off the fragment rate, each [K, N]; -inf where it cannot."""

    leave: Floats  # by leaving the node
    come: Floats  # by coming to the node
    turn: Floats  # by going from the node to the other one of its machine


@njit(cache=True)
def greedy(state: State, terms: Terms, limit: int, noise: Floats, shape: float = 0.0) -> Ints:
    """Migrations [L, 3] (from node, kind, to node), each the one that gains most, until none gains.

    ``noise`` [2, K, N] is added to what a departure and an arrival gain when they are compared. Without it, the first
    kind wins a tie, then a move between machines before one within, then the first source and the first target.
    ``shape`` as in `slots.worth`: fragments count too.
    """
    gains = gains_of(state, terms, shape)
    moves = np.empty((limit, 3), np.int64)
    made = 0
    while made < limit:
        _, source, kind, target = best(state, gains, noise)
        if source < 0:
            break
        carry(state, source, kind, target)
        moves[made] = source, kind, target
        made += 1
        refresh(state, terms, source // 2, gains, shape)
        refresh(state, terms, target // 2, gains, shape)
    return moves[:made]


@njit(cache=True)
def gains_of(state: State, terms: Terms, shape: float = 0.0) -> Gains:
    """The gains of all kinds and nodes."""
    table = (len(state.nodes), len(state.cpu))
    gains = Gains(np.full(table, -np.inf), np.full(table, -np.inf), np.full(table, -np.inf))
    for machine in range(len(state.cpu) // 2):
        refresh(state, terms, machine, gains, shape)
    return gains


@njit(cache=True)
def refresh(state: State, terms: Terms, machine: int, gains: Gains, shape: float = 0.0) -> None:
    """The gains of a machine's two nodes, worked out again."""
    if len(state.nodes) == 0:
        return
    now = worth(state, terms, machine, 0, 0, 0, shape)
    for node in (2 * machine, 2 * machine + 1):
        for kind in range(len(state.nodes)):
            there = state.count[node, kind] > 0
            fits = room(state, kind, node)
            turns = there and state.nodes[kind] == 1 and room(state, kind, node ^ 1)
            gains.leave[kind, node] = worth(state, terms, machine, kind, node, -1, shape) - now if there else -np.inf
            gains.come[kind, node] = worth(state, terms, machine, kind, node, 1, shape) - now if fits else -np.inf
            gains.turn[kind, node] = exchange(state, terms, node, kind, node ^ 1, shape) if turns else -np.inf


@njit(cache=True)
def best(state: State, gains: Gains, noise: Floats) -> Choice:
    """The migration that gains most; source -1 if none gains anything."""
    found = (-np.inf, -1, -1, -1)
    for kind in range(len(state.nodes)):
        if state.group[kind] < 0:
            found = _between(kind, gains, noise, found)
        else:
            found = _apart(state, kind, gains, noise, found)
        for node in range(len(state.cpu)):
            gain = gains.turn[kind, node]
            if gain > EPS:
                score = gain + noise[0, kind, node] + noise[1, kind, node ^ 1]
                if score > found[0] + EPS:
                    found = (score, node, kind, node ^ 1)
    return found


@njit(cache=True)
def _between(kind: int, gains: Gains, noise: Floats, found: Choice) -> Choice:
    """From one machine to another: the best source with the best target, or the second best where these are one."""
    leave, come = gains.leave[kind], gains.come[kind]
    outs, ins = _two_best(leave, noise[0, kind]), _two_best(come, noise[1, kind])
    for source in outs:
        for target in ins:
            if source >= 0 and target >= 0 and source // 2 != target // 2:
                gain = leave[source] + come[target]
                score = gain + noise[0, kind, source] + noise[1, kind, target]
                if gain > EPS and score > found[0] + EPS:
                    found = (score, source, kind, target)
    return found


@njit(cache=True)
def _two_best(gain: Floats, noise: Floats) -> tuple[int, int]:
    """The node of the greatest gain, and that of the greatest on another machine (-1: none)."""
    first, second = -1, -1
    top, below = -np.inf, -np.inf
    for node in range(len(gain)):
        value = gain[node] + noise[node]
        if value > top + EPS:
            if first // 2 != node // 2:
                second, below = first, top
            first, top = node, value
        elif value > below + EPS and first // 2 != node // 2:
            second, below = node, value
    return first, second


@njit(cache=True)
def _apart(state: State, kind: int, gains: Gains, noise: Floats, found: Choice) -> Choice:
    """Where a VM of a group may go depends on where it is; such kinds have few VMs, so all pairs are looked at."""
    leave, come = gains.leave[kind], gains.come[kind]
    for source in range(len(leave)):
        if leave[source] == -np.inf:
            continue
        for target in range(len(come)):
            gain = leave[source] + come[target]
            if gain > EPS and source // 2 != target // 2:
                score = gain + noise[0, kind, source] + noise[1, kind, target]
                if score > found[0] + EPS and not clashes(state, source, kind, target):
                    found = (score, source, kind, target)
    return found
