"""Placements as a table: a row per request."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from headway.domains.vm_rescheduling.cluster.instance import NODES
from headway.domains.vm_rescheduling.files.table import Table, write_table
from headway.domains.vm_rescheduling.placement.instance import Placement, Stream
from headway.errors import SolutionError

COLUMNS = ("request", "machine", "node")


def write_placement(stream: Stream, placement: Placement, path: Path) -> Path:
    """Write the placement of one stream (batches of one): request (from 0), machine and NUMA node, both empty for a
    VM that was refused; or .npz where the path says so.
    """
    path = Path(path)
    if path.suffix == ".npz":
        return placement.save(path)
    nodes = placement.node[0, : int(stream.requests[0])].tolist()
    rows = [(i, "", "") if node < 0 else (i, node // NODES, node % NODES) for i, node in enumerate(nodes)]
    return write_table(path, COLUMNS, rows)


def read_placement(stream: Stream, path: Path) -> Placement:
    """Read what `write_placement` wrote for this stream (a batch of one).

    Raises
    ------
    SolutionError
        With file, line and field: other columns, a number that is none, requests that do not count from 0, a node but
        no machine; or another number of requests.
    """
    path = Path(path)
    if path.suffix == ".npz":
        return Placement.restore(path)
    table = Table.read(path, COLUMNS, error=SolutionError)
    if len(table) != stream.requests[0]:
        raise SolutionError("the placement belongs to another stream", where=path, got=f"{len(table)} requests",
                            expected=int(stream.requests[0]))  # fmt: skip
    for i in np.flatnonzero(table.integers("request") != np.arange(len(table)))[:1]:
        table.fail(int(i), "request", str(i))
    machine, node = table.integers("machine", empty=-1), table.integers("node", empty=-1)
    for i in np.flatnonzero(((machine < 0) != (node < 0)) | (node >= NODES))[:1]:
        table.fail(int(i), "node", "0 or 1 where a machine is given, else nothing")
    out = np.full(stream.vm_nodes.shape, -1)
    out[0, : len(table)] = np.where(machine < 0, -1, NODES * machine + node)
    return Placement(out)
