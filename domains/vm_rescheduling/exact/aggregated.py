"""The aggregated model: VMs of one kind on one NUMA node are interchangeable, so they are counted.

The variables are how many VMs of a kind leave a node and how many come to it, instead of a binary per VM and node:
about 5,000 integers instead of 1.2 million at 280 machines. The program holds the final state only; the order comes
afterwards.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from headway.domains.vm_rescheduling.classical.setting import Setting
from headway.domains.vm_rescheduling.cluster.instance import NODES
from headway.domains.vm_rescheduling.exact.program import Floats, Ints, Program, Rows

Bools = NDArray[np.bool_]
RESOURCES = (False, True)  # cores, memory


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


class _Model:
    """The rows and variables of the aggregated model while they are put together."""

    def __init__(self, setting: Setting, inside: Bools, limit: int, kept: Ints | None) -> None:
        counts = self.counts = setting.counts
        self.setting, self.limit = setting, limit
        self.inside, self.outside = np.flatnonzero(inside), np.flatnonzero(~inside)
        self.kept = np.zeros_like(counts.count) if kept is None else kept
        self.due = -self.kept.sum(0)  # VMs of each kind that come more than leave
        self.rows = Rows()
        self.most: dict[str, NDArray[Any]] = {}
        self.value: dict[str, NDArray[Any]] = {}
        self.base, self.step, self.ceiling = 0.0, 0.0, 0.0
        self.share = dict(zip(RESOURCES, (counts.share_cpu, counts.share_memory), strict=True))
        free = dict(zip(RESOURCES, (counts.cpu, counts.memory), strict=True))
        self.free = {r: free[r] - held(self.kept * self.share[r], counts.nodes) for r in RESOURCES}
        self.room = {r: self.free[r] + held(counts.count * self.share[r], counts.nodes) for r in RESOURCES}
        self._movements()
        self.effect = {r: self._effect(self.share[r]) for r in RESOURCES}
        self._balance()

    # -- migrations ---------------------------------------------------------------------------------
    def _movements(self) -> None:
        """Variables: VMs that leave, at most those there; VMs that come, at most those elsewhere and what has room."""
        counts = self.counts
        count = counts.count.copy()
        count[self.outside] = 0
        most = np.minimum(count.sum(0) - count, self.limit) + np.maximum(self.due, 0)
        most = np.minimum(most, np.minimum(*(self._fits(r) for r in RESOURCES)))
        most[self.outside] = 0
        most[1::NODES, counts.nodes == NODES] = 0
        self.leave, self.come = np.argwhere(count), np.argwhere(most > 0)
        self.entry = np.concatenate([self.leave, self.come])
        leaves = np.minimum(count[tuple(self.leave.T)], self.limit)
        self.most["move"] = np.concatenate([leaves, most[tuple(self.come.T)]])
        self.value["move"] = np.zeros(len(self.entry))

    def _fits(self, resource: bool) -> Ints:
        """VMs of each kind that a node (or machine) without movable VMs has room for [N, K]."""
        room, share = self.room[resource], self.share[resource]
        pair = np.minimum(room, np.append(room[1:], 0))
        space = np.where(self.counts.nodes == NODES, pair[:, None], room[:, None])
        return np.where(share > 0, np.maximum(space, 0) // np.maximum(share, 1), self.counts.count.sum())

    def _effect(self, share: Ints) -> sparse.csr_array:
        """What the variables add to the free capacity of the nodes inside, [nodes, variables]."""
        node, kind = self.entry.T
        column = np.arange(len(node))
        amount = np.where(column < len(self.leave), 1.0, -1.0) * share[kind]
        double = self.counts.nodes[kind] == NODES
        data, column = np.append(amount, amount[double]), np.append(column, column[double])
        where = (np.append(node, node[double] + 1), column)
        table = sparse.csr_array((data, where), shape=(len(self.counts.cpu), len(self.entry)))
        return table[self.inside]

    def _balance(self) -> None:
        """As many VMs of a kind come as leave, no more leave than the limit, and what comes has room."""
        sign = np.where(np.arange(len(self.entry)) < len(self.leave), -1.0, 1.0)
        where, shape = (self.entry[:, 1], np.arange(len(sign))), (len(self.counts.nodes), len(sign))
        self.rows.add(self.due, self.due, move=sparse.csr_array((sign, where), shape=shape))
        self.rows.add(-np.inf, self.limit, move=sparse.csr_array((sign < 0)[None].astype(float)))
        terms = self.setting.terms
        done = {bool(r) for r in terms.memory[terms.worth > 0]} if self.setting.objective != "machines" else set()
        for resource in set(RESOURCES) - done:  # where there are slots, these take care of it
            if not done or not self._implied(resource):
                self._keep_room(resource)
            done.add(resource)

    def _keep_room(self, resource: bool, size: int = 0, **slots: sparse.csr_array) -> None:
        """What is free is enough for what comes (and for slots), in units of the greatest common divisor of all sizes:
        what is free beyond whole units is of no use, and small coefficients are easier on the engines.
        """
        unit = max(1, int(np.gcd.reduce(np.append(self.share[resource], size))))
        whole = -(self.free[resource][self.inside] // unit)
        parts = {name: part / unit for name, part in slots.items()}
        self.rows.add(whole, np.inf, move=self.effect[resource] / unit, **parts)

    def _implied(self, resource: bool) -> bool:
        """Whether no node can run out of a resource before it runs out of the other."""
        share, against = self.share[resource], self.share[not resource]
        if (against == 0).any():
            return False
        most = (share / against).max(initial=0.0) * self.room[not resource][self.inside]
        return bool((most <= self.room[resource][self.inside]).all())

    # -- objectives ---------------------------------------------------------------------------------
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
            self._keep_room(resource, size, **{name: -size * unit})
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


def held(amount: Ints, nodes: Ints) -> Ints:
    """What VMs take of each node [N], of amounts [N, K] that a VM on two nodes takes of each."""
    total: Ints = amount.sum(1)
    total[1::NODES] += amount[::NODES, nodes == NODES].sum(1)
    return total
