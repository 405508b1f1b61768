"""Snapshots from what a generator knows: machines, and a flavour and a node for each VM."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.cluster.instance import NODES, Snapshot
from headway.domains.vm_rescheduling.workload.flavors import Flavors

Ints = NDArray[np.int64]
PER_RACK = 16  # machines of a rack


def limit_of(limit: float, vms: int) -> int:
    """Migrations at most: ``limit`` is a share of the VMs below 1 (rounded), a number from 1."""
    return int(limit) if limit >= 1 else round(limit * vms)


def assemble(
    cpu: Ints,
    memory: Ints,
    table: Flavors,
    placed: Sequence[tuple[Ints, Ints]],
    *,
    name: str,
    limit: float,
    spread: str = "machine",
    per_rack: int = PER_RACK,
    group: Sequence[Ints] | None = None,
    pinned: Sequence[NDArray[np.bool_]] | None = None,
) -> Snapshot:
    """A batch of clusters, one for each of ``placed``: flavour [V] and node [V] (2 machine + node) of its VMs.

    ``cpu`` and ``memory`` are int64 [B, P, 2]; ``group`` and ``pinned`` have an array [V] per cluster.
    """
    sizes = [len(flavor) for flavor, _ in placed]
    kind, node = (_padded([row[k] for row in placed], fill) for k, fill in ((0, -1), (1, -NODES)))
    real = kind >= 0
    nodes = np.where(real, table.nodes[kind], 0)
    batch, machines = cpu.shape[:2]
    return Snapshot(
        name=np.full(batch, name),
        limit=np.array([limit_of(limit, vms) for vms in sizes]),
        spread=np.full(batch, spread),
        machine=_named(batch, machines),
        rack=np.broadcast_to(np.arange(machines) // per_rack, (batch, machines)),
        active=np.broadcast_to(True, (batch, machines)),
        cpu=cpu,
        memory=memory,
        vm=_named(batch, max(sizes)),
        flavor=np.where(real, table.name[kind], ""),
        vm_cpu=np.where(real, table.cpu[kind], 0),
        vm_memory=np.where(real, table.memory[kind], 0),
        vm_nodes=nodes,
        host=node // NODES,
        node=np.where(nodes == 1, node % NODES, 0),
        group=np.full(kind.shape, -1) if group is None else _padded(group, -1),
        pinned=~real if pinned is None else _padded(pinned, True),
    )


def _named(batch: int, count: int) -> NDArray[np.str_]:
    """str [B, count]: "0", "1", ...; one row of memory for all."""
    return np.broadcast_to(np.arange(count).astype(np.str_), (batch, count))


def _padded(rows: Sequence[NDArray[Any]], fill: Any) -> NDArray[Any]:
    out = np.full((len(rows), max(map(len, rows))), fill, rows[0].dtype)
    for i, row in enumerate(rows):
        out[i, : len(row)] = row
    return out
