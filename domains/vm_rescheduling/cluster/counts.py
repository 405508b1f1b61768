"""One cluster seen as counts: VMs of one kind on one NUMA node are interchangeable."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.cluster.instance import NODES, Snapshot
from headway.domains.vm_rescheduling.cluster.plan import Plan

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Counts:
    """A snapshot (a batch of one) by NUMA nodes and kinds of VMs; node n is node n % 2 of machine n // 2.

    Attributes
    ----------
    share_cpu, share_memory : int64 [K], cores and MB that a VM of the kind takes of each of its nodes
    nodes : int64 [K], NUMA nodes of the kind: 1, or 2
    count : int64 [N, K], movable VMs; those on two nodes are counted at the first node of their machine
    cpu, memory : int64 [N], free cores and MB; 0 on inactive machines
    open : bool [N], nodes of active machines: they count and take VMs
    group : int64 [K], the anti-affinity group, a column of ``hosted``; -1 for none, or where groups are left out
    zone : int64 [N], a row of ``hosted``
    hosted : int64 [Z, G], VMs of each group in each zone, pinned ones included
    fixed : int64 [P], VMs on each machine that do not move
    """

    share_cpu: Ints
    share_memory: Ints
    nodes: Ints
    count: Ints
    cpu: Ints
    memory: Ints
    open: NDArray[np.bool_]
    place: Ints  # [V] node of each VM
    kind: Ints  # [V] -1 for VMs that do not move
    group: Ints
    zone: Ints
    hosted: Ints
    fixed: Ints

    @classmethod
    def of(cls, snapshot: Snapshot, *, groups: bool = False) -> Counts:
        """The counts of a batch of one. With ``groups``, VMs of different anti-affinity groups are of different kinds;
        without, anti-affinity is not in them.
        """
        movable = snapshot.movable[0]
        zone, group, hosted = _groups(snapshot)
        apart = group if groups else np.zeros_like(group)
        table = np.stack([snapshot.vm_cpu[0], snapshot.vm_memory[0], snapshot.vm_nodes[0], apart])
        kinds, inverse = distinct(table[:, movable])
        kind = np.full(snapshot.vms, -1)
        kind[movable] = inverse
        place = NODES * snapshot.host[0] + snapshot.node[0]
        count = np.zeros((NODES * snapshot.machines, kinds.shape[1]), np.int64)
        np.add.at(count, (place[movable], kind[movable]), 1)
        opened = np.repeat(snapshot.active[0], NODES)
        cpu, memory = (snapshot.free(resource)[0].reshape(-1) for resource in ("cpu", "memory"))
        nodes = kinds[2]
        return cls(
            kinds[0] // nodes, kinds[1] // nodes, nodes, count, cpu, memory, opened, place, kind,
            kinds[3] if groups else np.full(kinds.shape[1], -1), np.repeat(zone, NODES), hosted,
            np.bincount(snapshot.host[0, snapshot.real[0] & ~movable], minlength=snapshot.machines),
        )  # fmt: skip

    @cached_property
    def free(self) -> tuple[int, int]:
        """Free cores and MB of all active machines; migrations leave them as they are."""
        return int(self.cpu.sum()), int(self.memory.sum())

    def change(self, moves: NDArray[np.integer]) -> Ints:
        """What ``moves`` [M, 3] (from node, kind, to node) add to ``count`` [N, K]."""
        change = np.zeros_like(self.count)
        source, kind, target = np.asarray(moves, np.int64).reshape(-1, 3).T
        np.add.at(change, (source, kind), -1)
        np.add.at(change, (target, kind), 1)
        return change

    def plan(self, moves: NDArray[np.integer]) -> Plan:
        """A plan for ``moves`` [M, 3]: from node, kind, to node, in order. Any VM of the kind there will do; one that
        has moved already is taken last.
        """
        table = np.asarray(moves, np.int64).reshape(-1, 3)
        kinds = len(self.nodes)
        wanted = np.isin(self.place * kinds + self.kind, table[:, 0] * kinds + table[:, 1]) & (self.kind >= 0)
        waiting: dict[tuple[int, int], list[int]] = {}
        for vm in np.flatnonzero(wanted)[::-1].tolist():
            waiting.setdefault((int(self.place[vm]), int(self.kind[vm])), []).append(vm)
        made = []
        for source, kind, target in table.tolist():
            vm = waiting[source, kind].pop()
            waiting.setdefault((target, kind), []).insert(0, vm)
            made.append((vm, target // NODES, target % NODES if self.nodes[kind] == 1 else 0))
        return Plan.of(made)


def _groups(snapshot: Snapshot) -> tuple[Ints, Ints, Ints]:
    """Zones [P] and groups [V] numbered from 0 (-1 for none), and how many VMs of each group a zone hosts [Z, G]."""
    names, zone = np.unique(snapshot.zone[0], return_inverse=True)
    inside = snapshot.real[0] & (snapshot.group[0] >= 0)
    group = np.full(snapshot.vms, -1)
    groups, group[inside] = np.unique(snapshot.group[0, inside], return_inverse=True)
    hosted = np.zeros((len(names), len(groups)), np.int64)
    np.add.at(hosted, (zone[snapshot.host[0, inside]], group[inside]), 1)
    return zone, group, hosted


def distinct(table: Ints) -> tuple[Ints, Ints]:
    """The distinct columns of a table [F, V] in lexical order, and which of them each column is."""
    key = np.zeros(table.shape[1], np.int64)
    for row in table:
        values, rank = np.unique(row, return_inverse=True)
        key = np.unique(key * max(len(values), 1) + rank, return_inverse=True)[1]
    first = np.unique(key, return_index=True)[1]
    return table[:, first], key
