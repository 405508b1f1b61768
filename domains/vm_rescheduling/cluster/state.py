"""A cluster while migrations are tried out, for kernels that walk move by move (numba).

Nodes, kinds and groups are those of `Counts`; a VM on two nodes is at the first node of its machine.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.cluster.counts import Counts

Ints = NDArray[np.int64]


class State(NamedTuple):
    """What is free and what is where (changed by `carry`), and what stays as it is."""

    cpu: Ints  # [N] free cores
    memory: Ints  # [N] free MB
    count: Ints  # type: ignore[assignment]  # [N, K]; a tuple's own count is not needed
    hosted: Ints  # [Z, G]
    open: NDArray[np.bool_]  # [N]
    zone: Ints  # [N]
    share_cpu: Ints  # [K]
    share_memory: Ints  # [K]
    nodes: Ints  # [K]
    group: Ints  # [K]


def state_of(counts: Counts, only: NDArray[np.bool_] | None = None) -> State:
    """The state before any migration; ``only`` [N] names the nodes that take VMs, all open ones by default."""
    return State(
        counts.cpu.copy(), counts.memory.copy(), counts.count.copy(), counts.hosted.copy(),
        counts.open if only is None else counts.open & only, counts.zone,
        counts.share_cpu, counts.share_memory, counts.nodes, counts.group,
    )  # fmt: skip


def copied(state: State) -> State:
    """A state of its own."""
    return State(*[array.copy() for array in state])  # type: ignore[arg-type]


def after(counts: Counts, state: State) -> Counts:
    """The counts of a state that migrations have led to; which VM is where is no longer in them."""
    now = copied(state)
    return replace(counts, cpu=now.cpu, memory=now.memory, count=now.count, hosted=now.hosted)


@njit(cache=True)
def room(state: State, kind: int, target: int) -> bool:
    """Whether node ``target`` (and its twin, for a VM on two nodes) takes VMs and has room for one more of a kind."""
    if not state.open[target] or state.cpu[target] < state.share_cpu[kind]:
        return False
    if state.memory[target] < state.share_memory[kind]:
        return False
    if state.nodes[kind] == 1:
        return True
    twin = target + 1
    return (
        target % 2 == 0 and state.cpu[twin] >= state.share_cpu[kind] and state.memory[twin] >= state.share_memory[kind]
    )


@njit(cache=True)
def clashes(state: State, source: int, kind: int, target: int) -> bool:
    """Whether a VM would meet another of its group."""
    group = state.group[kind]
    if group < 0:
        return False
    zone = state.zone[target]
    own = 1 if state.zone[source] == zone else 0
    return bool(state.hosted[zone, group] > own)


@njit(cache=True)
def carry(state: State, source: int, kind: int, target: int) -> None:
    """Carry out a migration."""
    put(state, source, kind, -1)
    put(state, target, kind, 1)


@njit(cache=True)
def put(state: State, node: int, kind: int, sign: int) -> None:
    """Add a VM of a kind to a node (``sign`` 1), or take it away (-1)."""
    state.count[node, kind] += sign
    for taken in range(node, node + state.nodes[kind]):
        state.cpu[taken] -= sign * state.share_cpu[kind]
        state.memory[taken] -= sign * state.share_memory[kind]
    group = state.group[kind]
    if group >= 0:
        state.hosted[state.zone[node], group] += sign
