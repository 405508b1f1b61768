"""Plans of a living cluster as CSV: a row per migration, with the second at which it was decided."""

from __future__ import annotations

from pathlib import Path

from headway.domains.vm_rescheduling.cluster.instance import NODES, Snapshot
from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.files.plan_files import BOTH, Names
from headway.domains.vm_rescheduling.files.table import Table, write_table
from headway.domains.vm_rescheduling.live.plan import LivePlan
from headway.errors import SolutionError

COLUMNS = ("ready", "vm", "to_machine", "to_node")


def write_live_plan(snapshot: Snapshot, plan: LivePlan, path: Path) -> Path:
    """Write the plan of one cluster (batches of one). Unlike a frozen plan it does not say where VMs come from: where
    a migration was skipped that is elsewhere. A path that ends in ``.npz`` gets what `Batch.save` writes.
    """
    if path.suffix == ".npz":
        return plan.save(path)
    vms, machines, nodes = (array[0].tolist() for array in (snapshot.vm, snapshot.machine, snapshot.vm_nodes))
    rows = [
        (repr(ready), vms[vm], machines[machine], BOTH if nodes[vm] == NODES else str(node))
        for (vm, machine, node), ready in plan.decided()
    ]
    return write_table(path, COLUMNS, rows)


def read_live_plan(snapshot: Snapshot, path: Path) -> LivePlan:
    """Read what `write_live_plan` wrote, for the cluster it was written for.

    Raises
    ------
    SolutionError
        With file, line and field: a VM or machine that the cluster has not got, a node that the VM cannot be on, a
        second that is no number; without a line, seconds out of order.
    """
    if path.suffix == ".npz":
        return LivePlan.restore(path)
    table = Table.read(path, COLUMNS, error=SolutionError)
    names = Names(snapshot, table)
    moves, seconds = [], []
    for i, (ready, name, machine, node) in enumerate(zip(*map(table.texts, COLUMNS), strict=True)):
        vm = names.vm(i, name)
        target, place = names.destination(i, vm, machine, node)
        try:
            seconds.append(float(ready))
        except ValueError:
            table.fail(i, "ready", "seconds")
        moves.append((vm, target, place))
    return LivePlan.stamped(Plan.of(moves), seconds)
