"""A routing instance as a CP-SAT model: what each rule adds to the circuits."""

from __future__ import annotations

import numpy as np

from headway.domains.routing.classical.exact_circuits import Circuits
from headway.domains.routing.classical.scaling import NEVER
from headway.domains.routing.family.instance import Ints, RoutingInstance


class Model(Circuits):
    """All rules of the family.

    The state after a visit (load, time, ...) is a variable per customer, which the legs chain up: Desrochers and
    Laporte (1991), with implications in place of large constants.
    """

    def __init__(self, instance: RoutingInstance) -> None:
        super().__init__(instance)
        self._loads()
        self._backhauls_last()
        self._windows()
        self._length()
        self._pairs()

    def _loads(self) -> None:
        """`load`: goods not from the depot on board; `peak`: the largest load so far, all deliveries counted."""
        demand, change, capacity = self.task.demand.tolist(), self.task.change.tolist(), self.task.capacity
        peak = self.along(lambda i: (demand[i], capacity), lambda d, i: demand[i], lambda j, i: demand[i])
        if any(change):
            load = self.along(
                lambda i: (max(0, change[i]), capacity), lambda d, i: change[i], lambda j, i: change[i], equal=True
            )
            for i in self.customers:
                self.cp.add(peak[i] >= load[i])
        # So many vehicles are needed for so much (implied, but proofs take a multiple of the time without).
        alone = [0 if self.task.mate[i] else change[i] for i in range(len(change))]
        for amount in (demand, alone):
            carried = sum(amount[i] * self.visited[i] for i in self.customers)
            self.cp.add(capacity * sum(self.leaves.values()) >= carried)

    def _backhauls_last(self) -> None:
        haul, line = self.task.haul.tolist(), self.task.line.tolist()
        if any(haul) and any(line):
            collected = self.along(lambda i: (int(haul[i]), 1), lambda d, i: 0, lambda j, i: 0)
            for (j, i), literal in self.leg.items():
                if line[i]:
                    self.cp.add(collected[j] == 0).only_enforce_if(literal)

    def _windows(self) -> None:
        numbers, home = self.numbers, self.task.home
        if not numbers.timed:
            return
        horizon = _horizon(numbers.latest, numbers.earliest, numbers.travel, numbers.service)
        service, travel = numbers.service.tolist(), numbers.travel.tolist()
        time = self.along(
            lambda i: (int(numbers.earliest[i]), min(int(numbers.latest[i]), horizon)),
            lambda d, i: int(numbers.earliest[home[d]]) + travel[home[d]][i],
            lambda j, i: service[j] + travel[j][i],
        )
        for (d, i), literal in self.returns.items():
            if numbers.latest[home[d]] < NEVER:
                back = time[i] + service[i] + travel[i][home[d]]
                self.cp.add(back <= int(numbers.latest[home[d]])).only_enforce_if(literal)

    def _length(self) -> None:
        length, limit, home = self.numbers.length.tolist(), self.numbers.limit, self.task.home.tolist()
        if limit < NEVER:
            driven = self.along(lambda i: (0, limit), lambda d, i: length[home[d]][i], lambda j, i: length[j][i])
            for (d, i), literal in self.returns.items():
                self.cp.add(driven[i] + length[i][home[d]] <= limit).only_enforce_if(literal)

    def _pairs(self) -> None:
        if not self.task.pairs:
            return
        n = self.task.customers
        position = self.along(lambda i: (1, n), lambda d, i: 1, lambda j, i: 1)
        route = self.along(lambda i: (1, n), lambda d, i: i, lambda j, i: 0, equal=True)
        for i in np.flatnonzero(self.task.sends).tolist():
            j = int(self.task.mate[i])
            self.cp.add(self.visited[i] == self.visited[j])
            self.cp.add(route[i] == route[j])
            self.cp.add(position[i] + 1 <= position[j]).only_enforce_if(self.visited[i])


def _horizon(latest: Ints, earliest: Ints, travel: Ints, service: Ints) -> int:
    """Nothing happens later."""
    known = np.where(latest < NEVER, latest, 0)
    return int(max(known.max(), earliest.max()) + travel.max(1).sum() + service.sum())
