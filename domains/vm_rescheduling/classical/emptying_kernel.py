"""Machines emptied one after the other."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.cluster.state import State, carry, clashes, room

Ints = NDArray[np.int64]


@njit(cache=True)
def empty(state: State, fixed: Ints, limit: int) -> Ints:
    """Migrations [L, 3] that empty machines, those with the fewest VMs first, as long as they can be emptied whole.

    The VMs of a machine go, largest first, to the fullest machine in use that has room (best fit), and there to the
    fullest node.
    """
    machines = len(fixed)
    moves = np.empty((limit, 3), np.int64)
    made = 0
    vms = np.empty(machines, np.int64)
    for machine in range(machines):
        vms[machine] = state.count[2 * machine].sum() + state.count[2 * machine + 1].sum()
    for machine in np.argsort(vms):
        movable = state.open[2 * machine] and fixed[machine] == 0 and vms[machine] > 0
        if movable and vms[machine] <= limit - made:
            placed = _emptied(state, vms, fixed, machine, moves, made)
            made += placed
    return moves[:made]


@njit(cache=True)
def _emptied(state: State, vms: Ints, fixed: Ints, machine: int, moves: Ints, made: int) -> int:
    """Empty one machine, or leave all as it is; how many migrations that took."""
    begun = made
    for kind in np.argsort(-state.share_cpu * state.nodes):
        for source in (2 * machine, 2 * machine + 1):
            while state.count[source, kind] > 0:
                target = _tightest(state, vms, fixed, source, kind)
                if target < 0:
                    for undone in range(made - 1, begun - 1, -1):
                        was, what, now = moves[undone]
                        carry(state, now, what, was)
                        vms[now // 2] -= 1
                        vms[machine] += 1
                    return 0
                carry(state, source, kind, target)
                vms[machine] -= 1
                vms[target // 2] += 1
                moves[made] = source, kind, target
                made += 1
    return made - begun


@njit(cache=True)
def _tightest(state: State, vms: Ints, fixed: Ints, source: int, kind: int) -> int:
    """The node with room on another machine in use that has the fewest free cores, machine before node; -1: none."""
    found, least = -1, 0
    for target in range(len(state.cpu)):
        machine = target // 2
        if machine == source // 2 or vms[machine] + fixed[machine] == 0 or not room(state, kind, target):
            continue
        tightness = (state.cpu[2 * machine] + state.cpu[2 * machine + 1]) * 100_000 + state.cpu[target]
        if (found < 0 or tightness < least) and not clashes(state, source, kind, target):
            found, least = target, tightness
    return found
