"""The walk behind `ordering`: single departures and arrivals, carried out one migration at a time."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.cluster.state import State, carry, clashes, room

Ints = NDArray[np.int64]


@njit(cache=True)
def walk(state: State, outs: Ints, ins: Ints, limit: int) -> tuple[Ints, int]:
    """Migrations [L, 3] for departures and arrivals [M, 2] (node, kind), and how many arrivals are still to come.

    An arrival at a node that has room for all its arrivals takes nothing from the others, so such ones go first. Then
    any that fits; and where none does, a departing VM of a node that is short of room makes way, to be fetched later.
    """
    moves = np.empty((limit, 3), np.int64)
    need_cpu, need_memory = np.zeros_like(state.cpu), np.zeros_like(state.memory)
    for node, kind in ins:
        for taken in range(node, node + state.nodes[kind]):
            need_cpu[taken] += state.share_cpu[kind]
            need_memory[taken] += state.share_memory[kind]
    made, left = 0, len(ins)
    while left > 0 and made < limit:
        out, arrival = _pair(state, outs, ins, left, need_cpu, need_memory)
        if arrival >= 0:
            target, kind = ins[arrival]
            for taken in range(target, target + state.nodes[kind]):
                need_cpu[taken] -= state.share_cpu[kind]
                need_memory[taken] -= state.share_memory[kind]
        else:
            out, target = _way(state, outs, left, need_cpu, need_memory)
            if out < 0:
                break
        source, kind = outs[out]
        carry(state, source, kind, target)
        moves[made] = source, kind, target
        made += 1
        if arrival >= 0:
            left -= 1
            ins[arrival] = ins[left]
            outs[out] = outs[left]
        else:
            outs[out, 0] = target
    return moves[:made], left


@njit(cache=True)
def _short(state: State, node: int, nodes: int, need_cpu: Ints, need_memory: Ints) -> bool:
    """Whether a node (or its twin) has not the room for all arrivals."""
    for n in range(node, node + nodes):  # noqa: SIM110 (numba has no any)
        if need_cpu[n] > state.cpu[n] or need_memory[n] > state.memory[n]:
            return True
    return False


@njit(cache=True)
def _pair(state: State, outs: Ints, ins: Ints, left: int, need_cpu: Ints, need_memory: Ints) -> tuple[int, int]:
    """The best departure and arrival of one kind that can be carried out now; -1, -1 if there are none."""
    best, found = -1, (-1, -1)
    for arrival in range(left):
        target, kind = ins[arrival]
        if not room(state, kind, target):
            continue
        safe = 0 if _short(state, target, state.nodes[kind], need_cpu, need_memory) else 2
        if safe < best:
            continue
        for out in range(left):
            if outs[out, 1] != kind or clashes(state, outs[out, 0], kind, target):
                continue
            short = 1 if _short(state, outs[out, 0], state.nodes[kind], need_cpu, need_memory) else 0
            if safe + short > best:
                best, found = safe + short, (out, arrival)
        if best == 3:
            break
    return found


@njit(cache=True)
def _way(state: State, outs: Ints, left: int, need_cpu: Ints, need_memory: Ints) -> tuple[int, int]:
    """A departure that makes way, and the node it goes to for the time being: best one that stays out of the way."""
    best, found = 0, (-1, -1)
    for out in range(left):
        source, kind = outs[out]
        nodes = state.nodes[kind]
        short = 2 if _short(state, source, nodes, need_cpu, need_memory) else 0
        for target in range(0, len(state.cpu), nodes):
            if target == source or not room(state, kind, target) or clashes(state, source, kind, target):
                continue
            spare = 1
            for n in range(target, target + nodes):
                if need_cpu[n] > state.cpu[n] - state.share_cpu[kind]:
                    spare = 0
                if need_memory[n] > state.memory[n] - state.share_memory[kind]:
                    spare = 0
            if short + spare > best:
                best, found = short + spare, (out, target)
            if best == 3:
                return found
    return found
