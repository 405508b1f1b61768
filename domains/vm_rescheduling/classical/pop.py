"""POP: the cluster cut into parts at random, each part solved by itself."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from pydantic import Field

from headway.components import component
from headway.domains.vm_rescheduling.classical.begun import begun
from headway.domains.vm_rescheduling.cluster.instance import NODES, Snapshot
from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.exact.aggregated import aggregated
from headway.domains.vm_rescheduling.exact.engines import solve
from headway.domains.vm_rescheduling.exact.turns import LEAST, Engine
from headway.solver import Search, Solver


@component
class POP(Solver[Snapshot, Plan]):
    """Machines are dealt out to parts at random, each with its share of the limit and of the time.

    Narayanan et al. 2021, "Solving large-scale granular resource allocation problems efficiently with POP"; a baseline
    of Ding et al. 2025. The parts' changes are joined and put in order; greedy's plan is returned where that is better.
    Objective ``fragments`` only.

    Attributes
    ----------
    parts : how many
    engine : what solves each of them on the aggregated program
    """

    parts: Annotated[int, Field(ge=1)] = 8
    engine: Engine = "cbc"

    def solve(self, problem: Any, instance: Snapshot, search: Search[Plan]) -> Plan:
        answers = begun(problem, instance, search)
        whole, setting = answers.whole, answers.setting
        active = search.rng.permutation(np.flatnonzero(setting.counts.open[::NODES]))
        dealt = np.array_split(active, min(self.parts, max(len(active), 1)))
        limits = np.diff(np.linspace(0, setting.limit, len(dealt) + 1).round().astype(int))
        change = np.zeros_like(whole.counts.count)
        for number, (part, limit) in enumerate(zip(dealt, limits.tolist(), strict=True)):
            machines = np.isin(np.arange(instance.machines), part)
            program = aggregated(whole, machines, limit)
            seconds = search.left / (len(dealt) - number)
            if seconds < LEAST or not len(program.leave) or not program.value.any():
                continue
            wall = seconds if self.engine == "cbc" else answers.wall(seconds)
            answer = solve(self.engine, program, wall, threads=search.budget.threads)
            if answer.x is not None:
                change += program.change(answer.x, change.shape)
        answers.realise(change)
        return setting.plan(answers.best.moves)
