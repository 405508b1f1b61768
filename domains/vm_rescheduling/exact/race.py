"""The race: greedy, then CBC, HiGHS and CP-SAT in turns on the aggregated program."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import numpy as np

from headway.domains.vm_rescheduling.classical.setting import Found, Setting
from headway.domains.vm_rescheduling.exact.aggregated import aggregated
from headway.domains.vm_rescheduling.exact.answers import PROVEN, Answers
from headway.domains.vm_rescheduling.exact.engines import solve
from headway.domains.vm_rescheduling.exact.program import Floats, Program

Engine = Literal["cbc", "highs", "cp_sat"]

RACE: tuple[Engine, ...] = ("cbc", "highs", "cp_sat")
SHARES = {"cbc": 0.3, "highs": 0.7, "cp_sat": 1.0}  # of what is left, at most, in a turn
FIRST = {"cbc": 1.5, "highs": 4.0, "cp_sat": 4.0}  # CPU-seconds of the first turns, at most
ROUNDS = (1, 8, 64)  # times as long in later rounds: what takes one engine hours another may prove at once
SHORT = 0.5  # CPU-seconds of a turn, at least: in less none of them does anything at 280 machines
LEAST = 0.02  # CPU-seconds: with less left no engine is started
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

    @property
    def best(self) -> Found:
        """The best answer so far."""
        return self.answers.best

    @property
    def proven(self) -> bool:
        """Whether the best answer is as good as any."""
        return self.best.objective <= self.bound + PROVEN

    def run(self, start: Found | None = None) -> Found:
        """Race until the optimum is proven or nothing is left; the best answer, greedy's at least."""
        self.answers.begin()
        if start is not None:
            self.answers.offer(start)
        for spare in SPARE:
            limit = self.setting.limit - spare
            if self.proven or limit < 1 or self.left() < LEAST:
                break
            program = aggregated(self.answers.whole, self.answers.machines, limit)
            if not len(program.leave) or not program.value.any():
                self._limit_by(self.best.objective)
            elif not self._settle(program, relaxed=spare == 0):
                break
        return self.best

    def _settle(self, program: Program, *, relaxed: bool) -> bool:
        """Solve one program; whether it was solved, so that what is missing, if anything, is an order."""
        if relaxed:
            self._limit_by(program.bound(program.ceiling))
        for engine, seconds in self._turns():
            if self.proven:
                return True
            hint = self.answers.hint(program, self.answers.change())
            answer = solve(engine, program, seconds, hint=hint, threads=self.threads,
                           found=lambda x: self._realise(program, x))  # fmt: skip
            if relaxed:  # no solution: the goal is out of reach, which costs more than the limit
                self._limit_by(program.bound(answer.bound) if answer.bound > -np.inf else self.setting.limit + 1.0)
            if answer.x is not None:
                self._realise(program, answer.x)
            if answer.proven:
                return answer.x is not None
        return False

    def _turns(self) -> Iterator[tuple[Engine, float]]:
        """Engines and their seconds: of CPU for CBC, of wall time for the others."""
        for times, engine in itertools.product(ROUNDS, self.engines):
            left = self.left()
            if left < LEAST:
                return
            seconds = min(max(SHARES[engine] * left, SHORT), FIRST[engine] * times, left)
            seconds = seconds if len(self.engines) > 1 else left
            yield engine, seconds if engine == "cbc" else self.answers.wall(seconds)

    def _realise(self, program: Program, x: Floats) -> None:
        if program.base - float(program.value @ x) < self.best.objective - PROVEN:
            self.answers.realise(program.change(x, self.answers.whole.counts.count.shape))

    def _limit_by(self, bound: float) -> None:
        if bound > self.bound:
            self.bound = bound
            self.bounded(bound)
