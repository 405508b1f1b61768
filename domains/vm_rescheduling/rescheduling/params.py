"""What stays the same during an episode of `migrate`, worked out once from the snapshots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.cluster.counts import distinct
from headway.domains.vm_rescheduling.cluster.fragments import GB, Fragment
from headway.domains.vm_rescheduling.cluster.instance import NODES, Snapshot
from headway.ops import Array


class Params(NamedTuple):
    """P machines, N = 2 P nodes, V VMs, K kinds (VMs of one size are of one kind), R kinds of fragments.

    Cores and GB are float32, which is exact (MB are whole, and fewer than 2^24).
    """

    free: Array  # float32 [B, 2, N], free cores and GB at the start; 0 on inactive machines
    total: Array  # float32 [B, N], cores of active machines
    open: Array  # int8 [B, N], nodes of active machines
    zone: Array  # int64 [B, N], numbered 0..N-1
    at: Array  # int32 [B, V], the node each VM is on; the first one for a VM on both
    kind: Array  # int64 [B, V], 0 for padding
    group: Array  # int64 [B, V]
    movable: Array  # bool [B, V]
    need: Array  # float32 [B, 2, K], cores and GB that a VM of the kind takes of each of its nodes; inf for no kind
    double: Array  # bool [B, K], kinds that take both nodes
    vm: Array  # float32 [B, V, 4], what a policy sees of a VM
    per: Array  # float32 [B, 2], what turns are counted in: 1, and how many VMs there are (at least 1)
    slot: Array  # float32 [B, R, 4], what fragments are: see `slots`
    none: Array  # float64 [B], the objective's fragment rate without any slots
    worth: Array  # float64 [B, R], what it falls by for a slot
    limit: Array  # int64 [B]
    never: Array  # bool [B, 1 + |V - N|], false: what there is no VM or no node for


def prepare(problem: Any, snapshot: Snapshot) -> Params:
    """The parameters (numpy) of a batch. K is at least ``problem.kinds``, so that blocks of instances fit together."""
    kind, table = _kinds(snapshot, problem.kinds)
    active, batch = snapshot.active[..., None], len(snapshot)
    free = {"cpu": snapshot.free("cpu").reshape(batch, -1), "memory": snapshot.free("memory").reshape(batch, -1) / GB}
    whole = np.stack([free[term.resource].sum(1) for term in problem.terms], axis=1).astype(np.float64)
    weight = np.where(whole > 0, [term.weight for term in problem.terms], 0.0)
    size_of_slots = np.array([slot_size(term) * term.nodes for term in problem.terms])
    size = np.stack([snapshot.vm_cpu, snapshot.vm_memory / GB], axis=2) / np.maximum(snapshot.vm_nodes, 1)[..., None]
    seen = np.concatenate([size, snapshot.vm_nodes[..., None], snapshot.movable[..., None]], axis=2)
    return Params(
        free=np.stack([free["cpu"], free["memory"]], axis=1).astype(np.float32),
        total=np.where(active, snapshot.cpu, 0).reshape(batch, -1).astype(np.float32),
        open=np.repeat(snapshot.active, NODES, axis=1).astype(np.int8),
        zone=np.repeat(_numbered(snapshot.zone), NODES, axis=1),
        at=np.where(snapshot.real, NODES * snapshot.host + snapshot.node, 0).astype(np.int32),
        kind=kind,
        group=snapshot.group,
        movable=snapshot.movable,
        need=_needs(table),
        double=table[..., 2] == NODES,
        vm=seen.astype(np.float32),
        per=np.stack([np.ones(batch), np.maximum(snapshot.real.sum(1), 1)], axis=1).astype(np.float32),
        slot=np.tile(slots(problem.terms), (batch, 1, 1)),
        none=weight.sum(1),
        worth=weight * size_of_slots / np.where(whole > 0, whole, 1.0),
        limit=snapshot.limit,
        never=np.zeros((batch, 1 + abs(snapshot.vms - NODES * snapshot.machines)), bool),
    )


def slots(terms: Sequence[Fragment]) -> NDArray[np.float32]:
    """float32 [R, 4]: cores and GB that a slot takes of each of its nodes, its nodes, its weight in the objective."""
    rows = [(t.size * (t.resource == "cpu"), t.size * (t.resource == "memory") / GB, t.nodes, t.weight) for t in terms]
    return np.array(rows, np.float32)


def _kinds(snapshot: Snapshot, least: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each VM's kind [B, V], and the kinds' cores, MB and nodes [B, K, 3], smallest first; zeros beyond a row's own."""
    size = np.stack([snapshot.vm_cpu, snapshot.vm_memory, snapshot.vm_nodes], axis=1)
    kind = np.zeros(snapshot.host.shape, np.int64)
    tables = []
    for row, real in enumerate(snapshot.real):
        table, kind[row, real] = distinct(size[row][:, real])
        tables.append(table.T)
    out = np.zeros((len(snapshot), max(least, *map(len, tables)), 3), np.int64)
    for row, table in enumerate(tables):
        out[row, : len(table)] = table
    return kind, out


def _needs(table: NDArray[np.int64]) -> NDArray[np.float32]:
    """float32 [B, 2, K]: cores and GB per node of kinds [B, K, 3]; inf where there is none, which so fits nowhere."""
    nodes = table[..., 2:]
    need = np.where(nodes > 0, table[..., :2] / np.array([1, GB]) / np.maximum(nodes, 1), np.inf)
    return np.moveaxis(need, 2, 1).astype(np.float32)


def slot_size(term: Fragment) -> float:
    """What a slot takes of a node, in cores or GB."""
    return term.size / GB if term.resource == "memory" else float(term.size)


def _numbered(zone: NDArray[np.int64]) -> NDArray[np.int64]:
    """Zones [B, P] numbered 0, 1, 2, ... in each row."""
    return np.stack([np.unique(row, return_inverse=True)[1].reshape(-1) for row in zone])
