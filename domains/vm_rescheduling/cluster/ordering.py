"""Ordering: from what should be where in the end to migrations that can be carried out one by one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.cluster.counts import Counts, Ints
from headway.domains.vm_rescheduling.cluster.instance import Snapshot
from headway.domains.vm_rescheduling.cluster.ordering_kernel import walk
from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.cluster.state import state_of

TRIES = 16


class Order(NamedTuple):
    """Migrations in order, int64 [L, 3] (from node, kind, to node), and how many arrivals they leave undone."""

    moves: Ints
    left: int


def order(counts: Counts, change: Ints, limit: int, *, tries: int = TRIES, seed: int = 0) -> Order:
    """Migrations that change the counts by ``change`` [N, K], each feasible when it is made, at most ``limit``.

    There are as many as VMs that have to leave a node, and one more for each cycle that a temporary move breaks: which
    departure is matched to which arrival of its kind is settled on the way. Whether an order exists is not decided
    exactly: where the walk gets stuck it is tried again in other orders, and the try that leaves least is returned.

    Parameters
    ----------
    counts : with groups (`Counts.of`) where anti-affinity is to hold at each step
    change : int64 [N, K]; each column sums to 0
    tries : walks at most
    """
    outs, ins = _units(np.maximum(-change, 0)), _units(np.maximum(change, 0))
    rng = np.random.default_rng(seed)
    best = Order(np.empty((0, 3), np.int64), len(ins))
    for attempt in range(tries):
        if attempt:
            outs, ins = rng.permutation(outs), rng.permutation(ins)
        found = Order(*walk(state_of(counts), outs.copy(), ins.copy(), limit))
        best = min(best, found, key=lambda order: (order.left, len(order.moves)))
        if best.left == 0 and len(best.moves) == len(ins):
            break
    return best


def reach(snapshot: Snapshot, target: NDArray[np.integer], *, tries: int = TRIES) -> Plan | None:
    """A plan within the limit after which VMs are at ``target`` [V] (node numbers, 2 x machine + node), up to
    exchanges of VMs of one size and group. None where no order was found, or one that moves a pinned VM.
    """
    counts = Counts.of(snapshot, groups=True)
    movable = counts.kind >= 0
    if (target[~movable] != counts.place[~movable]).any():
        return None
    moved = np.flatnonzero(target != counts.place)
    change = counts.change(np.stack([counts.place, counts.kind, target], axis=1)[moved])
    found = order(counts, change, int(snapshot.limit[0]), tries=tries)
    return None if found.left else counts.plan(found.moves)


def _units(number: Ints) -> Ints:
    """Node and kind [M, 2] of each single departure or arrival."""
    units: Ints = np.repeat(np.argwhere(number), number[number > 0], axis=0)
    return units
