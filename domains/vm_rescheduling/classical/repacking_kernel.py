"""VMs taken out together and packed again."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.classical.greedy_kernel import Gains, gains_of, refresh
from headway.domains.vm_rescheduling.classical.slots import EPS, Terms
from headway.domains.vm_rescheduling.cluster.state import State, put, room

Ints = NDArray[np.int64]


@njit(cache=True)
def repacked(state: State, terms: Terms, number: int, fit: bool) -> Ints:
    """Source, kind and target [M, 3] of VMs taken out and packed again; empty where one has no place. Changes state.

    ``number`` VMs are taken out, each the one that leaves the fewest fragments then (first kind, first node). They come
    back, largest first, where that loses the fewest slots (not asked for with ``fit``), among these to the node with
    the fewest free cores; never to the node they left.
    """
    gains, room_of = gains_of(state, terms), _worth_of_room(state, terms)
    moves = np.empty((number, 3), np.int64)
    size = np.empty(number, np.int64)
    for taken in range(number):
        source, kind = _worst(gains, room_of)
        if source < 0:
            return moves[:0]
        put(state, source, kind, -1)
        refresh(state, terms, source // 2, gains)
        moves[taken, 0], moves[taken, 1] = source, kind
        size[taken] = state.share_cpu[kind] * state.nodes[kind]
    for taken in np.argsort(-size, kind="mergesort"):
        target = _place(state, gains, moves[taken, 0], moves[taken, 1], fit)
        if target < 0:
            return moves[:0]
        put(state, target, moves[taken, 1], 1)
        refresh(state, terms, target // 2, gains)
        moves[taken, 2] = target
    return moves


@njit(cache=True)
def _worth_of_room(state: State, terms: Terms) -> NDArray[np.float64]:
    """What the capacity that a VM of a kind takes would be worth if slots could be had by the core or MB [K]."""
    total = np.zeros(len(state.nodes))
    for term in range(len(terms.size)):
        share = state.share_memory if terms.memory[term] else state.share_cpu
        total += terms.worth[term] * share * state.nodes / (terms.size[term] * terms.nodes[term])
    return total


@njit(cache=True)
def _worst(gains: Gains, room_of: NDArray[np.float64]) -> tuple[int, int]:
    """Node and kind of the VM whose departure takes most fragments away; -1, -1 where there is none."""
    top, found = -np.inf, (-1, -1)
    kinds, nodes = gains.leave.shape
    for kind in range(kinds):
        for node in range(nodes):
            gain = gains.leave[kind, node] - room_of[kind]
            if gain > top + EPS:
                top, found = gain, (node, kind)
    return found


@njit(cache=True)
def _place(state: State, gains: Gains, source: int, kind: int, fit: bool) -> int:
    """Where a VM that was taken out goes; -1: nowhere."""
    found, top, tight = -1, -np.inf, 0
    for target in range(len(state.cpu)):
        if target == source or not room(state, kind, target):
            continue
        if state.group[kind] >= 0 and state.hosted[state.zone[target], state.group[kind]] > 0:
            continue
        gain = 0.0 if fit else gains.come[kind, target]
        if gain > top + EPS or (gain > top - EPS and state.cpu[target] < tight):
            found, top, tight = target, gain, state.cpu[target]
    return found
