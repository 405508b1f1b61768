"""The best answer so far: solutions on counts, with groups handed out and put in order before they count."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.classical.greedy import constructed
from headway.domains.vm_rescheduling.classical.greedy_kernel import greedy
from headway.domains.vm_rescheduling.classical.setting import Found, Setting
from headway.domains.vm_rescheduling.cluster.ordering import order
from headway.domains.vm_rescheduling.cluster.state import carry
from headway.domains.vm_rescheduling.exact.affinity import Assignment, merged
from headway.domains.vm_rescheduling.exact.program import Floats, Ints, Program

SHAPES = (0.0, 0.1)  # of greedy's two plans at the start
PROVEN = 1e-6  # of the objective: nearer than that is equal
SLOWEST = 0.2  # CPU-seconds per wall second that are reckoned with on a busy machine


class Answers:
    """The best migrations of a run, and the programs' view of them.

    Parameters
    ----------
    left : CPU-seconds still to spend
    machines : bool [P], those that migrations may touch, all by default
    found : called with each better answer

    Attributes
    ----------
    apart : anti-affinity groups that stood in the way of a change
    stuck : the last change of counts with groups [N, K] that no order was found for
    """

    def __init__(
        self,
        setting: Setting,
        left: Callable[[], float],
        *,
        machines: NDArray[np.bool_] | None = None,
        found: Callable[[Found], None] = lambda found: None,
    ) -> None:
        self.setting, self.left, self.found = setting, left, found
        self.machines = np.ones(len(setting.counts.fixed), bool) if machines is None else machines
        counts, self.of = merged(setting.counts)
        self.whole = replace(setting, counts=counts)
        self.best = Found(np.empty((0, 3), np.int64), np.inf)
        self.apart: frozenset[int] = frozenset()
        self.stuck: Ints | None = None
        self._began = time.perf_counter(), left()

    def wall(self, seconds: float) -> float:
        """The wall seconds in which so many CPU-seconds are to be had, as the machine has been so far."""
        passed, spent = time.perf_counter() - self._began[0], self._began[1] - self.left()
        return seconds * float(np.clip(passed / max(spent, 1e-9), 1.0, 1 / SLOWEST)) if passed > 0.01 else seconds

    def begin(self) -> None:
        """Offer greedy's answers, with and without shape."""
        for shape in SHAPES:
            self.offer(constructed(self.setting, machines=self.machines, shape=shape))

    def offer(self, found: Found) -> None:
        """Keep an answer if it is better than the best."""
        if found.objective < self.best.objective:
            self.best = found
            self.found(found)

    def change(self) -> Ints:
        """What the best answer adds to the counts without groups [N, K]."""
        change = np.zeros_like(self.whole.counts.count)
        np.add.at(change.T, self.of, self.setting.counts.change(self.best.moves).T)
        return change

    def hint(self, program: Program, change: Ints) -> Floats:
        """A change of the counts without groups as a solution of a program."""
        out, into = np.maximum(-change, 0)[tuple(program.leave.T)], np.maximum(change, 0)[tuple(program.come.T)]
        return program.completed(np.concatenate([out, into]).astype(float))

    def realise(self, change: Ints, swapped: Ints | None = None) -> bool:
        """Put a change of the counts without groups in order, and offer it; whether that went for all of it.

        ``swapped`` [N, K] VMs leave a node and as many others of their kind, of other groups, come.
        """
        shared: Ints | None = change
        if self.whole.counts is not self.setting.counts:
            both = np.zeros_like(change) if swapped is None else swapped
            out, into = np.maximum(-change, 0) + both, np.maximum(change, 0) + both
            sharing = Assignment(self.setting.counts, self.of, out, into, self.apart)
            shared, clashing = sharing.solve(self.wall(max(0.05, 0.3 * self.left())))
            self.apart |= clashing
        return shared is not None and self.ordered(shared)

    def ordered(self, change: Ints, seed: int = 0) -> bool:
        """Put a change of the counts [N, K] in order, and offer it; whether that went for all of it."""
        found = order(self.setting.counts, change, self.setting.limit, seed=seed)
        self.offer(self.extended(found.moves))
        self.stuck = change if found.left else self.stuck
        return found.left == 0

    def extended(self, moves: Ints) -> Found:
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
