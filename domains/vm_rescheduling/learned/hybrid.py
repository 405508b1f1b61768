"""The policy says which machines are worth touching, the exact model finishes on these."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component, given
from headway.domains.vm_rescheduling.cluster.instance import NODES, Snapshot
from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.learned.class_episodes import Played
from headway.domains.vm_rescheduling.learned.class_guide import By, Guide
from headway.solver import Search, Solver

GROWTH = 1.5  # from one subset of machines to the next


@component
class Hybrid(Solver[Snapshot, Plan]):
    """The best of a few plans of a policy, then exact search on the machines that these plans touch most, then on more
    and more of them while there is time. Never worse than the best of those plans.

    Attributes
    ----------
    policy : with the network ``classes``; or ``random``
    samples : plans drawn
    share : machines of the first subset, in units of the limit; an optimal plan touches 1.1 to 1.5 times the limit
    rank : what puts machines in order: plans of the policy; their fragments, beside plans of greed (``fragment``);
        nothing, beside any plans at all (``random``)
    grow : go on to larger subsets
    """

    policy: Any = given()
    samples: Annotated[int, Field(ge=1)] = 64
    share: Annotated[float, Field(gt=0)] = 1.3
    rank: By = "policy"
    grow: bool = True

    def solve(self, problem: Any, instance: Snapshot, search: Search[Plan]) -> Plan:
        from headway.domains.vm_rescheduling.exact.optimise import optimise

        guide = Guide(problem, instance, self.policy, self.rank)
        first, more = guide.likeliest(), guide.drawn(self.samples, search.seed, 0)
        plan = min(guide.best(first), guide.best(more), key=lambda answer: answer[1])[0]
        search.incumbent(plan)
        best = guide.prefix(plan)
        order = self._order(problem, instance, first, more, search)
        size = min(len(order), max(2, round(self.share * int(instance.limit[0]))))
        while search.left > 0:
            chosen = np.zeros(instance.machines, bool)
            chosen[order[:size]] = True
            found = optimise(instance, problem.terms, seconds=search.left, machines=chosen,
                             hint=best if _within(best.moves, chosen) else None, objective=problem.objective,
                             goal=problem.goal)  # fmt: skip
            if found.objective < best.objective - 1e-12:
                plan, best = found.plan, guide.prefix(found.plan)
                search.incumbent(plan)
            if not self.grow or size == len(order):
                break
            size = min(len(order), round(GROWTH * size))
        return plan

    def _order(
        self, problem: Any, instance: Snapshot, first: Played, more: Played, search: Search[Plan]
    ) -> NDArray[np.int64]:
        """Active machines, those to be taken first in front."""
        active = np.flatnonzero(instance.active[0])
        if self.rank == "random":
            return search.rng.permutation(active)
        if self.rank == "policy":
            value = touched(more, instance.machines) + 0.5 * touched(first, instance.machines)
        else:
            value = fragment(problem, instance)
        order: NDArray[np.int64] = active[np.argsort(-value[active], kind="stable")]
        return order


def touched(played: Played, machines: int) -> NDArray[np.float64]:
    """float64 [P], in how many of a snapshot's episodes each machine gives or takes a VM before the best is reached."""
    count = np.zeros(machines)
    for number, moves in enumerate(played.moves[0]):
        made = moves[: played.length(0, number)]
        made = made[made[:, 0] != made[:, 2]]
        count[np.unique(made[:, [0, 2]] // 2)] += 1
    return count


def fragment(problem: Any, instance: Snapshot) -> NDArray[np.float64]:
    """float64 [P]: what is beyond whole slots on each machine, in slots, weighted."""
    out = np.zeros(instance.machines)
    for term in problem.terms:
        out += term.weight * (instance.free(term.resource)[0] % term.size).sum(1) / term.size
    return out


def _within(moves: NDArray[np.int64], chosen: NDArray[np.bool_]) -> bool:
    return bool(chosen[moves[:, [0, 2]] // NODES].all())
