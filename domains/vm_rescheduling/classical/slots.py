"""What free capacity is worth: whole slots, weighted as the objective weighs them (for numba kernels)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.cluster.counts import Counts
from headway.domains.vm_rescheduling.cluster.fragments import Fragment
from headway.domains.vm_rescheduling.cluster.state import State, carry

Floats = NDArray[np.float64]
EPS = 1e-9  # of the fragment rate: less is no gain


class Terms(NamedTuple):
    """The kinds of fragments, each array [T]."""

    memory: NDArray[np.bool_]  # whether of memory, or else of cores
    size: NDArray[np.int64]
    nodes: NDArray[np.int64]
    worth: Floats  # what one slot takes off the fragment rate: weight x size x nodes / free


def terms_of(terms: Sequence[Fragment], counts: Counts) -> Terms:
    """The terms of an objective for one cluster; where nothing is free a slot is worth nothing."""
    free = [counts.free[term.resource == "memory"] for term in terms]
    worth = [t.weight * t.size * t.nodes / f if f else 0.0 for t, f in zip(terms, free, strict=True)]
    return Terms(
        np.array([term.resource == "memory" for term in terms]),
        np.array([term.size for term in terms], np.int64),
        np.array([term.nodes for term in terms], np.int64),
        np.array(worth),
    )


@njit(cache=True)
def worth(
    state: State, terms: Terms, machine: int, kind: int = 0, node: int = 0, sign: int = 0, shape: float = 0.0
) -> float:
    """What the slots of a machine are worth once a VM of ``kind`` has come to ``node`` (``sign`` 1), left it (-1), or
    neither (0). With ``shape``, a fragment is worth that times the square of its share of a slot: two fragments are
    then worth more as one, which makes slots of them later.
    """
    total, first = 0.0, 2 * machine
    for term in range(len(terms.size)):
        size = terms.size[term]
        free = state.memory if terms.memory[term] else state.cpu
        share = state.share_memory[kind] if terms.memory[term] else state.share_cpu[kind]
        one = free[first] - (sign * share if node == first else 0)
        both = state.nodes[kind] == 2 or node == first + 1
        two = free[first + 1] - (sign * share if both else 0)
        slots = one // size + two // size if terms.nodes[term] == 1 else min(one, two) // size
        part = 0.0
        if shape > 0.0 and terms.nodes[term] == 1:
            part = (one % size / size) ** 2 + (two % size / size) ** 2
        elif shape > 0.0:
            part = (min(one / size - slots, 1.0) ** 2 + min(two / size - slots, 1.0) ** 2) / 2
        total += terms.worth[term] * (slots + shape * part)
    return total


@njit(cache=True)
def exchange(state: State, terms: Terms, source: int, kind: int, target: int, shape: float = 0.0) -> float:
    """What a migration adds to `worth`, within a machine or between two."""
    one, two = source // 2, target // 2
    now = worth(state, terms, one, 0, 0, 0, shape)
    if one == two:
        carry(state, source, kind, target)
        then = worth(state, terms, one, 0, 0, 0, shape)
        carry(state, target, kind, source)
        return float(then - now)
    gain = worth(state, terms, one, kind, source, -1, shape) - now
    other = worth(state, terms, two, kind, target, 1, shape) - worth(state, terms, two, 0, 0, 0, shape)
    return float(gain + other)
