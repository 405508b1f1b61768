"""The scorer: replays a plan VM by VM on the raw snapshot, in plain Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from headway.domains.vm_rescheduling.cluster.fragments import Fragment
from headway.domains.vm_rescheduling.cluster.instance import NODES, Snapshot
from headway.domains.vm_rescheduling.cluster.plan import Move, Plan
from headway.errors import SolutionError
from headway.evaluation import Evaluation

VIOLATIONS = ("unknown", "pinned", "idle", "cpu", "memory", "affinity", "excess")


class Cluster:
    """One cluster while a plan is carried out: what is free on each node, and where each VM is."""

    def __init__(self, snapshot: Snapshot, row: int) -> None:
        self.active = snapshot.active[row].tolist()
        self.movable = snapshot.movable[row].tolist()
        self.zone = snapshot.zone[row].tolist()
        self.group = snapshot.group[row].tolist()
        self.nodes = snapshot.vm_nodes[row].tolist()
        self.need = {"cpu": snapshot.vm_cpu[row].tolist(), "memory": snapshot.vm_memory[row].tolist()}
        self.free = {"cpu": snapshot.cpu[row].tolist(), "memory": snapshot.memory[row].tolist()}
        self.at: dict[int, tuple[int, int]] = {}
        for vm, (machine, node) in enumerate(
            zip(snapshot.host[row].tolist(), snapshot.node[row].tolist(), strict=True)
        ):
            if self.nodes[vm]:
                self.put(vm, machine, node)

    def put(self, vm: int, machine: int, node: int, sign: int = 1) -> None:
        """Place a VM (or, with ``sign`` -1, take it away)."""
        taken = range(NODES) if self.nodes[vm] == NODES else (node,)
        for resource, need in self.need.items():
            for n in taken:
                self.free[resource][machine][n] -= sign * need[vm] // len(taken)
        self.at[vm] = (machine, node)

    def migrate(self, move: Move) -> Counter[str]:
        """Carry out one migration where its VM and destination exist; what is wrong with it, by kind."""
        vm, machine, node = move
        wrong: Counter[str] = Counter()
        known = vm in self.at and 0 <= machine < len(self.active) and self.active[machine]
        if not known or not 0 <= node < (1 if self.nodes[vm] == NODES else NODES):
            return Counter(unknown=1)
        wrong["pinned"] = int(not self.movable[vm])
        wrong["idle"] = int(self.at[vm] == (machine, node))
        wrong["affinity"] = int(self.clashes(vm, machine))
        self.put(vm, *self.at[vm], sign=-1)
        self.put(vm, machine, node)
        for resource, free in self.free.items():
            wrong[resource] = sum(max(0, -left) for left in free[machine])
        return wrong

    def clashes(self, vm: int, machine: int) -> bool:
        """Whether another VM of its group is in the machine's zone."""
        if self.group[vm] < 0:
            return False
        peers = (other for other in self.at if other != vm and self.group[other] == self.group[vm])
        return any(self.zone[self.at[other][0]] == self.zone[machine] for other in peers)

    def rate(self, term: Fragment) -> float:
        """The share of free capacity that is beyond whole slots; 0 where nothing is free."""
        free = [nodes for nodes, active in zip(self.free[term.resource], self.active, strict=True) if active]
        whole = sum(map(sum, free))
        slots = 0
        for nodes in free:
            fit = [max(left, 0) // term.size for left in nodes]
            slots += min(fit) if term.nodes == NODES else sum(fit)
        return 1.0 - term.size * term.nodes * slots / whole if whole > 0 else 0.0

    def used(self) -> int:
        """How many active machines host a VM."""
        return len({machine for machine, _ in self.at.values() if self.active[machine]})


def evaluate(problem: Any, snapshot: Snapshot, plan: Plan) -> Evaluation:
    """The objective after the plan's last migration.

    Violations: ``unknown`` VMs, machines or nodes (their migrations are left out), migrations of ``pinned`` VMs,
    ``idle`` ones to where the VM is, cores (``cpu``) and MB (``memory``) missing on the destination at that moment,
    VMs of a group in one zone (``affinity``), migrations beyond the limit (``excess``).
    Metrics: ``migrations``, ``initial`` (the objective of doing nothing), ``machines`` in use, ``moved`` memory in
    GB, and the rate of each kind of fragment by its name. Series: ``fragments`` [B, L + 1], the weighted rate after
    0..L migrations.

    Raises
    ------
    SolutionError
        Another number of plans than snapshots, or a plan that has been cut off.
    """
    if len(plan) != len(snapshot):
        raise SolutionError(
            "the plan does not belong to the snapshot", where="Plan", got=len(plan), expected=len(snapshot)
        )
    if plan.cut.any():
        raise SolutionError("a plan is not whole", where="Plan.length", got=plan.length, expected=plan.vm.shape[1])
    rows = [_replay(problem, snapshot, plan, row) for row in range(len(snapshot))]
    objective, violations, metrics, series = zip(*rows, strict=True)
    return Evaluation(
        np.array(objective),
        {name: np.array([float(row[name]) for row in violations]) for name in VIOLATIONS},
        {name: np.array([float(row[name]) for row in metrics]) for name in metrics[0]},
        {"fragments": np.array(series)},
    )


def _replay(
    problem: Any, snapshot: Snapshot, plan: Plan, row: int
) -> tuple[float, Counter[str], dict[str, float], list[float]]:
    """Objective, violations, metrics and the series of one row."""
    cluster, terms, limit = Cluster(snapshot, row), problem.terms, int(snapshot.limit[row])
    initial = _objective(problem, cluster, 0, limit)
    wrong: Counter[str] = Counter()
    series = [mixed(cluster, terms)]
    moves = plan.moves(row)
    for move in moves:
        wrong += cluster.migrate(move)
        series.append(mixed(cluster, terms))
    wrong["excess"] = max(0, len(moves) - limit)
    metrics = {"migrations": float(len(moves)), "initial": initial, "machines": float(cluster.used())}
    metrics["moved"] = sum(cluster.need["memory"][move.vm] for move in moves if move.vm in cluster.at) / 1024
    metrics |= {name: cluster.rate(term) for name, term in zip(problem.fragments, terms, strict=True)}
    series += series[-1:] * (plan.vm.shape[1] - len(moves))
    return _objective(problem, cluster, len(moves), limit), wrong, metrics, series


def _objective(problem: Any, cluster: Cluster, made: int, limit: int) -> float:
    """What the problem minimises (see its README)."""
    if problem.objective == "machines":
        return float(cluster.used())
    rate = mixed(cluster, problem.terms)
    if problem.objective == "fragments":
        return rate
    return float(made) if rate <= problem.goal else limit + 1 + rate - problem.goal


def mixed(cluster: Cluster, terms: Sequence[Fragment]) -> float:
    """The weighted fragment rate."""
    return sum(term.weight * cluster.rate(term) for term in terms)
