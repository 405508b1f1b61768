"""A batch of clusters as the plain arrays that the kernels of the class policy walk on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.cluster.fragments import GB, Fragment
from headway.domains.vm_rescheduling.learned.class_cluster import CPU, MEMORY, begin
from headway.domains.vm_rescheduling.learned.class_space import Space, space_of

Ints = NDArray[np.int64]


class Pack(NamedTuple):
    """B clusters of at most N nodes and V VMs, K kinds, W terms; columns are named in `class_cluster`."""

    node: Ints  # [B, N, 5 + sizes counted]
    kind: Ints  # [B, K, 6]
    vm: NDArray[np.int32]  # [B, V, 2]
    head: NDArray[np.int32]  # [B, N, K]
    taken: NDArray[np.int8]  # [B, groups, zones], how many VMs of a group are in a zone
    limit: Ints  # [B]
    nodes: Ints  # [B] N without what only pads the row
    term: Ints  # [W, 3]
    gain: NDArray[np.float64]  # [B, W] what a slot takes off the objective
    kinds: Ints  # [B, K] which of the environment's kinds these are: those that the policy may migrate


class Cluster(NamedTuple):
    """What a pack is made of: B clusters, N nodes, V VMs, K kinds (GB as floats, as the environment has them)."""

    free: NDArray[np.float32]  # [B, 2, N] cores and GB
    open: NDArray[np.integer[Any]]  # [B, N]
    at: NDArray[np.integer[Any]]  # [B, V] node
    kind: NDArray[np.integer[Any]]  # [B, V]
    movable: NDArray[np.bool_]  # [B, V]
    need: NDArray[np.float32]  # [B, 2, K] cores and GB on each of its nodes; inf for no kind
    double: NDArray[np.integer[Any]]  # [B, K] 1 for kinds on both nodes
    group: NDArray[np.integer[Any]]  # [B, V]
    zone: NDArray[np.integer[Any]]  # [B, N]
    limit: NDArray[np.integer[Any]]  # [B]

    @classmethod
    def of(cls, params: Any) -> Cluster:
        """From the environment's `Params`, which hold all of it."""
        return cls(*(getattr(params, name) for name in cls._fields))


def pack(terms: Sequence[Fragment], cluster: Cluster) -> tuple[Pack, Space]:
    """The clusters for the kernels, and the space of their classes."""
    opened, known, double = cluster.open > 0, np.isfinite(cluster.need[:, 0]), cluster.double > 0
    cpu, memory = _whole(cluster.free[:, 0]), _whole(cluster.free[:, 1] * GB)
    need_cpu, need_memory = (_whole(np.where(known, need, 0)) for need in (cluster.need[:, 0], cluster.need[:, 1] * GB))
    both = 1 + double
    space = space_of(terms, cpu[opened], need_cpu[known], need_memory[known], both[known])
    column = columns(space, need_cpu, need_memory, both, known)
    kinds, order = _compact(column)
    column, need_cpu, need_memory, double = (
        np.where(kinds >= 0, np.take_along_axis(a, np.maximum(kinds, 0), axis=1), none)
        for a, none in ((column, -1), (need_cpu, 1 << 40), (need_memory, 1 << 40), (double, False))
    )
    kind = np.take_along_axis(order, cluster.kind.astype(np.int64), axis=1)
    head, after = lists(cluster.at, kind, cluster.movable & (kind >= 0), cpu.shape[1], kinds.shape[1])
    own = np.zeros((*cpu.shape, len(space.counted)), np.int64)
    whole = np.stack([(memory if term.resource == "memory" else cpu).sum(1) for term in terms], axis=1)
    packed = Pack(
        node=np.concatenate([np.stack([cpu, memory, opened, cluster.zone, 0 * cpu], axis=2), own], axis=2),
        kind=np.stack([need_cpu, need_memory, double, column, _place(need_cpu, space.counted, ~double), 0 * column], 2),
        vm=np.stack([after, cluster.group], axis=2).astype(np.int32),
        head=head,
        taken=_taken(cluster),
        limit=cluster.limit.astype(np.int64),
        nodes=_length(opened),
        term=np.array([(MEMORY if term.resource == "memory" else CPU, term.size, term.nodes) for term in terms]),
        gain=np.array([term.weight * term.size * term.nodes for term in terms]) / np.where(whole > 0, whole, np.inf),
        kinds=kinds,
    )
    for row in zip(packed.node, packed.kind, packed.vm, packed.head, strict=True):
        begin(*row, space.numbers)
    return packed, space


def _length(opened: NDArray[np.bool_]) -> Ints:
    """int64 [B]: nodes up to the last open one's machine."""
    last: Ints = (opened * (1 + np.arange(opened.shape[1]))).max(1, initial=1)
    return last + last % 2


def _compact(column: Ints) -> tuple[Ints, Ints]:
    """The kinds of each row that have a column, int64 [B, most], -1 beyond; and each kind's place among them [B, K]."""
    has = column >= 0
    order = np.where(has, has.cumsum(1) - 1, -1)
    kinds = np.full((len(column), max(1, int(has.sum(1).max()))), -1)
    row, kind = np.nonzero(has)
    kinds[row, order[row, kind]] = kind
    return kinds, order


def _whole(amount: NDArray[np.float32]) -> Ints:
    return np.rint(amount).astype(np.int64)


def columns(space: Space, cpu: Ints, memory: Ints, nodes: Ints, known: NDArray[np.bool_]) -> Ints:
    """int64 [B, K]: which column of the space each kind is, or -1."""
    seen = memory if space.memory > 1 else 0 * memory
    out = np.full(cpu.shape, -1)
    for q, column in enumerate(zip(space.column_cpu, space.column_memory, space.column_nodes, strict=True)):
        out[known & (cpu == column[0]) & (seen == column[1]) & (nodes == column[2])] = q
    return out


def _place(values: Ints, among: Ints, where: NDArray[np.bool_]) -> Ints:
    """Where each of the values stands among others, -1 where it does not."""
    out = np.full(values.shape, -1)
    for i, value in enumerate(among.tolist()):
        out[where & (values == value)] = i
    return out


def lists(
    at: NDArray[np.integer[Any]], kind: Ints, movable: NDArray[np.bool_], nodes: int, kinds: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The heads [B, N, K] and links [B, V] of the lists of movable VMs by node and kind."""
    head = np.full((len(at), nodes, kinds), -1, np.int32)
    after = np.full(at.shape, -1, np.int32)
    for row in range(len(at)):
        vms = np.flatnonzero(movable[row])
        cell = at[row, vms].astype(np.int64) * kinds + kind[row, vms]
        order = np.argsort(cell, kind="stable")
        vms, cell = vms[order], cell[order]
        again = np.zeros(len(vms), bool)
        again[1:] = cell[1:] == cell[:-1]
        head[row].reshape(-1)[cell[~again]] = vms[~again]
        after[row, vms[:-1][again[1:]]] = vms[again]
    return head, after


def _taken(cluster: Cluster) -> NDArray[np.int8]:
    groups, zones = int(cluster.group.max(initial=-1)) + 1, int(cluster.zone.max(initial=0)) + 1
    taken = np.zeros((len(cluster.group), groups, zones), np.int8)
    row, vm = np.nonzero(cluster.group >= 0)
    np.add.at(taken, (row, cluster.group[row, vm], cluster.zone[row, cluster.at[row, vm]]), 1)
    return taken
