"""Simulated annealing over final states, put in order afterwards."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from pydantic import Field

from headway.components import component
from headway.domains.vm_rescheduling.classical.annealing_kernel import anneal
from headway.domains.vm_rescheduling.classical.begun import begun
from headway.domains.vm_rescheduling.cluster.instance import Snapshot
from headway.domains.vm_rescheduling.cluster.ordering import order
from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.exact.answers import Answers
from headway.solver import Search, Solver

FIRST = 100_000  # steps of the first round, about 30 ms
COLD = 0.1  # the last temperature, as a share of the first


@component
class Annealing(Solver[Snapshot, Plan]):
    """Simulated annealing in rounds, each twice as long as the one before it; greedy's plan is the first incumbent.

    A state is where every VM is in the end; how it is reached is settled afterwards (`cluster.ordering`). Objective
    ``fragments`` only. Temperatures are in units of the smallest slot's worth.

    Attributes
    ----------
    hot : the first temperature
    shape : what the square of a fragment's share of its slot is worth in the search, in slots

    Raises
    ------
    CapabilityError
        The problem has another objective.
    """

    hot: Annotated[float, Field(gt=0)] = 0.2
    shape: Annotated[float, Field(ge=0)] = 0.3

    def solve(self, problem: Any, instance: Snapshot, search: Search[Plan]) -> Plan:
        answers = begun(problem, instance, search)
        steps, pace = FIRST, 0.0
        while search.left > steps * pace:
            began = search.spent
            if not round_of(answers, steps, self.hot, self.shape, search.rng):
                break
            pace = (search.spent - began) / steps
            steps = max(FIRST, min(2 * steps, int(0.95 * search.left / max(pace, 1e-9))))
        return answers.setting.plan(answers.best.moves)


def round_of(answers: Answers, steps: int, hot: float, shape: float, rng: np.random.Generator) -> bool:
    """One annealing from the snapshot on; whether there was anything to anneal."""
    setting = answers.setting
    worth, counts = setting.terms.worth, setting.counts
    vms = np.flatnonzero(counts.kind >= 0)
    if not len(vms) or not worth.any():
        return False
    hottest = hot * float(worth[worth > 0].min())
    home, kind = counts.place[vms], counts.kind[vms]
    at, gain = anneal(
        setting.state(), setting.terms, home, kind, setting.limit, steps, hottest, COLD * hottest, shape, rng
    )
    if setting.best_prefix(np.empty((0, 3), np.int64)).objective - gain < answers.best.objective - 1e-9:
        change = counts.change(np.stack([home, kind, at], axis=1)[home != at])
        answers.offer(answers.extended(order(counts, change, setting.limit).moves))
    return True
