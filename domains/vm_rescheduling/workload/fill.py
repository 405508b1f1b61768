"""The kernels of the generator: VMs come and go in one cluster until it looks used. Node n is node n % 2 of machine
n // 2; a VM on both nodes is placed at the first.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numba as nb
import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Stream: TypeAlias = np.random.Generator

BEST_FIT, FIRST_FIT, RANDOM = range(3)
MISSES = 200  # arrivals that found no room before the cluster counts as full


@nb.njit(cache=True)
def _room(cpu: Ints, memory: Ints, cores: int, amount: int, nodes: int, upto: int) -> tuple[int, int]:
    """How many nodes have room for such a VM, and the last of them that was counted, ``upto`` at most."""
    count, found = 0, -1
    for n in range(0, len(cpu), nodes):
        m = n + nodes - 1
        if cpu[n] >= cores and cpu[m] >= cores and memory[n] >= amount and memory[m] >= amount:
            count += 1
            found = n
            if count == upto:
                break
    return count, found


@nb.njit(cache=True)
def _best(cpu: Ints, memory: Ints, cores: int, amount: int, nodes: int) -> int:
    """Of the nodes with room the one on the machine with the fewest free cores, then with the fewest itself."""
    found, least = -1, 1 << 60
    for n in range(0, len(cpu), nodes):
        m = n + nodes - 1
        if cpu[n] >= cores and cpu[m] >= cores and memory[n] >= amount and memory[m] >= amount:
            left = ((cpu[n] + cpu[n ^ 1]) << 20) + cpu[n]
            if left < least:
                found, least = n, left
    return found


@nb.njit(cache=True)
def pick(rng: Stream, cpu: Ints, memory: Ints, size: Ints, rule: int) -> int:
    """The node that a rule gives a VM of this size (cores and MB per node, nodes); -1 where none has room."""
    cores, amount, nodes = size[0], size[1], size[2]
    if rule == BEST_FIT:
        return _best(cpu, memory, cores, amount, nodes)
    if rule == FIRST_FIT:
        return _room(cpu, memory, cores, amount, nodes, 1)[1]
    count = _room(cpu, memory, cores, amount, nodes, 1 << 60)[0]
    return _room(cpu, memory, cores, amount, nodes, 1 + int(rng.random() * count))[1] if count else -1


@nb.njit(cache=True)
def take(cpu: Ints, memory: Ints, place: int, size: Ints, sign: int) -> Any:
    """Give (sign 1) or take back (-1) the room of a VM; returns the cores that it takes in all, signed."""
    for n in range(place, place + size[2]):
        cpu[n] -= sign * size[0]
        memory[n] -= sign * size[1]
    return sign * size[0] * size[2]


@nb.njit(cache=True)
def _arrive(
    rng: Stream,
    cpu: Ints,
    memory: Ints,
    sizes: Ints,
    cumulative: Floats,
    rule: int,
    chance: float,
    kind: Ints,
    place: Ints,
    vms: int,
) -> int:
    """One arrival becomes VM number ``vms``; returns the cores it takes, 0 where it is lost for want of room."""
    new = np.searchsorted(cumulative, rng.random(), side="right")
    kind[vms] = new
    place[vms] = pick(rng, cpu, memory, sizes[new], RANDOM if rng.random() < chance else rule)
    return take(cpu, memory, place[vms], sizes[new], 1) if place[vms] >= 0 else 0


@nb.njit(cache=True)
def _depart(rng: Stream, cpu: Ints, memory: Ints, sizes: Ints, kind: Ints, place: Ints, vms: int) -> Any:
    """Any one of the VMs goes, the last takes its number; returns the cores it had."""
    gone = int(rng.random() * vms)
    cores = take(cpu, memory, place[gone], sizes[kind[gone]], -1)
    kind[gone], place[gone] = kind[vms - 1], place[vms - 1]
    return -cores


@nb.njit(cache=True)
def fill(
    rng: Stream,
    cpu: Ints,
    memory: Ints,
    sizes: Ints,
    cumulative: Floats,
    rule: int,
    chance: float,
    target: float,
    churn: int,
    utilisation: float,
) -> tuple[Ints, Ints]:
    """Arrivals up to a ``target`` share of all cores, then ``churn`` times as many departures, each with an arrival
    after it, as there are VMs, then departures down to ``utilisation`` (or arrivals up to it).

    Parameters
    ----------
    rng : numpy Generator
    cpu, memory : int64 [N], of each node; what is left free is written into them
    sizes : int64 [F, 3], cores and MB on each of a flavour's nodes, and how many nodes
    cumulative : float64 [F], probability of a flavour with this index or a lower one
    rule : BEST_FIT, FIRST_FIT or RANDOM; with probability ``chance`` RANDOM instead

    Returns the flavour and the node of each VM, int64 [V].
    """
    total = cpu.sum()
    room = total // (sizes[:, 0] * sizes[:, 2]).min() + 1
    kind, place = np.empty(room, np.int64), np.empty(room, np.int64)
    vms, used = 0, 0
    for goal, turns in ((target, churn), (utilisation, 0)):
        misses = 0
        while used < goal * total and misses < MISSES:
            cores = _arrive(rng, cpu, memory, sizes, cumulative, rule, chance, kind, place, vms)
            used, vms, misses = used + cores, vms + (cores > 0), misses + (cores == 0)
        for _ in range(turns * vms):
            used, vms = used - _depart(rng, cpu, memory, sizes, kind, place, vms), vms - 1
            cores = _arrive(rng, cpu, memory, sizes, cumulative, rule, chance, kind, place, vms)
            used, vms = used + cores, vms + (cores > 0)
    while vms and used > utilisation * total:
        used, vms = used - _depart(rng, cpu, memory, sizes, kind, place, vms), vms - 1
    return kind[:vms].copy(), place[:vms].copy()
