"""Facts about the shape of supply networks, from the ends of their links: numpy arrays, padding marked by -1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


def misplaced(ends: Integers, here: Booleans) -> Booleans:
    """bool [B, E], true where an end of a link [B, E] is neither -1 nor a node that is ``here`` [B, N]."""
    inside = (ends >= 0) & (ends < here.shape[1])
    known = np.take_along_axis(here, np.where(inside, ends, 0), axis=1) if here.shape[1] else np.zeros_like(inside)
    wrong: Booleans = (ends != -1) & ~(inside & known)
    return wrong


def cycles(tail: Integers, head: Integers, nodes: int) -> Booleans:
    """bool [B, E], true for links that lie on a cycle or lead on from one.

    Kahn's algorithm, all rows at once: a link goes when nothing is left that leads to its tail.
    """
    left = (tail >= 0) & (head >= 0)
    if (tail < head)[left].all():  # numbered from the source on, as most networks are
        return np.zeros_like(left)
    rows = np.arange(len(tail))[:, None]
    for _ in range(nodes):
        supplied = np.zeros((len(tail), nodes), bool)
        supplied[np.broadcast_to(rows, head.shape)[left], head[left]] = True
        left = left & supplied[rows, np.maximum(tail, 0)]
    return left


def flows(tail: Integers, head: Integers, own: NDArray[np.float64]) -> NDArray[np.float64]:
    """What passes through each node [N] of one network when ``own`` [N] is asked for at each of them.

    A node with several suppliers takes the same from each. Links [E] form no cycle.
    """
    share = 1.0 / np.maximum(np.bincount(head, minlength=len(own)), 1)
    inside = tail >= 0
    matrix = np.eye(len(own))
    np.subtract.at(matrix, (tail[inside], head[inside]), share[head[inside]])
    through: NDArray[np.float64] = np.linalg.solve(matrix, own).astype(np.float64, copy=False)
    return through
