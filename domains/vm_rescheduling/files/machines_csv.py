"""The machines of a cluster, as a table of their own: ``<snapshot>.machines.csv``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.cluster.instance import Snapshot
from headway.domains.vm_rescheduling.files.table import Table, write_table
from headway.domains.vm_rescheduling.workload.assemble import PER_RACK
from headway.domains.vm_rescheduling.workload.flavors import CPU, MEMORY

COLUMNS = ("machine", "rack", "active", "cpu0", "cpu1", "memory0", "memory1")
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Machines:
    """P machines: names, ``rack`` int64 [P], ``active`` bool [P], ``cpu`` and ``memory`` (MB) int64 [P, 2]."""

    name: list[str]
    rack: Ints
    active: NDArray[np.bool_]
    cpu: Ints
    memory: Ints

    @classmethod
    def alike(cls, count: int) -> Machines:
        """Machines "0", "1", ... of the default shape, 2 x 44 cores and 2 x 184,388 MB, 16 in a rack."""
        sizes = np.full((count, 2), CPU), np.full((count, 2), MEMORY)
        return cls([str(i) for i in range(count)], np.arange(count) // PER_RACK, np.ones(count, bool), *sizes)

    @classmethod
    def read(cls, path: Path) -> Machines:
        """From a table with the columns machine, rack, active, cpu0, cpu1, memory0, memory1.

        Raises
        ------
        InstanceError
            With file, line and field: a machine twice, a number that is none or negative.
        """
        table = Table.read(path, COLUMNS)
        cpu, memory = (
            np.stack([table.integers(f"{field}{node}") for node in (0, 1)], axis=1) for field in ("cpu", "memory")
        )
        return cls(table.unique("machine"), table.integers("rack"), table.booleans("active", True), cpu, memory)


def machines_path(path: Path) -> Path:
    """Where the machines of the snapshot in ``path`` are described."""
    return path.with_name(f"{path.stem}.machines.csv")


def write_machines(snapshot: Snapshot, count: int, path: Path) -> Path:
    """Write the first ``count`` machines of a snapshot (a batch of one)."""
    active = snapshot.active[0].astype(np.int64)
    columns = [snapshot.machine[0], snapshot.rack[0], active, *snapshot.cpu[0].T, *snapshot.memory[0].T]
    return write_table(path, COLUMNS, list(zip(*(column.tolist() for column in columns), strict=True))[:count])
