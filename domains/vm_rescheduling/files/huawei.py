"""Huawei-East-1: creations and deletions of VMs in one region over 30 days, as published with VMAgent.

Columns vmid, cpu (cores), memory (GB), time (seconds), type (0 creation, 1 deletion); Sheng et al., "VMAgent:
scheduling simulator for reinforcement learning", arXiv 2112.04785, github.com/mail-ecnu/VMAgent (MIT).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from headway.domains.vm_rescheduling.files.table import Table
from headway.domains.vm_rescheduling.workload.arrivals import TWO_NODES, Arrivals
from headway.domains.vm_rescheduling.workload.flavors import GB
from headway.errors import DataError

COLUMNS = ("vmid", "cpu", "memory", "time", "type")
CREATED, DELETED = 0, 1


def read_huawei(path: Path, *, two_nodes: int = TWO_NODES) -> Arrivals:
    """The VMs that were created, with their deletions where the table has them.

    Deletions of VMs that were there before the table begins are left out. The table does not say which VMs take both
    NUMA nodes: here those with an even number of cores from ``two_nodes`` up.

    Raises
    ------
    DataError
        With file, line and field: a number that is none or negative, another type of event, a VM created twice.
    """
    table = Table.read(Path(path), COLUMNS, error=DataError)
    cpu, memory = table.integers("cpu", 1), table.integers("memory") * GB
    time, kind = table.integers("time"), table.integers("type")
    departure = np.full(len(table), np.inf)
    alive: dict[str, int] = {}
    names = table.names("vmid")
    for i in np.argsort(time, kind="stable").tolist():
        if kind[i] == CREATED:
            if names[i] in alive:
                table.fail(i, "vmid", "a VM that is not there yet")
            alive[names[i]] = i
        elif kind[i] != DELETED:
            table.fail(i, "type", "0 (creation) or 1 (deletion)")
        elif names[i] in alive:
            departure[alive.pop(names[i])] = time[i]
    made = np.flatnonzero(kind == CREATED)
    made = made[np.argsort(time[made], kind="stable")]
    flavor = np.array(
        [f"hw_{c}c_{m // GB}g" for c, m in zip(cpu[made].tolist(), memory[made].tolist(), strict=True)], np.str_
    )
    nodes = np.where((cpu >= two_nodes) & (cpu % 2 == 0), 2, 1)[made]
    return Arrivals(time[made].astype(np.float64), departure[made], flavor, cpu[made], memory[made], nodes)
