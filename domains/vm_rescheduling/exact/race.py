"""The race: greedy, then CBC, HiGHS and CP-SAT in turns on the aggregated program."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from headway.domains.vm_rescheduling.classical.greedy import constructed
from headway.domains.vm_rescheduling.classical.setting import Found, Setting
from headway.domains.vm_rescheduling.exact.aggregated import aggregated
from headway.domains.vm_rescheduling.exact.answers import PROVEN, SHAPES, Answers
from headway.domains.vm_rescheduling.exact.engines import solve
from headway.domains.vm_rescheduling.exact.program import Floats, Program
from headway.domains.vm_rescheduling.exact.turns import LEAST, RACE, Engine, turns
from headway.domains.vm_rescheduling.exact.zones import Zones

SPARE = (0, 1, 2, 4, 8)  # migrations left to temporary moves, where no order was found for an optimum


class Race:
    """One run on one setting; options are those of `Answers`, and

    Parameters
    ----------
    engines : in the order of their turns
    bounded : called with each better bound
    """

    def __init__(
        self,
        setting: Setting,
        left: Callable[[], float],
        *,
        engines: Sequence[Engine] = RACE,
        threads: int = 1,
        bounded: Callable[[float], None] = lambda bound: None,
        **options: Any,
    ) -> None:
        self.setting, self.left, self.engines, self.threads = setting, left, tuple(engines), threads
        self.answers, self.bounded, self.bound = Answers(setting, left, **options), bounded, -np.inf
        self.refused: list[Floats] = []  # solutions without an order

    @property
    def best(self) -> Found:
        """The best answer so far."""
        return self.answers.best

    @property
    def proven(self) -> bool:
        """Whether the best answer is as good as any."""
        return self.best.objective <= self.bound + PROVEN

    def run(self, start: Found | None = None) -> Found:
        """Race until the optimum is proven, or nothing is left to solve or to spend; greedy's answer at least.

        Where groups clash, rows for these are added to the program (see `zones`) and it is solved again. Where no order
        is found, some migrations are left to temporary moves.
        """
        self.answers.begin()
        if start is not None:
            self.answers.offer(start)
        spares = iter(SPARE)
        spare = next(spares)
        while spare < max(1, self.setting.limit) and not self.proven and self.left() >= LEAST:
            apart = self.answers.apart
            if not self._settle(spare):
                break
            if self.answers.apart == apart:
                spare = next(spares, self.setting.limit)
        if self.setting.objective == "moves" and self.bound > self.setting.limit:
            self._approach()
        return self.best

    def insist(self) -> Found:
        """Spend what is left after `run`, where plans were found that have no order: on plans as good as these, without
        or with temporary moves, and then on other orders.
        """
        for spare in itertools.cycle(SPARE):
            known = len(self.refused), self.answers.apart
            if self.proven or self.left() < LEAST or not self._settle(min(spare, max(0, self.setting.limit - 1))):
                break
            if not spare and known == (len(self.refused), self.answers.apart):
                break  # nothing better is left
        seed = 0
        while not self.proven and self.left() > 0:
            seed += 1
            if self.answers.stuck is not None:
                self.answers.ordered(self.answers.stuck, seed)
            shape = float(np.random.default_rng(seed).exponential(SHAPES[-1]))
            self.answers.offer(constructed(self.setting, machines=self.answers.machines, shape=shape))
        return self.best

    def _settle(self, spare: int) -> bool:
        """Solve a program; whether it was solved, so that what is missing, if anything, is an assignment or an order.

        The bound is that of programs without migrations to ``spare``, before solutions are refused.
        """
        answers = self.answers
        base = aggregated(answers.whole, answers.machines, self.setting.limit - spare)
        if not len(base.leave) or not base.value.any():
            self._limit_by(self.best.objective)
            return True
        zones = Zones(base, self.setting.counts, answers.of, answers.apart)
        program, bounds = zones.program.without(self.refused), not spare and not self.refused
        if bounds:
            self._limit_by(program.bound(program.ceiling))
        for engine, seconds in turns(self.engines, self.left, self.answers.wall):
            if self.proven:
                return True
            hint = zones.hint(self.setting.counts.change(self.best.moves))
            answer = solve(engine, program, seconds, hint=hint, threads=self.threads,
                           found=lambda x: self._realise(program, x))  # fmt: skip
            if bounds:  # no solution: the goal is out of reach, which costs more than the limit
                self._limit_by(program.bound(answer.bound) if answer.bound > -np.inf else self.setting.limit + 1.0)
            apart = answers.apart
            had = answer.x is None or self._realise(program, answer.x)
            if answer.x is not None and answer.proven and not had and answers.apart == apart:
                self.refused.append(answer.x[: len(base.leave) + len(base.come)])
            if answer.proven:
                return answer.x is not None
        return False

    def _approach(self) -> None:
        """The goal is out of reach: come as near to it as can be."""
        missed = self.setting.limit + 1 - self.setting.goal
        nearest = Race(
            replace(self.setting, objective="fragments"), self.left, engines=self.engines, threads=self.threads,
            bounded=lambda bound: self._limit_by(missed + bound), machines=self.answers.machines,
            found=lambda found: self.answers.offer(self.setting.best_prefix(found.moves)),
        )  # fmt: skip
        nearest.run()

    def _realise(self, program: Program, x: Floats) -> bool:
        """Offer a solution, if it is better than the best answer; False where this could not be had in full."""
        if program.base - float(program.value @ x) >= self.best.objective - PROVEN:
            return True
        out, into = program.moved(x, self.answers.whole.counts.count.shape)
        return self.answers.realise(into - out, np.minimum(out, into))

    def _limit_by(self, bound: float) -> None:
        if bound > self.bound:
            self.bound = bound
            self.bounded(bound)
