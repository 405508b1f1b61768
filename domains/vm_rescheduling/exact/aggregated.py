"""The aggregated model: VMs of one kind on one NUMA node are interchangeable, so they are counted.

The variables are how many VMs of a kind leave a node and how many come to it, instead of a binary per VM and node:
about 5,000 integers instead of 1.2 million at 280 machines. The program holds the final state only; the order comes
afterwards.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from headway.domains.vm_rescheduling.classical.setting import Setting
from headway.domains.vm_rescheduling.cluster.instance import NODES
from headway.domains.vm_rescheduling.exact.movements import Bools, Movements
from headway.domains.vm_rescheduling.exact.program import Floats, Ints, Program


def aggregated(setting: Setting, machines: Bools, limit: int, kept: Ints | None = None) -> Program:
    """The program of a setting with at most ``limit`` migrations from and to ``machines`` [P] only.

    ``kept`` [N, K] is a change of the counts of the other machines that stays as it is; what leaves or comes there
    comes from or leaves ``machines``, and its departures are not in ``limit``.

    Slots are bounded by what is free: their sum is at most floor(free / size). Without this cut CBC proves nothing on
    clusters that are nearly full.
    """
    model = _Model(setting, np.repeat(machines, NODES) & setting.counts.open, limit, kept)
    if setting.objective == "machines":
        model.empty_machines()
    else:
        model.count_slots()
    if setting.objective == "moves":
        model.reach_goal()
    return model.program()


class _Model(Movements):
    """The aggregated model while an objective is added to it."""

    def count_slots(self) -> None:
        """Variables: whole slots of each term on each node (or machine)."""
        terms = self.setting.terms
        self.base = self.setting.weight
        for term in np.flatnonzero(terms.worth > 0).tolist():
            resource, size, wide = bool(terms.memory[term]), int(terms.size[term]), terms.nodes[term] == NODES
            free, worth = self.free[resource], float(terms.worth[term])
            outside = free[self.outside] // size
            most = self.room[resource][self.inside] // size
            unit = sparse.eye_array(len(most), format="csr")
            if wide:
                outside, most = (np.minimum(fit[::NODES], fit[1::NODES]) for fit in (outside, most))
                unit = sparse.csr_array(np.repeat(np.eye(len(most)), NODES, axis=0))
            self.base -= worth * float(np.maximum(outside, 0).sum())
            name = f"slots{term}"
            self.keep_room(resource, size, **{name: -size * unit})
            taken = (self.due * self.share[resource] * self.counts.nodes).sum()
            cut = (free[self.inside].sum() - taken) // (size * terms.nodes[term])
            self.rows.add(-np.inf, cut, **{name: sparse.csr_array(np.ones((1, len(most))))})
            self.ceiling += worth * cut
            self.most[name], self.value[name] = most, np.full(len(most), worth)
        self.step = common(terms.worth)

    def reach_goal(self) -> None:
        """The slots become a constraint, in whole numbers (CP-SAT takes no others); migrations are minimised."""
        slots = {name: value for name, value in self.value.items() if name != "move"}
        if slots:
            unit = self.step or 1e-6 * max(float(value.max(initial=0.0)) for value in slots.values())
            needed = np.ceil((self.base - self.setting.goal - 1e-9) / unit - 1e-6)
            rows = {name: sparse.csr_array(np.rint(value / unit)[None]) for name, value in slots.items()}
            self.rows.add(needed, np.inf, **rows)
        self.value = {name: np.zeros_like(value) for name, value in self.value.items()}
        self.value["move"][: len(self.leave)] = -1.0
        self.base, self.step, self.ceiling = float(np.maximum(-self.kept, 0).sum()), 1.0, 0.0

    def empty_machines(self) -> None:
        """Variables: whether a machine hosts no VM in the end."""
        counts, machines = self.counts, self.inside[::NODES] // NODES
        of = np.searchsorted(machines, self.entry[:, 0] // NODES)
        leaves, n = len(self.leave), len(of)
        there = counts.count[tuple(self.leave.T)].astype(float)
        gone = sparse.csr_array((-there, (np.arange(leaves), of[:leaves])), shape=(leaves, len(machines)))
        self.rows.add(0, np.inf, move=sparse.eye_array(leaves, n, format="csr"), empty=gone)
        comes = sparse.csr_array((np.ones(n - leaves), (of[leaves:], np.arange(leaves, n))), shape=(len(machines), n))
        full = self.most["move"][leaves:].sum()
        self.rows.add(-np.inf, full, move=comes, empty=full * sparse.eye_array(len(machines), format="csr"))
        self.most["empty"], self.value["empty"] = (counts.fixed[machines] == 0).astype(int), np.ones(len(machines))
        hosts = (counts.count + self.kept).sum(1).reshape(-1, NODES).sum(1) + counts.fixed > 0
        hosts[machines] = True
        self.base, self.step, self.ceiling = float((hosts & counts.open[::NODES]).sum()), 1.0, len(machines)

    def program(self) -> Program:
        """What was put together."""
        widths = {name: len(most) for name, most in self.most.items()}
        lower, upper = (np.concatenate(side) for side in (self.rows.lower, self.rows.upper))
        most, value = (np.concatenate([part[n] for n in widths]) for part in (self.most, self.value))
        return Program(
            matrix=self.rows.matrix(widths), lower=lower, upper=upper, most=most.astype(float), value=value,
            leave=self.leave, come=self.come, base=self.base, ceiling=self.ceiling, step=self.step,
        )  # fmt: skip


def common(worth: Floats) -> float:
    """What all worths are multiples of, to rounding: the least of them, or 0 where that is not so."""
    valued = worth[worth > 0]
    if not len(valued):
        return 0.0
    times = valued / valued.min()
    return float(valued.min()) if np.allclose(times, np.rint(times), rtol=0, atol=1e-9) else 0.0
