"""One step of a beam search: the migrations worth trying from a state."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.classical.slots import Terms, exchange, worth
from headway.domains.vm_rescheduling.cluster.state import State, clashes, room

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
TOP = 4  # sources and targets of each kind that are paired


@njit(cache=True)
def successors(state: State, terms: Terms, shape: float) -> tuple[Ints, Floats, Floats]:
    """Migrations [M, 3], what they gain with ``shape`` (see `slots.worth`), and what in slots alone.

    For each kind the ``TOP`` nodes that gain most by a departure are paired with those that gain most by an arrival.
    """
    kinds = len(state.nodes)
    moves = np.empty((kinds * TOP * TOP, 3), np.int64)
    gain, slots = np.empty(len(moves)), np.empty(len(moves))
    found = 0
    for kind in range(kinds):
        outs, ins = _best_nodes(state, terms, kind, shape, -1), _best_nodes(state, terms, kind, shape, 1)
        for source in outs:
            for target in ins:
                if source < 0 or target < 0 or source == target or clashes(state, source, kind, target):
                    continue
                moves[found] = source, kind, target
                gain[found] = exchange(state, terms, source, kind, target, shape)
                slots[found] = exchange(state, terms, source, kind, target, 0.0)
                found += 1
    return moves[:found], gain[:found], slots[:found]


@njit(cache=True)
def _best_nodes(state: State, terms: Terms, kind: int, shape: float, sign: int) -> Ints:
    """The nodes that gain most when a VM comes (``sign`` 1) or leaves (-1), best first; -1 where there are fewer."""
    nodes, value = np.full(TOP, -1), np.full(TOP, -np.inf)
    for node in range(len(state.cpu)):
        able = state.count[node, kind] > 0 if sign < 0 else room(state, kind, node)
        if not able:
            continue
        machine = node // 2
        gain = worth(state, terms, machine, kind, node, sign, shape) - worth(state, terms, machine, 0, 0, 0, shape)
        place = TOP
        while place > 0 and gain > value[place - 1]:
            place -= 1
        if place < TOP:
            nodes[place + 1 :], value[place + 1 :] = nodes[place:-1].copy(), value[place:-1].copy()
            nodes[place], value[place] = node, gain
    return nodes
