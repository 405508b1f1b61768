"""The kernel that turns played episodes into the gradient of the class policy's tables.

A softmax over all VMs has a derivative for each at every choice, but as long as a weight w stays what it is these are
w (and, for the entropy, w log w) times the same numbers. So the numbers are summed up as they come, and a machine's
weights are settled when they change: a choice costs what a migration changes, not what could have been chosen.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from headway.domains.vm_rescheduling.learned.class_cluster import (
    CLASS,
    COLUMN,
    DOUBLE,
    ROOM,
    Floats,
    Int8s,
    Int32s,
    Ints,
    move,
)  # fmt: skip
from headway.domains.vm_rescheduling.learned.class_kernel import bar, weigh
from headway.domains.vm_rescheduling.learned.class_pack import Pack


@nb.njit(cache=True)
def _add(node: Ints, kind: Ints, grad: Floats, n: int, k: int, amount: float) -> None:
    """To the derivative of what kind k weighs at node n."""
    grad[node[n, CLASS], kind[k, COLUMN]] += amount
    if kind[k, DOUBLE]:
        grad[node[n ^ 1, CLASS], kind[k, COLUMN]] += amount


@nb.njit(cache=True)
def _share(w: float, first: float, second: float) -> float:
    share = w * first
    if second != 0.0 and w > 0:
        share += w * np.log(w) * second
    return share


@nb.njit(cache=True)
def _settle(
    node: Ints,
    kind: Ints,
    leave: Floats,
    enter: Floats,
    sums: Floats,
    seen: Floats,
    source_grad: Floats,
    target_grad: Floats,
    m: int,
) -> None:
    """Bring the gradients up to date in what machine m weighs. ``sums`` [1 + K, 2] for sources and for the targets of
    each kind, ``seen`` [P, 1 + K, 2] what they were when the machine was settled last.
    """
    for k in range(len(kind)):
        first, second = sums[1 + k, 0] - seen[m, 1 + k, 0], sums[1 + k, 1] - seen[m, 1 + k, 1]
        left, left_second = sums[0, 0] - seen[m, 0, 0], sums[0, 1] - seen[m, 0, 1]
        for n in (2 * m, 2 * m + 1):
            _add(node, kind, source_grad, n, k, -_share(leave[n, k], left, left_second))
            if first != 0.0:
                _add(node, kind, target_grad, n, k, -_share(enter[k, n], first, second))
    for i in range(len(sums)):
        seen[m, i, 0], seen[m, i, 1] = sums[i, 0], sums[i, 1]


@nb.njit(cache=True)
def _dot(weights: Floats) -> float:
    """Sum of w log w."""
    total = 0.0
    for w in weights:
        if w > 0:
            total += w * np.log(w)
    return total


@nb.njit(cache=True)
def _sum_up(sums: Floats, i: int, total: float, dot: float, a: float, pull: float) -> float:
    """Add the factors of w and of w log w in minus the derivative of a log p + pull x entropy; the entropy."""
    mean = dot / total
    sums[i, 0] += (a - pull * mean) / total
    sums[i, 1] += pull / total
    return np.log(total) - mean


@nb.njit(cache=True)
def _weigh(
    node: Ints,
    kind: Ints,
    head: Int32s,
    sources: Floats,
    targets: Floats,
    leave: Floats,
    enter: Floats,
    machine: Floats,
    dots: Floats,
    pull: float,
    m: int,
) -> None:
    weigh(node, kind, head, sources, targets, False, leave, enter, machine, m)
    if pull != 0.0:
        dots[m] = _dot(leave[2 * m]) + _dot(leave[2 * m + 1])


@nb.njit(cache=True)
def _target(
    node: Ints,
    kind: Ints,
    vm: Int32s,
    head: Int32s,
    taken: Int8s,
    enter: Floats,
    row: Floats,
    sums: Floats,
    grad: Floats,
    n: int,
    k: int,
    to: int,
    a: float,
    pull: float,
) -> float:
    """The second choice of a move: sums and derivatives; its entropy."""
    row[:] = enter[k]
    bar(node, vm, taken, row, n, head[n, k], 0.0)
    first, second = sums[1 + k, 0], sums[1 + k, 1]
    entropy = _sum_up(sums, 1 + k, row.sum(), _dot(row) if pull != 0.0 else 0.0, a, pull)
    _add(node, kind, grad, to, k, a)
    for i in range(len(row)):  # what was barred has no part in it
        if row[i] == 0 and enter[k, i] > 0:
            _add(node, kind, grad, i, k, _share(enter[k, i], sums[1 + k, 0] - first, sums[1 + k, 1] - second))
    return entropy


@nb.njit(cache=True)
def _episode(  # noqa: C901 - one walk; in pieces, every one would take all of its arrays
    node: Ints,
    kind: Ints,
    vm: Int32s,
    head: Int32s,
    taken: Int8s,
    term: Ints,
    gain: Floats,
    space: Ints,
    source: Floats,
    target: Floats,
    limit: int,
    moves: Int32s,
    a: float,
    pull: float,
    source_grad: Floats,
    target_grad: Floats,
) -> tuple[float, int]:
    """One episode with weight a; the sum of its entropies (nothing without a pull) and the number of moves."""
    (nodes, kinds), machines = head.shape, len(head) // 2
    leave, enter, machine = np.empty((nodes, kinds)), np.empty((kinds, nodes)), np.empty(machines)
    row, room, dots = np.empty(nodes), np.empty(kinds, np.bool_), np.zeros(machines)
    sums, seen = np.zeros((1 + kinds, 2)), np.zeros((machines, 1 + kinds, 2))
    last, entropy, made = -1, 0.0, 0
    for t in range(limit):
        n, k, to = moves[t, 0], moves[t, 1], moves[t, 2]
        if n < 0:
            break
        j = t * len(source) // limit
        for m in range(machines if j != last else 0):
            if last >= 0:
                _settle(node, kind, leave, enter, sums, seen, source_grad[last], target_grad[last], m)
            _weigh(node, kind, head, source[j], target[j], leave, enter, machine, dots, pull, m)
        last, made = j, made + 1
        entropy += _sum_up(sums, 0, machine.sum(), dots.sum(), a, pull)
        _add(node, kind, source_grad[j], n, k, a)
        if to == n:
            continue
        entropy += _target(node, kind, vm, head, taken, enter, row, sums, target_grad[j], n, k, to, a, pull)
        for end in (n, to):
            _settle(node, kind, leave, enter, sums, seen, source_grad[j], target_grad[j], end // 2)
        room[:] = kind[:, ROOM] > 0
        move(node, kind, vm, head, taken, term, gain, space, n, k, to)
        if (room != (kind[:, ROOM] > 0)).any():
            for m in range(machines):  # the two ends have nothing left to settle
                if m != n // 2 and m != to // 2:
                    _settle(node, kind, leave, enter, sums, seen, source_grad[j], target_grad[j], m)
                _weigh(node, kind, head, source[j], target[j], leave, enter, machine, dots, pull, m)
        else:
            for end in (n, to):
                _weigh(node, kind, head, source[j], target[j], leave, enter, machine, dots, pull, end // 2)
    for m in range(machines if last >= 0 else 0):
        _settle(node, kind, leave, enter, sums, seen, source_grad[last], target_grad[last], m)
    return entropy, made


@nb.njit(cache=True)
def score(
    pack: Pack,
    space: Ints,
    source: Floats,
    target: Floats,
    moves: Int32s,
    scale: Floats,
    pull: float,
    source_grad: Floats,
    target_grad: Floats,
) -> float:
    """Add to the gradients [B, J, C, Q] those of sum(scale x log probability + pull x entropy) over the choices made.

    ``source``, ``target`` are exponentials, ``moves`` what `play` drew with them, ``scale`` [B, R] and ``pull`` of
    each choice. Returns the mean entropy of a move's two choices (where there is a pull; else it means nothing).
    """
    entropy, made = 0.0, 0
    for b in range(moves.shape[0]):
        size = pack.nodes[b]
        for r in range(moves.shape[1]):
            if scale[b, r] != 0.0 or pull != 0.0:
                more, moved = _episode(
                    pack.node[b, :size].copy(), pack.kind[b].copy(), pack.vm[b].copy(), pack.head[b, :size].copy(),
                    pack.taken[b].copy(), pack.term, pack.gain[b], space, source[b], target[b], pack.limit[b],
                    moves[b, r], scale[b, r], pull, source_grad[b], target_grad[b],
                )  # fmt: skip
                entropy += more
                made += moved
    return entropy / max(made, 1)
