"""The race: greedy, then CBC, HiGHS and CP-SAT in turns on the aggregated program, each answer put in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.classical.greedy import constructed
from headway.domains.vm_rescheduling.classical.greedy_kernel import greedy
from headway.domains.vm_rescheduling.classical.setting import Found, Setting
from headway.domains.vm_rescheduling.cluster.ordering import order
from headway.domains.vm_rescheduling.cluster.state import carry
from headway.domains.vm_rescheduling.exact.affinity import Assignment, merged
from headway.domains.vm_rescheduling.exact.aggregated import aggregated
from headway.domains.vm_rescheduling.exact.engines import solve
from headway.domains.vm_rescheduling.exact.program import Program

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Engine = Literal["cbc", "highs", "cp_sat"]

RACE: tuple[Engine, ...] = ("cbc", "highs", "cp_sat")
SHARES = {"cbc": 0.3, "highs": 0.4, "cp_sat": 1.0}  # of what is left, one after the other
LEAST = 0.02  # CPU-seconds: with less left no engine is started
PROVEN = 1e-6  # of the objective: a bound that near is reached
SPARE = (0, 1, 2, 4, 8)  # migrations left to temporary moves, where no order was found for an optimum


class Race:
    """One run on one setting.

    Parameters
    ----------
    left : CPU-seconds still to spend
    machines : bool [P], those that migrations may touch
    found, bounded : called with each better answer, and each better bound
    """

    def __init__(
        self,
        setting: Setting,
        left: Callable[[], float],
        *,
        machines: NDArray[np.bool_] | None = None,
        engines: Sequence[Engine] = RACE,
        threads: int = 1,
        found: Callable[[Found], None] = lambda found: None,
        bounded: Callable[[float], None] = lambda bound: None,
    ) -> None:
        self.setting, self.left, self.engines, self.threads = setting, left, tuple(engines), threads
        self.found, self.bounded = found, bounded
        self.machines = np.ones(len(setting.counts.fixed), bool) if machines is None else machines
        counts, self.of = merged(setting.counts)
        self.whole = replace(setting, counts=counts)
        self.best = Found(np.empty((0, 3), np.int64), np.inf)
        self.bound = -np.inf

    @property
    def proven(self) -> bool:
        """Whether the best answer is as good as any."""
        return self.best.objective <= self.bound + PROVEN

    def run(self, start: Found | None = None) -> Found:
        """Race until the optimum is proven or nothing is left; the best answer, greedy's at least."""
        self._offer(constructed(self.setting, machines=self.machines))
        if start is not None:
            self._offer(start)
        for spare in SPARE:
            limit = self.setting.limit - spare
            if self.proven or limit < 1 or self.left() < LEAST:
                break
            program = aggregated(self.whole, self.machines, limit)
            if not len(program.leave) or not program.value.any():
                self._limit_by(self.best.objective)
            elif not self._settle(program, relaxed=spare == 0):
                break
        return self.best

    def _settle(self, program: Program, *, relaxed: bool) -> bool:
        """Solve one program; whether it was solved, so that what is missing is an order."""
        if relaxed:
            self._limit_by(program.bound(program.ceiling))
        for engine, seconds in self._turns():
            if self.proven:
                return True
            answer = solve(engine, program, seconds, hint=self._hint(program), threads=self.threads,
                           found=lambda x: self._realise(program, x))  # fmt: skip
            if relaxed:  # no solution: the goal is out of reach, which costs more than the limit
                self._limit_by(program.bound(answer.bound) if answer.bound > -np.inf else self.setting.limit + 1.0)
            if answer.x is not None:
                self._realise(program, answer.x)
            if answer.proven:
                return answer.x is not None
        return False

    def _turns(self) -> Iterator[tuple[Engine, float]]:
        """Engines and their seconds."""
        for engine in self.engines:
            left = self.left()
            if left < LEAST:
                return
            yield engine, left if engine == self.engines[-1] else SHARES[engine] * left

    def _hint(self, program: Program) -> Floats:
        """The best answer's first variables."""
        change = np.zeros_like(self.whole.counts.count)
        np.add.at(change.T, self.of, self.setting.counts.change(self.best.moves).T)
        out, into = np.maximum(-change, 0)[tuple(program.leave.T)], np.maximum(change, 0)[tuple(program.come.T)]
        return np.concatenate([out, into]).astype(float)

    # -- answers ------------------------------------------------------------------------------------
    def _realise(self, program: Program, x: Floats) -> None:
        """Put a solution in order, with groups handed out, and keep it if it is better than the best."""
        if program.base - float(program.value @ x) >= self.best.objective - PROVEN:
            return
        change: Ints | None = program.change(x, self.whole.counts.count.shape)
        if len(self.of) > len(self.whole.counts.nodes):
            change = Assignment(self.setting.counts, self.of, change).solve(max(0.05, 0.3 * self.left()))
        if change is not None:
            self._offer(self._extended(order(self.setting.counts, change, self.setting.limit).moves))

    def _extended(self, moves: Ints) -> Found:
        """The best part of ``moves`` from the start, and what greedy adds to it."""
        found = self.setting.best_prefix(moves)
        more = self.setting.limit - len(found.moves)
        if self.setting.objective != "fragments" or not more:
            return found
        state = self.setting.state(self.machines)
        for source, kind, target in found.moves:
            carry(state, source, kind, target)
        added = greedy(state, self.setting.terms, more, np.zeros((2, *state.count.T.shape)))
        return self.setting.best_prefix(np.concatenate([found.moves, added]))

    def _offer(self, found: Found) -> None:
        if found.objective < self.best.objective:
            self.best = found
            self.found(found)

    def _limit_by(self, bound: float) -> None:
        if bound > self.bound:
            self.bound = bound
            self.bounded(bound)
