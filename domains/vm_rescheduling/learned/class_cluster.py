"""The kernels of the class policy that keep a cluster up to date while VMs migrate.

Tables of whole numbers, a column for each of the names below. Node n is node n % 2 of machine n // 2; a VM on both
nodes is at the first.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Int32s = NDArray[np.int32]
Int8s = NDArray[np.int8]
Floats = NDArray[np.float64]

CPU, MEMORY, OPEN, ZONE, CLASS, OWN = range(6)  # of a node; from OWN on, movable VMs by counted size
# Of a kind: CPU and MEMORY on each of its nodes, whether it takes both, its column in the tables (-1: left alone), its
# place among the counted sizes (-1: none), and how many nodes (machines) have room for one more.
DOUBLE, COLUMN, COUNTED, ROOM = range(2, 6)
AFTER, GROUP = range(2)  # of a VM
RESOURCE, SIZE, NODES = range(3)  # of a term: CPU or MEMORY, of a slot on each of its nodes, and how many these are
CORES, UNIT, LEVELS, PARTNER, STORE, STORE_UNIT, STORES, CAP = range(8)  # of a space; from CAP on, caps of sizes


@nb.njit(cache=True)
def fits(node: Ints, kind: Ints, n: int, k: int) -> bool:
    """Whether node n (and the other of its machine, for a VM on both) has room for one more of kind k."""
    room = (node[n, OPEN] == 1) & (node[n, CPU] >= kind[k, CPU]) & (node[n, MEMORY] >= kind[k, MEMORY])
    if kind[k, DOUBLE] == 0:
        return room
    return room & (n % 2 == 0) & (node[n ^ 1, CPU] >= kind[k, CPU]) & (node[n ^ 1, MEMORY] >= kind[k, MEMORY])


@nb.njit(cache=True)
def classify(node: Ints, space: Ints, n: int) -> None:
    """Bring the class of a node up to date."""
    code = (node[n, CPU] % space[CORES]) // space[UNIT]
    code = code * space[LEVELS] + min(node[n, CPU] // space[CORES], space[LEVELS] - 1)
    if space[PARTNER] > 1:
        code = code * space[PARTNER] + min(node[n ^ 1, CPU] // space[CORES], space[PARTNER] - 1)
    if space[STORES] > 1:
        code = code * space[STORES] + (node[n, MEMORY] % space[STORE]) // space[STORE_UNIT]
    for g in range(len(space) - CAP):
        code = code * (space[CAP + g] + 1) + min(node[n, OWN + g], space[CAP + g])
    node[n, CLASS] = code


@nb.njit(cache=True)
def begin(node: Ints, kind: Ints, vm: Int32s, head: Int32s, space: Ints) -> None:
    """Fill in what follows from the rest: VMs by size, classes, and room."""
    for n in range(len(node)):
        for k in range(len(kind)):
            at, g = head[n, k], kind[k, COUNTED]
            while at >= 0 and g >= 0:
                node[n, OWN + g] += 1
                at = vm[at, AFTER]
            kind[k, ROOM] += fits(node, kind, n, k)
    for n in range(len(node)):
        classify(node, space, n)


@nb.njit(cache=True)
def worth(node: Ints, term: Ints, gain: Floats, m: int) -> float:
    """What the slots of machine m take off the objective."""
    total = 0.0
    for w in range(len(term)):
        first = node[2 * m, term[w, RESOURCE]] // term[w, SIZE]
        second = node[2 * m + 1, term[w, RESOURCE]] // term[w, SIZE]
        total += gain[w] * (first + second if term[w, NODES] == 1 else min(first, second))
    return total


@nb.njit(cache=True)
def promise(node: Ints, term: Ints, gain: Floats, m: int) -> float:
    """What the fragments of machine m may become: the squares of their shares of a slot, each worth a part of one."""
    total = 0.0
    for w in range(len(term)):
        for n in (2 * m, 2 * m + 1):
            share = (node[n, term[w, RESOURCE]] % term[w, SIZE]) / term[w, SIZE]
            total += gain[w] / term[w, NODES] * share * share
    return total


@nb.njit(cache=True)
def _count(node: Ints, kind: Ints, m: int, sign: int) -> None:
    """Add (1) or take away (-1) what machine m has room for."""
    for k in range(len(kind)):
        kind[k, ROOM] += sign * (int(fits(node, kind, 2 * m, k)) + int(fits(node, kind, 2 * m + 1, k)))


@nb.njit(cache=True)
def _put(vm: Int32s, head: Int32s, n: int, k: int, new: int) -> None:
    """Into the list, which stays in the order of numbers."""
    at = head[n, k]
    if at < 0 or at > new:
        vm[new, AFTER], head[n, k] = at, new
        return
    while vm[at, AFTER] >= 0 and vm[at, AFTER] < new:
        at = vm[at, AFTER]
    vm[new, AFTER] = vm[at, AFTER]
    vm[at, AFTER] = new


@nb.njit(cache=True)
def _take(node: Ints, kind: Ints, n: int, k: int, sign: int) -> None:
    """Take (1) or give back (-1) the room of a VM of kind k at node n."""
    for i in range(n, n + 1 + kind[k, DOUBLE]):
        node[i, CPU] -= sign * kind[k, CPU]
        node[i, MEMORY] -= sign * kind[k, MEMORY]
    if kind[k, COUNTED] >= 0:
        node[n, OWN + kind[k, COUNTED]] += sign


@nb.njit(cache=True)
def move(
    node: Ints,
    kind: Ints,
    vm: Int32s,
    head: Int32s,
    taken: Int8s,
    term: Ints,
    gain: Floats,
    space: Ints,
    source: int,
    k: int,
    target: int,
) -> float:
    """Migrate the first VM of kind k from one node to another; what it takes off the objective."""
    new, first, second = head[source, k], source // 2, target // 2
    gained = -worth(node, term, gain, first)
    _count(node, kind, first, -1)
    if second != first:
        gained -= worth(node, term, gain, second)
        _count(node, kind, second, -1)
    head[source, k] = vm[new, AFTER]
    _take(node, kind, source, k, -1)
    _take(node, kind, target, k, 1)
    _put(vm, head, target, k, new)
    if vm[new, GROUP] >= 0:
        taken[vm[new, GROUP], node[source, ZONE]] -= 1
        taken[vm[new, GROUP], node[target, ZONE]] += 1
    for n in (2 * first, 2 * first + 1, 2 * second, 2 * second + 1):
        classify(node, space, n)
    gained += worth(node, term, gain, first)
    _count(node, kind, first, 1)
    if second != first:
        gained += worth(node, term, gain, second)
        _count(node, kind, second, 1)
    return gained
