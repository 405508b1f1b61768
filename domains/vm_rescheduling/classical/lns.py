"""Large neighbourhood search: choose machines, solve the aggregated program on them, and again."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component
from headway.domains.vm_rescheduling.classical.beam import SHAPES, swept
from headway.domains.vm_rescheduling.classical.begun import begun
from headway.domains.vm_rescheduling.cluster.instance import NODES, Snapshot
from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.exact.aggregated import aggregated
from headway.domains.vm_rescheduling.exact.answers import PROVEN, Answers
from headway.domains.vm_rescheduling.exact.engines import solve
from headway.domains.vm_rescheduling.exact.movements import held
from headway.domains.vm_rescheduling.exact.program import Ints
from headway.domains.vm_rescheduling.exact.turns import LEAST, Engine
from headway.solver import Search, Solver

Bools = NDArray[np.bool_]


@component
class LNS(Solver[Snapshot, Plan]):
    """Narrow beams, and then: machines are drawn, what happens on the others is kept, and an engine solves the rest.

    Large neighbourhood search (Shaw 1998) on net changes of the counts, so that the order matters only for what is
    reported. Half of the machines are drawn among those the plan touches, the others by what they waste. Their number
    grows when a part is solved in time or improved; when it is neither, fewer of them get more time. Objective
    ``fragments`` only.

    Attributes
    ----------
    machines : drawn at first
    patience : CPU-seconds for one part, at first
    beams : share of the budget for beams of one state at the start, five at most
    engine : what solves the parts
    """

    machines: Annotated[int, Field(ge=2)] = 100
    patience: Annotated[float, Field(gt=0)] = 0.5
    beams: Annotated[float, Field(ge=0, le=1)] = 0.2
    engine: Engine = "cbc"

    def solve(self, problem: Any, instance: Snapshot, search: Search[Plan]) -> Plan:
        answers = begun(problem, instance, search)
        for shape in SHAPES:
            swept(answers, 1, shape, search.rng, reserve=(1 - self.beams) * search.budget.cpu)
        active = int(answers.setting.counts.open.sum()) // NODES
        size, change = float(min(self.machines, active)), answers.change()
        patience = self.patience
        while search.left > LEAST and active:
            drawn = draw(answers, change, min(round(size), active), search.rng)
            change, well = self._improved(answers, change, drawn, min(patience, search.left))
            size = min(size * 1.2, active) if well else max(size * 0.8, 2.0)
            patience = self.patience if well else min(1.5 * patience, search.budget.cpu / 8)
        return answers.setting.plan(answers.best.moves)

    def _improved(self, answers: Answers, change: Ints, drawn: Bools, seconds: float) -> tuple[Ints, bool]:
        """The change after one part was solved, and whether it was improved, or solved in time."""
        kept = np.where(np.repeat(drawn, NODES)[:, None], 0, change)
        limit = answers.setting.limit - int(np.maximum(-kept, 0).sum())
        program = aggregated(answers.whole, drawn, limit, kept)
        if not len(program.leave) or not program.value.any():
            return change, True
        start = answers.hint(program, change)
        answer = solve(self.engine, program, seconds if self.engine == "cbc" else answers.wall(seconds), hint=start)
        gain = -np.inf if answer.x is None else float(program.value @ (answer.x - start))
        if answer.x is None or gain < -PROVEN:
            return change, answer.proven
        new = kept + program.change(answer.x, change.shape)
        if program.base - float(program.value @ answer.x) < answers.best.objective - PROVEN:
            answers.realise(new)
        return new, answer.proven or gain > PROVEN


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
