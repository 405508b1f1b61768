"""Snapshots as tables of VMs: vm_id, flavor, cpu, mem_mb, numa_count, pm, numa, and optionally group and pinned."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.cluster.instance import NODES, Snapshot
from headway.domains.vm_rescheduling.files.flavors_csv import Size, flavors_path, read_flavors, write_flavors
from headway.domains.vm_rescheduling.files.machines_csv import Machines, machines_path, write_machines
from headway.domains.vm_rescheduling.files.table import Table, write_table
from headway.domains.vm_rescheduling.workload.assemble import limit_of
from headway.errors import InstanceError

COLUMNS = ("vm_id", "flavor", "cpu", "mem_mb", "numa_count", "pm", "numa")
OPTIONAL = ("group", "pinned")
BOTH = "0+1"  # the field numa of a VM on both nodes
Ints = NDArray[np.int64]


def read_snapshot(
    path: Path, *, limit: float = 0.025, machines: int | None = None, spread: str = "machine"
) -> Snapshot:
    """One cluster (a batch of one) from a CSV file and what lies beside it.

    ``<name>.machines.csv`` describes the machines that the field pm names; without it they are all of the default
    shape and numbered from 0, as many as ``machines`` says or as are used. ``<name>.flavors.csv`` describes flavours
    that are in none of the tables that ship. An empty group is none, an empty pinned is 0.

    Parameters
    ----------
    limit : migrations at most, as a share of the VMs (below 1, rounded) or a number
    spread : what the VMs of a group must not share, ``machine`` or ``rack``

    Raises
    ------
    InstanceError
        With file, line and field: other columns, a VM twice, a number that is none or negative, a flavour that is
        unknown or has another size, a VM on no machine, a node with less room than its VMs take, two VMs of a group
        in one zone.
    """
    path = Path(path)
    table = Table.read(path, COLUMNS, OPTIONAL)
    if not len(table):
        raise InstanceError("the snapshot has no VMs", where=path, got="no rows", expected=",".join(COLUMNS))
    size = np.stack([table.integers("cpu", 1), table.integers("mem_mb"), table.integers("numa_count", 1)], axis=1)
    _check_flavors(table, size, read_flavors(flavors_path(path)))
    node = _nodes(table, size)
    used = _machines(table, machines_path(path), machines)
    host = _hosts(table, used)
    _check_room(table, size, host, node, used)
    _check_groups(table, used.rack[host] if spread == "rack" else host)
    return Snapshot(
        name=np.array([path.stem]), limit=np.array([limit_of(limit, len(table))]), spread=np.array([spread]),
        machine=np.array([used.name]), rack=used.rack[None], active=used.active[None],
        cpu=used.cpu[None], memory=used.memory[None],
        vm=np.array([table.unique("vm_id")]), flavor=np.array([table.texts("flavor")]),
        vm_cpu=size[None, :, 0], vm_memory=size[None, :, 1], vm_nodes=size[None, :, 2],
        host=host[None], node=node[None],
        group=table.integers("group", empty=-1)[None], pinned=table.booleans("pinned", False)[None],
    )  # fmt: skip


def write_snapshot(snapshot: Snapshot, path: Path) -> Path:
    """Write one cluster (a batch of one) and, beside it, its machines and the flavours that no table has.

    Its limit and its spread are no part of the form: they are given to `read_snapshot`.

    Raises
    ------
    InstanceError
        A flavour has two sizes.
    """
    path = Path(path)
    real = snapshot.real[0]
    nodes = snapshot.vm_nodes[0]
    numa = np.where(nodes == NODES, BOTH, snapshot.node[0].astype(np.str_))
    group = np.where(snapshot.group[0] < 0, "", snapshot.group[0].astype(np.str_))
    columns = {
        "vm_id": snapshot.vm[0], "flavor": snapshot.flavor[0], "cpu": snapshot.vm_cpu[0],
        "mem_mb": snapshot.vm_memory[0], "numa_count": nodes, "pm": snapshot.machine[0][snapshot.host[0]], "numa": numa,
        "group": group, "pinned": snapshot.pinned[0].astype(np.int64),
    }  # fmt: skip
    unused = {"group": not (group[real] != "").any(), "pinned": not snapshot.pinned[0][real].any()}
    kept = {name: column[real].tolist() for name, column in columns.items() if not unused.get(name)}
    named = int((snapshot.machine[0] != "").sum())
    write_machines(snapshot, named, machines_path(path))
    write_flavors(snapshot, flavors_path(path))
    return write_table(path, list(kept), list(zip(*kept.values(), strict=True)))


def _check_flavors(table: Table, size: Ints, known: Mapping[str, Size]) -> None:
    for i, (name, row) in enumerate(zip(table.names("flavor"), size.tolist(), strict=True)):
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            hint += f"flavours of your own are described in {flavors_path(table.path).name}"
            table.fail(i, "flavor", "a known flavour", hint)
        for field, got, expected in zip(("cpu", "mem_mb", "numa_count"), row, known[name], strict=True):
            if got != expected:
                table.fail(i, field, f"{expected}, as {name} has")


def _nodes(table: Table, size: Ints) -> Ints:
    """int64 [V]: the NUMA node of each VM, 0 for those on both."""
    for i, (nodes, numa) in enumerate(zip(size[:, 2].tolist(), table.texts("numa"), strict=True)):
        if nodes > NODES:
            table.fail(i, "numa_count", "1 or 2")
        if numa not in ({"0", "1"} if nodes == 1 else {BOTH}):
            table.fail(i, "numa", "0 or 1" if nodes == 1 else BOTH)
    return np.array([int(numa == "1") for numa in table.texts("numa")])


def _machines(table: Table, path: Path, count: int | None) -> Machines:
    """The described machines, or the default ones; then a number far above the others is taken for a mistake."""
    if path.exists():
        return Machines.read(path)
    number = table.integers("pm")
    largest = 2 * len(np.unique(number)) if count is None else count
    if number.max() >= largest:
        table.fail(int(number.argmax()), "pm", f"a machine, 0..{largest - 1}", f"describe machines in {path.name}")
    return Machines.alike(int(number.max()) + 1 if count is None else count)


def _hosts(table: Table, machines: Machines) -> Ints:
    number = {name: i for i, name in enumerate(machines.name)}
    expected = f"the name of a machine: {', '.join(machines.name[:3])}, ..."
    return np.array(
        [number[pm] if pm in number else table.fail(i, "pm", expected) for i, pm in enumerate(table.texts("pm"))]
    )


def _check_groups(table: Table, zone: Ints) -> None:
    """Refuse a VM whose group has another VM, named before it, in the same zone."""
    first: dict[tuple[int, int], int] = {}
    for i, key in enumerate(zip(table.integers("group", empty=-1).tolist(), zone.tolist(), strict=True)):
        if key[0] >= 0 and first.setdefault(key, i) != i:
            table.fail(i, "group", f"a group that line {table.lines[first[key]]} has not in the same zone")


def _check_room(table: Table, size: Ints, host: Ints, node: Ints, machines: Machines) -> None:
    """Refuse the first VM, in the order of the file, that takes more than its node has left."""
    free = {"cpu": machines.cpu.copy(), "mem_mb": machines.memory.copy()}
    for i, (cores, memory, nodes) in enumerate(size.tolist()):
        places = [node[i]] if nodes == 1 else [0, 1]
        for field, amount in (("cpu", cores), ("mem_mb", memory)):
            left = free[field][host[i]]
            left[places] -= amount // nodes
            if left.min() < 0:
                room = int(left.min()) + amount // nodes
                table.fail(i, field, f"room on its node, which has {max(room, 0)} left")
