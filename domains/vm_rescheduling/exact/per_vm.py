"""The textbook program, a binary per VM and node: for comparison with the aggregated one."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from headway.components import component
from headway.domains.vm_rescheduling.classical.greedy import constructed
from headway.domains.vm_rescheduling.classical.setting import Setting
from headway.domains.vm_rescheduling.cluster.instance import NODES, Snapshot
from headway.domains.vm_rescheduling.cluster.ordering import order
from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.exact.aggregated import common
from headway.domains.vm_rescheduling.exact.answers import PROVEN
from headway.domains.vm_rescheduling.exact.engines import solve
from headway.domains.vm_rescheduling.exact.program import Answer, Ints, Program, Rows
from headway.domains.vm_rescheduling.exact.turns import Engine
from headway.errors import CapabilityError
from headway.solver import Search, Solver


@component
class ExactPerVM(Solver[Snapshot, Plan]):
    """One engine on a binary for each VM and node, as Ding et al. 2025 (section 2) and others write the problem.

    Anti-affinity is in it. There is no counting cut and no hint; objective ``fragments`` only. For the same optimum the
    aggregated program needs a small part of its time, which grows with the cluster. Where no order is found for the
    optimum, others are tried until the budget ends.

    Attributes
    ----------
    engine : what solves it

    Raises
    ------
    CapabilityError
        The problem has another objective.
    """

    exact: ClassVar[bool] = True
    engine: Engine = "cbc"

    def solve(self, problem: Any, instance: Snapshot, search: Search[Plan]) -> Plan:
        if problem.objective != "fragments":
            raise CapabilityError(
                "the textbook program has one objective", got=problem.objective, expected="fragments", hint="use exact"
            )
        setting = Setting.of(problem, instance)
        best = constructed(setting)
        search.incumbent(setting.plan(best.moves))
        program, vm, node = per_vm(setting)
        if not program.value.any():
            return setting.plan(best.moves)
        answer, bound, seed = Answer(None, np.inf, False), -np.inf, 0
        while not seed or (search.left > 0 and best.objective > bound + PROVEN):
            if not answer.proven:  # an engine may return before its time is over
                answer = solve(self.engine, program, search.left, threads=search.budget.threads)
                bound = max(bound, program.bound(answer.bound))
                search.bound(bound)
            if answer.x is not None:
                chosen = answer.x[: len(vm)] > 0.5
                moves = np.stack([setting.counts.place[vm], setting.counts.kind[vm], node], axis=1)[chosen]
                change = setting.counts.change(moves[moves[:, 0] != moves[:, 2]])
                found = setting.best_prefix(order(setting.counts, change, setting.limit, seed=seed).moves)
                best = min(best, found, key=lambda found: found.objective)
            seed += 1
        return setting.plan(best.moves)


def per_vm(setting: Setting) -> tuple[Program, Ints, Ints]:
    """The program, and VM and node [.] of its first variables: where each VM is in the end."""
    counts, rows = setting.counts, Rows()
    vm, node = _places(setting)
    kind, n = counts.kind[vm], len(vm)
    most: dict[str, NDArray[Any]] = {"at": np.ones(n)}
    value: dict[str, NDArray[Any]] = {"at": np.zeros(n)}
    rows.add(1, 1, at=_table(np.unique(vm, return_inverse=True)[1], np.ones(n), n))
    moved = (node != counts.place[vm]).astype(float)
    rows.add(-np.inf, setting.limit, at=sparse.csr_array(moved[None]))
    _add_groups(setting, rows, vm, node)
    double = counts.nodes[kind] == NODES
    taken, column = np.append(node, node[double] + 1), np.append(np.arange(n), np.flatnonzero(double))
    whole = len(counts.cpu)
    for memory, free, share in ((False, counts.cpu, counts.share_cpu), (True, counts.memory, counts.share_memory)):
        need = share[kind]
        use = sparse.csr_array((np.append(need, need[double]).astype(float), (taken, column)), shape=(whole, n))
        room = free + use @ (moved == 0)
        rows.add(-np.inf, room, at=use)
        for term in np.flatnonzero((setting.terms.memory == memory) & (setting.terms.worth > 0)).tolist():
            size, wide = int(setting.terms.size[term]), setting.terms.nodes[term] == NODES
            unit = np.repeat(np.eye(whole // NODES), NODES, axis=0) if wide else np.eye(whole)
            name = f"slots{term}"
            rows.add(-np.inf, room, at=use, **{name: size * sparse.csr_array(unit)})
            most[name] = np.full(unit.shape[1], room.max() // size)
            value[name] = np.full(unit.shape[1], setting.terms.worth[term])
    widths = {name: len(part) for name, part in most.items()}
    none = np.empty((0, 2), np.int64)
    most_of, value_of = (np.concatenate(list(part.values())) for part in (most, value))
    return Program(
        rows.matrix(widths), np.concatenate(rows.lower), np.concatenate(rows.upper), most_of, value_of, none, none,
        setting.weight, np.inf, common(setting.terms.worth),
    ), vm, node  # fmt: skip


def _places(setting: Setting) -> tuple[Ints, Ints]:
    """VM and node [.] of all pairs that may be: open nodes, the first of a machine for a VM on two."""
    counts = setting.counts
    pairs = np.meshgrid(np.flatnonzero(counts.kind >= 0), np.flatnonzero(counts.open), indexing="ij")
    vm, node = (side.reshape(-1) for side in pairs)
    fits = (counts.nodes[counts.kind[vm]] == 1) | (node % NODES == 0)
    return vm[fits], node[fits]


def _add_groups(setting: Setting, rows: Rows, vm: Ints, node: Ints) -> None:
    """One VM of a group in a zone; pinned ones are there already."""
    counts = setting.counts
    group = counts.group[counts.kind[vm]]
    grouped = np.flatnonzero(group >= 0)
    if not len(grouped):
        return
    key = counts.zone[node] * counts.hosted.shape[1] + np.maximum(group, 0)
    keys, row = np.unique(key[grouped], return_inverse=True)
    table = sparse.csr_array((np.ones(len(grouped)), (row, grouped)), shape=(len(keys), len(vm)))
    home = counts.place[vm] == node
    rows.add(-np.inf, 1 - counts.hosted.reshape(-1)[keys] + table @ home.astype(float), at=table)


def _table(row: Ints, data: NDArray[np.float64], columns: int) -> sparse.csr_array:
    return sparse.csr_array((data, (row, np.arange(columns))), shape=(int(row.max(initial=-1)) + 1, columns))
