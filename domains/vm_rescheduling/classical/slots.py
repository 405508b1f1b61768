"""What free capacity is worth: whole slots, weighted as the objective weighs them (for numba kernels)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.cluster.counts import Counts
from headway.domains.vm_rescheduling.cluster.fragments import Fragment
from headway.domains.vm_rescheduling.cluster.state import State

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
def worth(state: State, terms: Terms, machine: int, kind: int, node: int, sign: int) -> float:
    """What the slots of a machine are worth once a VM of ``kind`` has come to ``node`` (``sign`` 1), left it (-1), or
    neither (0).
    """
    total, first = 0.0, 2 * machine
    for term in range(len(terms.size)):
        free = state.memory if terms.memory[term] else state.cpu
        share = state.share_memory[kind] if terms.memory[term] else state.share_cpu[kind]
        one = free[first] - (sign * share if node == first else 0)
        both = state.nodes[kind] == 2 or node == first + 1
        two = free[first + 1] - (sign * share if both else 0)
        if terms.nodes[term] == 1:
            total += terms.worth[term] * (one // terms.size[term] + two // terms.size[term])
        else:
            total += terms.worth[term] * (min(one, two) // terms.size[term])
    return total
