"""The living cluster move by move: what happens up to a second, and whether a migration can still be made.

Nodes as in `Counts`: node n is node n % 2 of machine n // 2; a VM on two nodes is at the first node of its machine.
Subjects are VMs: 0..V-1 those of the snapshot, V..V+E-1 the arrivals. All arrays are those of one cluster.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Open = NDArray[np.int8]


class World(NamedTuple):
    """What stays the same in one cluster."""

    second: Floats  # [M] of each event, in order; inf for padding
    subject: NDArray[np.int32]  # [M] the VM that departs, or -1 - the VM that arrives
    spot: Floats  # [V+E] see `LiveSnapshot`
    need: Ints  # [V+E, 3] cores and MB on each of its nodes, and how many nodes
    open: Open  # [N]
    zone: Ints  # [N]
    group: Ints  # [V]
    terms: Floats  # [R, 4] resource (0 cores, 1 MB), size, nodes, weight of each kind of fragment


@njit(cache=True)
def advance(world: World, free: Ints, at: NDArray[np.int32], event: int, clock: float) -> int:
    """Let everything happen up to and at second ``clock``, from event number ``event`` on; the next event's number.

    ``free`` int64 [2, N] (cores, MB) and ``at`` int32 [V+E] (-1: not there) are changed.
    """
    while event < len(world.second) and world.second[event] <= clock:
        happen(world, free, at, event)
        event += 1
    return event


@njit(cache=True)
def happen(world: World, free: Ints, at: NDArray[np.int32], event: int) -> int:
    """Let one event happen: a VM departs if it is there, or arrives if it finds room; the node, -1 if neither."""
    subject = world.subject[event]
    if subject >= 0:
        node = at[subject]
        at[subject] = -1
        if node >= 0:
            _put(world, free, subject, node, -1)
        return int(node)
    arrival = -1 - subject
    at[arrival] = place(world, free, arrival)
    if at[arrival] >= 0:
        _put(world, free, arrival, at[arrival], 1)
    return int(at[arrival])


@njit(cache=True)
def place(world: World, free: Ints, vm: int) -> int:
    """The node that an arriving VM is put on; -1 where none has room."""
    cores, memory, nodes = world.need[vm, 0], world.need[vm, 1], world.need[vm, 2]
    if world.spot[vm] < 0:
        return _best_fit(world.open, free, cores, memory, nodes)
    rooms = _count(world.open, free, cores, memory, nodes, len(world.open))[0]
    return _count(world.open, free, cores, memory, nodes, 1 + int(world.spot[vm] * rooms))[1] if rooms else -1


@njit(cache=True)
def _best_fit(open: Open, free: Ints, cores: int, memory: int, nodes: int) -> int:
    found, fewest = -1, (0, 0)
    for node in range(0, len(open), nodes):
        if _fits(open, free, cores, memory, nodes, node):
            left = (free[0, node] + free[0, node ^ 1], free[0, node])
            if found < 0 or left < fewest:
                found, fewest = node, left
    return found


@njit(cache=True)
def _count(open: Open, free: Ints, cores: int, memory: int, nodes: int, upto: int) -> tuple[int, int]:
    """How many nodes have room, ``upto`` at most, and the last of them that was counted."""
    count, last = 0, -1
    for node in range(0, len(open), nodes):
        if count < upto and _fits(open, free, cores, memory, nodes, node):
            count, last = count + 1, node
    return count, last


@njit(cache=True)
def _fits(open: Open, free: Ints, cores: int, memory: int, nodes: int, node: int) -> bool:
    """Whether a node (and its twin, for a VM on two nodes) is open and has room now."""
    twin = node + nodes - 1
    if not open[node] or free[0, node] < cores or free[1, node] < memory:
        return False
    return bool(free[0, twin] >= cores and free[1, twin] >= memory)


@njit(cache=True)
def migrate(world: World, free: Ints, at: NDArray[np.int32], vm: int, target: int) -> bool:
    """Carry out a migration if the VM is still there, and elsewhere, and may come; whether it was done."""
    fits = _fits(world.open, free, world.need[vm, 0], world.need[vm, 1], world.need[vm, 2], target)
    if at[vm] < 0 or at[vm] == target or not fits or _clashes(world, at, vm, target):
        return False
    _put(world, free, vm, at[vm], -1)
    _put(world, free, vm, target, 1)
    at[vm] = target
    return True


@njit(cache=True)
def rate(world: World, tally: Ints) -> float:
    """The weighted fragment rate, from what is free and whole slots, of each kind of fragment [R, 2]."""
    mixed = 0.0
    for term in range(len(tally)):
        whole, slots = tally[term, 0], tally[term, 1]
        if whole > 0:
            slot = int(world.terms[term, 1]) * int(world.terms[term, 2])
            mixed += world.terms[term, 3] * (1.0 - slot * slots / whole)
    return mixed


@njit(cache=True)
def tallied(world: World, free: Ints, machine: int, tally: Ints) -> None:
    """Write what is free on a machine, and whole slots, of each kind of fragment [R, 2]; nothing where it is closed."""
    tally[:] = 0
    node = 2 * machine
    for term in range(len(tally) if world.open[node] else 0):
        resource, size = int(world.terms[term, 0]), int(world.terms[term, 1])
        one, other = free[resource, node], free[resource, node + 1]
        slots = one // size, other // size
        tally[term, 0] = one + other
        tally[term, 1] = min(slots) if world.terms[term, 2] == 2 else slots[0] + slots[1]


@njit(cache=True)
def _clashes(world: World, at: NDArray[np.int32], vm: int, target: int) -> bool:
    """Whether another VM of its group is in the zone."""
    group = world.group[vm]
    if group < 0:
        return False
    for other in range(len(world.group)):
        peer = other != vm and world.group[other] == group and at[other] >= 0
        if peer and world.zone[at[other]] == world.zone[target]:
            return True
    return False


@njit(cache=True)
def _put(world: World, free: Ints, vm: int, node: int, sign: int) -> None:
    cores, memory, nodes = world.need[vm, 0], world.need[vm, 1], world.need[vm, 2]
    for n in range(node, node + nodes):
        free[0, n] -= sign * cores
        free[1, n] -= sign * memory
