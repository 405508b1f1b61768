"""The part of the aggregated model that all objectives share: migrations, counted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from headway.domains.vm_rescheduling.classical.setting import Setting
from headway.domains.vm_rescheduling.cluster.instance import NODES
from headway.domains.vm_rescheduling.exact.program import Ints, Rows

Bools = NDArray[np.bool_]
RESOURCES = (False, True)  # cores, memory


class Movements:
    """Variables and rows of VMs that leave nodes and come to them, and what room there is."""

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
                self.keep_room(resource)
            done.add(resource)

    def keep_room(self, resource: bool, size: int = 0, **slots: sparse.csr_array) -> None:
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


def held(amount: Ints, nodes: Ints) -> Ints:
    """What VMs take of each node [N], of amounts [N, K] that a VM on two nodes takes of each."""
    total: Ints = amount.sum(1)
    total[1::NODES] += amount[::NODES, nodes == NODES].sum(1)
    return total
