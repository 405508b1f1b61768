"""Plans as lists that an operator runs step by step: CSV, or JSON with the cluster's name."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from headway.domains.vm_rescheduling.cluster.instance import NODES, Snapshot
from headway.domains.vm_rescheduling.cluster.plan import Move, Plan
from headway.domains.vm_rescheduling.files.json_rows import json_rows
from headway.domains.vm_rescheduling.files.table import Table, write_table
from headway.errors import SolutionError
from headway.storage.files import write_text

COLUMNS = ("step", "vm", "from_machine", "from_node", "to_machine", "to_node")
BOTH = "0+1"  # the nodes of a VM that takes both


def write_plan(snapshot: Snapshot, plan: Plan, path: Path) -> Path:
    """Write the plan of one cluster (batches of one): a row per migration, by name, with where its VM is by then.

    ``.json`` is an object of the cluster's name and a list ``migrations`` of objects with the keys step, vm,
    from_machine, from_node, to_machine, to_node; ``.npz`` is what `Batch.save` writes; any other file is a CSV with
    these columns. A node is 0, 1 or 0+1.
    """
    path = Path(path)
    if path.suffix == ".npz":
        return plan.save(path)
    rows = _rows(snapshot, plan.moves())
    if path.suffix != ".json":
        return write_table(path, COLUMNS, rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join("  " + json.dumps(dict(zip(COLUMNS, row, strict=True))) for row in rows)
    cluster = json.dumps(str(snapshot.name[0]))
    return write_text(path, f'{{"cluster": {cluster}, "migrations": [\n{lines}\n]}}\n')


def read_plan(snapshot: Snapshot, path: Path) -> Plan:
    """Read what `write_plan` wrote, for the cluster it was written for (a batch of one).

    Whether the migrations are feasible is not asked here, but by the scorer.

    Raises
    ------
    SolutionError
        With file, line and field: steps that do not count from 1, a VM or machine that the cluster has not got, a
        node that the VM cannot be on, a VM that is elsewhere at that step.
    """
    path = Path(path)
    if path.suffix == ".npz":
        return Plan.restore(path)
    if path.suffix == ".json":
        return Plan.of(_moves(snapshot, json_rows(path, "migrations", COLUMNS, SolutionError)))
    return Plan.of(_moves(snapshot, Table.read(path, COLUMNS, error=SolutionError)))


def _node(snapshot: Snapshot, vm: int, node: int) -> str:
    return BOTH if snapshot.vm_nodes[0, vm] == NODES else str(node)


def _rows(snapshot: Snapshot, moves: Sequence[Move]) -> list[tuple[int, str, str, str, str, str]]:
    machine, vms = snapshot.machine[0].tolist(), snapshot.vm[0].tolist()
    place = list(zip(snapshot.host[0].tolist(), snapshot.node[0].tolist(), strict=True))
    rows = []
    for step, (vm, target, node) in enumerate(moves, 1):
        (source, old), place[vm] = place[vm], (target, node)
        nodes = _node(snapshot, vm, old), _node(snapshot, vm, node)
        rows.append((step, vms[vm], machine[source], nodes[0], machine[target], nodes[1]))
    return rows


class Names:
    """The VMs and machines of a cluster (a batch of one) by name, for the rows of a table of migrations."""

    def __init__(self, snapshot: Snapshot, table: Table) -> None:
        self.snapshot, self.table = snapshot, table
        self.vms = {name: i for i, name in enumerate(snapshot.vm[0].tolist()) if snapshot.real[0, i]}
        self.machines = {name: i for i, name in enumerate(snapshot.machine[0].tolist()) if name}

    def vm(self, row: int, name: str) -> int:
        """The VM that a row names."""
        return self.vms[name] if name in self.vms else self.table.fail(row, "vm", "a VM of the cluster")

    def destination(self, row: int, vm: int, machine: str, node: str) -> tuple[int, int]:
        """Machine and node that a row sends a VM to; node 0 for a VM on both."""
        if machine not in self.machines:
            self.table.fail(row, "to_machine", "a machine of the cluster")
        fits = {BOTH: 0} if self.snapshot.vm_nodes[0, vm] == NODES else {"0": 0, "1": 1}
        if node not in fits:
            self.table.fail(row, "to_node", " or ".join(fits))
        return self.machines[machine], fits[node]


def _moves(snapshot: Snapshot, table: Table) -> list[Move]:
    names = Names(snapshot, table)
    steps = table.integers("step", 1)
    for i in np.flatnonzero(steps != np.arange(1, len(table) + 1))[:1]:
        table.fail(int(i), "step", f"{i + 1}: steps count from 1")
    place = dict(enumerate(zip(snapshot.host[0].tolist(), snapshot.node[0].tolist(), strict=True)))
    moves = []
    columns = [table.texts(name) for name in COLUMNS[1:]]
    for i, (name, from_machine, from_node, to_machine, to_node) in enumerate(zip(*columns, strict=True)):
        vm = names.vm(i, name)
        source, node = place[vm]
        for field, got, expected in (
            ("from_machine", from_machine, str(snapshot.machine[0, source])),
            ("from_node", from_node, _node(snapshot, vm, node)),
        ):
            if got != expected:
                table.fail(i, field, f"{expected}, where VM {name} is at this step")
        place[vm] = names.destination(i, vm, to_machine, to_node)
        moves.append(Move(vm, *place[vm]))
    return moves
