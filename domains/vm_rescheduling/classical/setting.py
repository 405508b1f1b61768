"""One snapshot and what a problem wants of it, as the kernels take it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from numba import njit
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.classical.slots import EPS, Terms, terms_of, worth
from headway.domains.vm_rescheduling.cluster.counts import Counts
from headway.domains.vm_rescheduling.cluster.fragments import Fragment
from headway.domains.vm_rescheduling.cluster.instance import NODES, Snapshot
from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.cluster.state import State, carry, state_of

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Found(NamedTuple):
    """Migrations [L, 3] (from node, kind, to node) in order, and the objective they reach."""

    moves: Ints
    objective: float


@dataclass(frozen=True)
class Setting:
    """A snapshot (a batch of one) by counts, with the terms of its objective.

    Attributes
    ----------
    weight : of the terms that have something free: the rate of a cluster without whole slots
    limit : migrations at most
    objective, goal : the problem's
    """

    counts: Counts
    terms: Terms
    weight: float
    limit: int
    objective: str
    goal: float

    @classmethod
    def of(cls, problem: Any, snapshot: Snapshot) -> Self:
        """The setting of a problem; VMs of anti-affinity groups are kinds of their own."""
        return cls.made(snapshot, problem.terms, problem.objective, problem.goal)

    @classmethod
    def made(
        cls, snapshot: Snapshot, terms: Sequence[Fragment], objective: str = "fragments", goal: float = 0.0
    ) -> Self:
        """The setting of a snapshot with these terms."""
        counts = Counts.of(snapshot, groups=bool((snapshot.group[0, snapshot.real[0]] >= 0).any()))
        worth = terms_of(terms, counts)
        weight = sum(term.weight for term, value in zip(terms, worth.worth, strict=True) if value > 0)
        return cls(counts, worth, weight, int(snapshot.limit[0]), objective, goal)

    def state(self, machines: Bools | None = None) -> State:
        """The state before any migration, to be changed; migrations only from and to ``machines`` [P], if given."""
        state = state_of(self.counts)
        if machines is None:
            return state
        inside = np.repeat(machines, NODES)
        state.count[~inside] = 0
        return state._replace(open=state.open & inside)

    def best_prefix(self, moves: Ints) -> Found:
        """The part of ``moves`` from the start that is best for the objective; the shortest of equal ones."""
        rates, used = trace(self.state(), self.terms, self.weight, self.counts.fixed, moves)
        missed = rates - self.goal
        value = {
            "fragments": rates,
            "machines": used.astype(float),
            "moves": np.where(missed <= EPS, np.arange(len(rates)), self.limit + 1 + missed),
        }[self.objective]
        end = int(np.flatnonzero(value <= value.min() + EPS)[0])
        return Found(moves[:end], float(value[end]))

    def plan(self, moves: Ints) -> Plan:
        """A plan of these migrations."""
        return self.counts.plan(moves)


@njit(cache=True)
def trace(state: State, terms: Terms, weight: float, fixed: Ints, moves: Ints) -> tuple[Floats, Ints]:
    """The fragment rate, and how many machines are in use, after 0..L migrations."""
    rates, used = np.empty(len(moves) + 1), np.empty(len(moves) + 1, np.int64)
    rates[0], used[0] = weight, 0
    for machine in range(len(fixed)):
        rates[0] -= worth(state, terms, machine, 0, 0, 0)
        used[0] += in_use(state, fixed, machine)
    for made in range(len(moves)):
        source, kind, target = moves[made]
        gain, freed = 0.0, 0
        for sign in (-1, 1):
            if sign == 1:
                carry(state, source, kind, target)
            gain += sign * worth(state, terms, source // 2, 0, 0, 0)
            freed -= sign * in_use(state, fixed, source // 2)
            if target // 2 != source // 2:
                gain += sign * worth(state, terms, target // 2, 0, 0, 0)
                freed -= sign * in_use(state, fixed, target // 2)
        rates[made + 1], used[made + 1] = rates[made] - gain, used[made] - freed
    return rates, used


@njit(cache=True)
def in_use(state: State, fixed: Ints, machine: int) -> int:
    """1 for an active machine that hosts a VM, else 0."""
    vms = fixed[machine] + state.count[2 * machine].sum() + state.count[2 * machine + 1].sum()
    return 1 if vms > 0 and state.open[2 * machine] else 0
