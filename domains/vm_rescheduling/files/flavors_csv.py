"""Flavours of one's own, as a table beside the snapshot: ``<snapshot>.flavors.csv``."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from headway.domains.vm_rescheduling.cluster.instance import Snapshot
from headway.domains.vm_rescheduling.files.table import Table, write_table
from headway.domains.vm_rescheduling.workload.flavors import FLAVORS
from headway.errors import InstanceError

COLUMNS = ("flavor", "cpu", "mem_mb", "numa_count")
Size = tuple[int, int, int]  # cores, MB, NUMA nodes

KNOWN: Mapping[str, Size] = {
    str(name): (int(cpu), int(memory), int(nodes))
    for table in FLAVORS.values()
    for name, cpu, memory, nodes in zip(table.name, table.cpu, table.memory, table.nodes, strict=True)
}


def flavors_path(path: Path) -> Path:
    """Where flavours that only the snapshot in ``path`` has are described."""
    return path.with_name(f"{path.stem}.flavors.csv")


def read_flavors(path: Path) -> dict[str, Size]:
    """Name -> cores, MB and NUMA nodes: those of the tables that ship and, where the file exists, those in it.

    Raises
    ------
    InstanceError
        With file, line and field: a name twice, a number that is none or negative.
    """
    if not path.exists():
        return dict(KNOWN)
    table = Table.read(path, COLUMNS)
    sizes = zip(*(table.integers(name).tolist() for name in COLUMNS[1:]), strict=True)
    return {**KNOWN, **dict(zip(table.unique("flavor"), sizes, strict=True))}


def write_flavors(snapshot: Snapshot, path: Path) -> None:
    """Write the flavours of a snapshot (a batch of one) that no table that ships has; if there are none, no file.

    Raises
    ------
    InstanceError
        A flavour has two sizes, which the form has no room for.
    """
    fields = (snapshot.flavor, snapshot.vm_cpu, snapshot.vm_memory, snapshot.vm_nodes)
    rows = sorted(set(zip(*(field[snapshot.real].tolist() for field in fields), strict=True)))
    for one, other in pairwise(rows):
        if one[0] == other[0]:
            what = "a flavour has two sizes"
            raise InstanceError(what, where="Snapshot.flavor", got=f"{one}, {other}", expected="one size per name")
    own = [row for row in rows if KNOWN.get(row[0]) != row[1:]]
    if own:
        write_table(path, COLUMNS, own)
    else:
        path.unlink(missing_ok=True)
