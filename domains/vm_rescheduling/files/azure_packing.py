"""The Azure trace for packing, 2020: a sqlite file with the tables vm and vmType, in fractions of a machine.

Hadary et al., "Protean: VM allocation service at scale" (OSDI 2020); Azure/AzurePublicDataset,
AzureTracesForPacking2020.md, CC BY. Times are in days; VMs that were there at the beginning have negative ones.
"""

from __future__ import annotations

import math
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np

from headway.domains.vm_rescheduling.workload.arrivals import Arrivals
from headway.domains.vm_rescheduling.workload.flavors import CPU, MEMORY
from headway.errors import DataError

DAY = 86_400.0  # seconds
Size = tuple[int, int, int]  # cores, MB, nodes
_TYPES = "SELECT vmTypeId, core, memory FROM vmType WHERE machineId = ?"
_MACHINE = "SELECT machineId FROM vmType GROUP BY machineId ORDER BY COUNT(*) DESC, machineId LIMIT 1"
_VMS = "SELECT vmTypeId, starttime, endtime FROM vm WHERE vmTypeId IS NOT NULL ORDER BY starttime, vmId"


def read_azure_packing(path: Path, *, cpu: int = CPU, memory: int = MEMORY, machine: int | None = None) -> Arrivals:
    """The VMs whose type runs on one kind of machine, as sizes on a machine of ours.

    Fractions become cores and MB, rounded up; a VM with more than half a machine of either takes both NUMA nodes.

    Parameters
    ----------
    cpu, memory : cores and MB of a NUMA node of our machine, which takes the place of theirs
    machine : their ``machineId``; by default the one on which most types run

    Raises
    ------
    DataError
        The file is no sqlite file, lacks a table or column, or a row cannot be used.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError("the file cannot be read", where=path, expected="a sqlite file with the tables vm and vmType")
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as base:
            chosen = base.execute(_MACHINE).fetchone() if machine is None else (machine,)
            types = base.execute(_TYPES, chosen or (None,)).fetchall()
            vms = base.execute(_VMS).fetchall()
    except sqlite3.Error as error:
        raise DataError("the tables cannot be read", where=path, got=error, expected="tables vm and vmType") from error
    sizes = {kind: _size(path, kind, core, part, cpu, memory) for kind, core, part in types}
    kept = [row for row in vms if row[0] in sizes]
    if not kept:
        raise DataError("no VM runs on such a machine", where=f"{path}, vmType.machineId", got=machine)
    return _arrivals(path, kept, sizes)


def _size(path: Path, kind: int, core: float, part: float, cpu: int, memory: int) -> Size:
    """Cores, MB and nodes of a type that takes these fractions of a machine."""
    for field, value in (("core", core), ("memory", part)):
        if not isinstance(value, (int, float)) or not 0 <= value <= 1:
            where = f"{path}, vmType {kind}, field {field}"
            raise DataError(
                "a field cannot be used", where=where, got=repr(value), expected="a fraction of a machine, 0 to 1"
            )
    nodes = 2 if max(core, part) > 1 / 2 else 1
    # A hair less before rounding up, so that a fraction such as 1/3 of 66 cores is 22 of them.
    each = (max(1, math.ceil(core * 2 * cpu / nodes - 1e-6)), math.ceil(part * 2 * memory / nodes - 1e-6))
    return nodes * each[0], nodes * each[1], nodes


def _arrivals(path: Path, vms: list[tuple[int, float, float | None]], sizes: dict[int, Size]) -> Arrivals:
    for row, (_, start, end) in enumerate(vms, 1):
        if not isinstance(start, (int, float)) or not (end is None or (isinstance(end, (int, float)) and end >= start)):
            where = f"{path}, table vm, row {row}"
            raise DataError(
                "a row cannot be used", where=where, got=f"{start} to {end}", expected="starttime <= endtime"
            )
    cpu, memory, nodes = np.array([sizes[kind] for kind, _, _ in vms]).T
    return Arrivals(
        time=DAY * np.array([start for _, start, _ in vms], np.float64),
        departure=DAY * np.array([np.inf if end is None else end for _, _, end in vms], np.float64),
        flavor=np.array([f"type-{kind}" for kind, _, _ in vms]),
        cpu=cpu,
        memory=memory,
        nodes=nodes,
    )
