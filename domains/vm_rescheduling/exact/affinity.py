"""Which VMs: anti-affinity groups, handed out over migrations that were counted without them."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from ortools.sat.python import cp_model

from headway.domains.vm_rescheduling.cluster.counts import Counts, distinct

Ints = NDArray[np.int64]


def merged(counts: Counts) -> tuple[Counts, Ints]:
    """Counts whose kinds leave groups out, and which of these each kind is [K]."""
    if not (counts.group >= 0).any():
        return counts, np.arange(len(counts.nodes))
    table = np.stack([counts.share_cpu, counts.share_memory, counts.nodes])
    sizes, of = distinct(table)
    count = np.zeros((len(counts.cpu), sizes.shape[1]), np.int64)
    np.add.at(count.T, of, counts.count.T)
    kind = np.full(len(counts.kind), -1)
    kind[counts.kind >= 0] = of[counts.kind[counts.kind >= 0]]
    none = np.full(sizes.shape[1], -1)
    whole = replace(
        counts, share_cpu=sizes[0], share_memory=sizes[1], nodes=sizes[2], count=count, kind=kind, group=none
    )
    return whole, of


class Shared(NamedTuple):
    """A change [N, K] of kinds with groups (None: there is none, or none was found in time), and the groups that stand
    in the way.
    """

    change: Ints | None
    clashing: frozenset[int]


class Assignment:
    """VMs that leave nodes and come to them (``out`` and ``into`` [N, K'], of `merged` kinds), shared out over kinds
    with groups.

    At each node as many VMs of a size leave or come as counted; over all nodes, as many of each group leave as come;
    and in the end a zone hosts at most one VM of a group. This is decided exactly, by CP-SAT: it is a matching of
    departures and arrivals with side constraints. As few VMs of groups as possible move. Where it cannot be, as few
    VMs as possible clash, and none of the groups ``apart``, which `zones` has taken care of.
    """

    def __init__(self, counts: Counts, of: Ints, out: Ints, into: Ints, apart: frozenset[int] = frozenset()) -> None:
        self.counts, self.of, self.model = counts, of, cp_model.CpModel()
        self.moved: dict[tuple[int, int, int], cp_model.IntVar] = {}  # node, kind, sign
        self.clash: list[tuple[int, cp_model.IntVar]] = []  # group, VMs too many of it
        for sign, amount in ((-1, out), (1, into)):
            for node, size in np.argwhere(amount).tolist():
                self._node(node, size, sign, int(amount[node, size]))
        self._balance()
        self._zones(apart)
        grouped = [v for (_, kind, sign), v in self.moved.items() if sign < 0 and counts.group[kind] >= 0]
        self.model.minimize(sum(grouped) + (int(out.sum()) + 1) * sum(clash for _, clash in self.clash))

    def _node(self, node: int, size: int, sign: int, amount: int) -> None:
        """The VMs of one size that leave a node, or come to it, by their groups."""
        kinds = np.flatnonzero(self.of == size).tolist()
        here = {kind: int(self.counts.count[node, kind]) for kind in kinds}
        most = {kind: amount if sign > 0 else here[kind] for kind in kinds}
        names = {kind: (node, kind, sign) for kind in kinds if most[kind]}
        self.moved |= {name: self.model.new_int_var(0, most[kind], "") for kind, name in names.items()}
        self.model.add(sum(self.moved[name] for name in names.values()) == amount)

    def _balance(self) -> None:
        of_kind: dict[int, list[tuple[int, cp_model.IntVar]]] = {}
        for (_, kind, sign), variable in self.moved.items():
            of_kind.setdefault(kind, []).append((sign, variable))
        for pairs in of_kind.values():
            self.model.add(sum(sign * variable for sign, variable in pairs) == 0)

    def _zones(self, apart: frozenset[int]) -> None:
        there: dict[tuple[int, int], list[tuple[int, cp_model.IntVar]]] = {}
        for (node, kind, sign), variable in self.moved.items():
            if self.counts.group[kind] >= 0:
                there.setdefault((int(self.counts.zone[node]), int(self.counts.group[kind])), []).append(
                    (sign, variable)
                )
        for (zone, group), pairs in there.items():
            if any(sign > 0 for sign, _ in pairs):
                now = int(self.counts.hosted[zone, group])
                clash = self.model.new_int_var(0, 0 if group in apart else len(self.moved), "")
                self.model.add(now + sum(sign * variable for sign, variable in pairs) <= 1 + clash)
                self.clash.append((group, clash))

    def solve(self, seconds: float) -> Shared:
        """Share out within so many wall seconds."""
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds, solver.parameters.num_workers = seconds, 1
        if solver.solve(self.model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return Shared(None, frozenset())
        clashing = frozenset(group for group, clash in self.clash if solver.value(clash))
        if clashing:
            return Shared(None, clashing)
        change = np.zeros_like(self.counts.count)
        for (node, kind, sign), variable in self.moved.items():
            change[node, kind] += sign * solver.value(variable)
        return Shared(change, clashing)
