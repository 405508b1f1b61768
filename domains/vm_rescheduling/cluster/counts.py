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

    @classmethod
    def of(cls, snapshot: Snapshot) -> Counts:
        """The counts of a batch of one. Anti-affinity is not in them."""
        movable = snapshot.movable[0]
        table = np.stack([snapshot.vm_cpu[0], snapshot.vm_memory[0], snapshot.vm_nodes[0]], axis=1)
        kinds, inverse = np.unique(table[movable], axis=0, return_inverse=True)
        kind = np.full(snapshot.vms, -1)
        kind[movable] = inverse.reshape(-1)
        place = NODES * snapshot.host[0] + snapshot.node[0]
        count = np.zeros((NODES * snapshot.machines, len(kinds)), np.int64)
        np.add.at(count, (place[movable], kind[movable]), 1)
        opened = np.repeat(snapshot.active[0], NODES)
        cpu, memory = (
            np.where(opened, (total - snapshot.used(taken))[0].reshape(-1), 0)
            for total, taken in ((snapshot.cpu, snapshot.vm_cpu), (snapshot.memory, snapshot.vm_memory))
        )
        nodes = kinds[:, 2]
        return cls(kinds[:, 0] // nodes, kinds[:, 1] // nodes, nodes, count, cpu, memory, opened, place, kind)

    @cached_property
    def free(self) -> tuple[int, int]:
        """Free cores and MB of all active machines; migrations leave them as they are."""
        return int(self.cpu.sum()), int(self.memory.sum())

    def plan(self, moves: NDArray[np.integer]) -> Plan:
        """A plan for ``moves`` [M, 3]: from node, kind, to node, in order. Any VM of the kind there will do; one that
        has moved already is taken last.
        """
        waiting: dict[tuple[int, int], list[int]] = {}
        for vm in np.flatnonzero(self.kind >= 0)[::-1]:
            waiting.setdefault((int(self.place[vm]), int(self.kind[vm])), []).append(int(vm))
        made = []
        for source, kind, target in np.asarray(moves).tolist():
            vm = waiting[source, kind].pop()
            waiting.setdefault((target, kind), []).insert(0, vm)
            made.append((vm, target // NODES, target % NODES if self.nodes[kind] == 1 else 0))
        return Plan.of(made)
