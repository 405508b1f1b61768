"""Decisions of the environment `migrate`, read in plain Python: what they amount to, and what may come next."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.cluster.instance import NODES, Snapshot
from headway.domains.vm_rescheduling.cluster.plan import Move, Plan
from headway.domains.vm_rescheduling.rescheduling.evaluate import Cluster


def moves_of(snapshot: Snapshot, row: int, decisions: NDArray[np.int64]) -> list[Move]:
    """The migrations that decisions [T] (1 + VM, 1 + node, 1 + the next VM, ...) amount to; staying is none."""
    return [move for _, move in turns_of(snapshot, row, decisions)]


def turns_of(snapshot: Snapshot, row: int, decisions: NDArray[np.int64]) -> list[tuple[int, Move]]:
    """The same, each with the number of its turn, in which staying counts."""
    at = (NODES * snapshot.host[row] + snapshot.node[row]).tolist()
    turns = []
    pairs = zip((decisions[::2] - 1).tolist(), (decisions[1::2] - 1).tolist(), strict=False)
    for turn, (vm, node) in enumerate(pairs):
        if at[vm] != node:
            turns.append((turn, Move(vm, node // NODES, node % NODES)))
            at[vm] = node
    return turns


def plan_of(snapshot: Snapshot, decisions: NDArray[np.int64], length: NDArray[np.int64]) -> Plan:
    """The plans of decisions [B, T], of which ``length`` [B] were taken in each row."""
    plans = [moves_of(snapshot, row, decisions[row, :taken]) for row, taken in enumerate(length.tolist())]
    return Plan.concat([Plan.of(moves) for moves in plans])


def replayed(snapshot: Snapshot, plan: Plan) -> NDArray[np.int64]:
    """Actions [B, T] that make the plans: a VM, its node, the next VM, ..., a stop where turns are left; then -1."""
    out = np.full((len(plan), 2 * int(plan.length.max(initial=0)) + 1), -1)
    for row, length in enumerate(plan.length.tolist()):
        for i, (vm, machine, node) in enumerate(plan.moves(row)):
            out[row, 2 * i : 2 * i + 2] = 1 + vm, 1 + NODES * machine + node
        out[row, 2 * length] = 0 if length < snapshot.limit[row] else -1
    return out


def allowed(snapshot: Snapshot, row: int, decisions: NDArray[np.int64], size: int) -> NDArray[np.bool_]:
    """bool [size], what may follow these decisions [T]: the rule that the environment's mask keeps to."""
    out = np.zeros(size, bool)
    cluster = Cluster(snapshot, row)
    for vm, machine, node in moves_of(snapshot, row, decisions):
        cluster.put(vm, *cluster.at[vm], sign=-1)
        cluster.put(vm, machine, node)
    if len(decisions) % 2:
        vm = int(decisions[-1]) - 1
        places = _places(cluster, vm, conflicts=True)
        machine, node = cluster.at[vm]
        out[[1 + place for place in places or [NODES * machine + node]]] = True
        return out
    out[0] = True
    if len(decisions) < 2 * snapshot.limit[row]:
        room: dict[tuple[int, ...], bool] = {}
        for vm in np.flatnonzero(snapshot.movable[row]).tolist():
            kind = (cluster.need["cpu"][vm], cluster.need["memory"][vm], cluster.nodes[vm])
            if kind not in room:
                room[kind] = bool(_places(cluster, vm, conflicts=False))
            out[1 + vm] = room[kind]
    return out


def _places(cluster: Cluster, vm: int, *, conflicts: bool) -> list[int]:
    """Nodes with room for a VM as things stand (the first of a machine for one on both); with ``conflicts``, only other
    nodes than its own where it meets no VM of its group.
    """
    nodes = cluster.nodes[vm]
    found = []
    for machine, active in enumerate(cluster.active):
        for node in range(1 if nodes == NODES else NODES):
            taken = range(NODES) if nodes == NODES else (node,)
            fits = all(
                cluster.free[r][machine][n] >= need[vm] // nodes for r, need in cluster.need.items() for n in taken
            )
            elsewhere = not conflicts or (cluster.at[vm] != (machine, node) and not cluster.clashes(vm, machine))
            if active and fits and elsewhere:
                found.append(NODES * machine + node)
    return found
