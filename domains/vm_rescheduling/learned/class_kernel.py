"""The kernels of the class policy that play whole episodes, move by move.

Tables are [B, J, C, Q]: by cluster, stretch of the episode, class and column. They hold logits where the largest is
taken (``largest``), the exponentials of logits where one is drawn; over both nodes of a VM logits add up, exponentials
multiply. What a machine's VMs and nodes weigh is kept, and worked out again only where a migration changed something.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.learned.class_cluster import (
    CLASS,
    COLUMN,
    DOUBLE,
    GROUP,
    ROOM,
    ZONE,
    Floats,
    Int8s,
    Int32s,
    Ints,
    fits,
    move,
    promise,
)  # fmt: skip
from headway.domains.vm_rescheduling.learned.class_pack import Pack
from headway.nn.decoding import GOLDEN, MIXERS

MIX1, MIX2 = MIXERS


@nb.njit(cache=True)
def uniform(key: np.uint64, step: int) -> float:
    """A number in [0, 1) from a key and a counter: `headway.nn.decoding.uniforms` for one row."""
    z = key + GOLDEN * np.uint64(step + 1)
    z = (z ^ (z >> np.uint64(30))) * MIX1
    z = (z ^ (z >> np.uint64(27))) * MIX2
    return ((z ^ (z >> np.uint64(31))) >> np.uint64(11)) * 2.0**-53


# -- weights: leave [N, K] and enter [K, N] of what may be chosen, machine [P] of all that may leave it -----------
@nb.njit(cache=True)
def weigh(
    node: Ints,
    kind: Ints,
    head: Int32s,
    sources: Floats,
    targets: Floats,
    largest: bool,
    leave: Floats,
    enter: Floats,
    machine: Floats,
    m: int,
) -> None:
    """The weights of machine m from the tables [C, Q] of a stretch; 0 (or minus infinity) where there is no choice."""
    none = -np.inf if largest else 0.0
    total = none
    for n in (2 * m, 2 * m + 1):
        one, other = node[n, CLASS], node[n ^ 1, CLASS]
        for k in range(len(kind)):
            q = kind[k, COLUMN]
            # Both entries are read first, so that no branch depends on what cannot be foreseen.
            leaves, enters = sources[one, q], targets[one, q]
            if kind[k, DOUBLE] == 1:
                leaves = leaves + sources[other, q] if largest else leaves * sources[other, q]
                enters = enters + targets[other, q] if largest else enters * targets[other, q]
            leaves = leaves if (head[n, k] >= 0) & (kind[k, ROOM] > 0) else none
            leave[n, k] = leaves
            enter[k, n] = enters if fits(node, kind, n, k) else none
            total = max(total, leaves) if largest else total + leaves
    machine[m] = total


@nb.njit(cache=True)
def bar(node: Ints, vm: Int32s, taken: Int8s, row: Floats, n: int, moved: int, none: float) -> None:
    """Strike out of the weights ``row`` [N] the node n that VM ``moved`` is on, and those that its group bars."""
    row[n] = none
    group = vm[moved, GROUP]
    if group >= 0:
        for i in range(len(row)):
            if taken[group, node[i, ZONE]] > (node[i, ZONE] == node[n, ZONE]):
                row[i] = none


# -- choices --------------------------------------------------------------------------------------
@nb.njit(cache=True)
def _largest(weight: Floats) -> int:
    """The first place of the largest weight, -1 where there is no choice."""
    best, at = -np.inf, -1
    for i in range(len(weight)):
        if weight[i] > best:
            best, at = weight[i], i
    return at


@nb.njit(cache=True)
def _drawn(weight: Floats, left: float) -> tuple[int, float]:
    """The place at which the sum of weights exceeds ``left``, and what is left there; -1 where there is no choice."""
    at = -1
    for i in range(len(weight)):
        if weight[i] > 0:
            at = i
            if left < weight[i]:
                break
            left -= weight[i]
    return at, left


@nb.njit(cache=True)
def _source(leave: Floats, machine: Floats, largest: bool, u: float) -> tuple[int, int]:
    """Node and kind of the VM that leaves; (-1, -1) where none may."""
    kinds = leave.shape[1]
    if largest:
        m, left = _largest(machine), 0.0
    else:
        m, left = _drawn(machine, u * machine.sum())
    if m < 0:
        return -1, -1
    weight = leave[2 * m : 2 * m + 2].reshape(-1)
    at = _largest(weight) if largest else _drawn(weight, left)[0]
    return 2 * m + at // kinds, at % kinds


@nb.njit(cache=True)
def play(
    pack: Pack,
    space: Ints,
    source: Floats,
    target: Floats,
    keys: NDArray[np.uint64],
    largest: bool,
    moves: Int32s,
    value: Floats,
    hope: Floats,
) -> None:
    """Play every cluster once for each of its keys [B, R].

    ``moves`` int32 [B, R, L, 4] is filled with source node, kind, target node and VM (-1 beyond the end; source and
    target are the same where a VM had nowhere to go), ``value`` [B, R, L] with what was gained up to each move,
    ``hope`` [B, R, L] with what fragments promise after it, more than at the start.
    """
    for b in range(moves.shape[0]):
        size = pack.nodes[b]
        for r in range(moves.shape[1]):
            _episode(pack.node[b, :size].copy(), pack.kind[b].copy(), pack.vm[b].copy(), pack.head[b, :size].copy(),
                     pack.taken[b].copy(), pack.term, pack.gain[b], space, source[b], target[b], pack.limit[b],
                     keys[b, r], largest, moves[b, r], value[b, r], hope[b, r])  # fmt: skip


@nb.njit(cache=True)
def _promise(node: Ints, term: Ints, gain: Floats, first: int, second: int) -> float:
    total = promise(node, term, gain, first)
    return total if first == second else total + promise(node, term, gain, second)


@nb.njit(cache=True)
def _episode(
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
    key: np.uint64,
    largest: bool,
    moves: Int32s,
    value: Floats,
    hope: Floats,
) -> None:
    nodes, kinds = head.shape
    leave, enter, machine = np.empty((nodes, kinds)), np.empty((kinds, nodes)), np.empty(nodes // 2)
    row, room, last = np.empty(nodes), np.empty(kinds, np.bool_), -1
    gained, promised = 0.0, 0.0
    none = -np.inf if largest else 0.0
    moves[:], value[:], hope[:] = -1, 0.0, 0.0
    for t in range(limit):
        j = t * len(source) // limit
        if j != last:
            for m in range(nodes // 2):
                weigh(node, kind, head, source[j], target[j], largest, leave, enter, machine, m)
            last = j
        n, k = _source(leave, machine, largest, uniform(key, 2 * t))
        if n < 0:
            break
        row[:] = enter[k]
        bar(node, vm, taken, row, n, head[n, k], none)
        to = _largest(row) if largest else _drawn(row, uniform(key, 2 * t + 1) * row.sum())[0]
        moves[t, 0], moves[t, 1], moves[t, 2], moves[t, 3] = n, k, n if to < 0 else to, head[n, k]
        if to >= 0:
            room[:] = kind[:, ROOM] > 0
            promised -= _promise(node, term, gain, n // 2, to // 2)
            gained += move(node, kind, vm, head, taken, term, gain, space, n, k, to)
            promised += _promise(node, term, gain, n // 2, to // 2)
            changed = (room != (kind[:, ROOM] > 0)).any()
            for i in range(nodes // 2 if changed else 2):
                m = i if changed else (n if i == 0 else to) // 2
                weigh(node, kind, head, source[j], target[j], largest, leave, enter, machine, m)
        value[t:], hope[t:] = gained, promised
