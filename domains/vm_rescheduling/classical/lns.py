"""Large neighbourhood search: choose machines, solve the aggregated program on them, and again."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component
from headway.domains.vm_rescheduling.classical.greedy import constructed
from headway.domains.vm_rescheduling.classical.setting import Found, Setting
from headway.domains.vm_rescheduling.cluster.instance import NODES, Snapshot
from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.exact.aggregated import aggregated, held
from headway.domains.vm_rescheduling.exact.answers import PROVEN, Answers
from headway.domains.vm_rescheduling.exact.engines import solve
from headway.domains.vm_rescheduling.exact.program import Ints
from headway.domains.vm_rescheduling.exact.race import LEAST, Engine
from headway.errors import CapabilityError
from headway.solver import Search, Solver

Bools = NDArray[np.bool_]


@component
class LNS(Solver[Snapshot, Plan]):
    """From greedy's plan on: machines are drawn, what happens on the others is kept, and an engine solves the rest.

    Large neighbourhood search (Shaw 1998) on net changes of the counts, so that the order matters only for what is
    reported. Half of the machines are drawn among those the plan touches, half by what they waste; their number grows
    when a part is solved in time and shrinks when it is not. Objective ``fragments`` only.

    Attributes
    ----------
    machines : drawn at first
    patience : CPU-seconds for one part
    engine : what solves it

    Raises
    ------
    CapabilityError
        The problem has another objective.
    """

    machines: Annotated[int, Field(ge=2)] = 30
    patience: Annotated[float, Field(gt=0)] = 0.3
    engine: Engine = "cbc"

    def solve(self, problem: Any, instance: Snapshot, search: Search[Plan]) -> Plan:
        if problem.objective != "fragments":
            raise CapabilityError(
                "the neighbourhoods have one objective", got=problem.objective, expected="fragments", hint="use exact"
            )
        setting = Setting.of(problem, instance)

        def found(answer: Found) -> None:
            search.incumbent(setting.plan(answer.moves))

        answers = Answers(setting, lambda: search.left, found=found)
        answers.offer(constructed(setting))
        active = int(setting.counts.open.sum()) // NODES
        size = float(min(self.machines, active))
        change = answers.change()
        while search.left > LEAST and active:
            drawn = draw(answers, change, min(round(size), active), search.rng)
            change, solved = self._improved(answers, change, drawn)
            size = min(size * 1.1, active) if solved else max(size * 0.8, 2.0)
        return setting.plan(answers.best.moves)

    def _improved(self, answers: Answers, change: Ints, drawn: Bools) -> tuple[Ints, bool]:
        """The change after one part was solved, and whether it was solved in time."""
        inside = np.repeat(drawn, NODES)
        kept = np.where(inside[:, None], 0, change)
        limit = answers.setting.limit - int(np.maximum(-kept, 0).sum())
        program = aggregated(answers.whole, drawn, limit, kept)
        if not len(program.leave) or not program.value.any():
            return change, True
        start = answers.hint(program, change)
        seconds = min(self.patience, answers.left())
        answer = solve(self.engine, program, seconds if self.engine == "cbc" else answers.wall(seconds), hint=start)
        if answer.x is None or program.value @ answer.x < program.value @ start - PROVEN:
            return change, answer.proven
        new = kept + program.change(answer.x, change.shape)
        if program.base - program.value @ answer.x < answers.best.objective - PROVEN:
            answers.realise(new)
        return new, answer.proven


def draw(answers: Answers, change: Ints, number: int, rng: np.random.Generator) -> Bools:
    """Machines [P] to be solved again: half of those that the change touches, the rest by what they waste."""
    counts, terms = answers.whole.counts, answers.setting.terms
    p = len(counts.fixed)
    touched = np.flatnonzero(change.reshape(p, -1).any(1))
    drawn = np.zeros(p, bool)
    drawn[rng.permutation(touched)[: number // 2]] = True
    waste = np.full(p, 1e-3)
    for term in np.flatnonzero(terms.worth > 0).tolist():
        free, share = (counts.memory, counts.share_memory) if terms.memory[term] else (counts.cpu, counts.share_cpu)
        now = free - held(change * share, counts.nodes)
        waste += ((now % terms.size[term]) / terms.size[term]).reshape(p, NODES).sum(1)
    waste[drawn | ~counts.open[::NODES]] = 0.0
    more = min(number - int(drawn.sum()), int((waste > 0).sum()))
    if more > 0:
        drawn[rng.choice(p, more, replace=False, p=waste / waste.sum())] = True
    return drawn
