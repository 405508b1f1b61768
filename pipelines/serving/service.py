"""The service: loaded workers that wait for instances; each answer is scored by the problem's single scorer."""

from __future__ import annotations

import math
import queue
from typing import Any

from headway.batch import Instance
from headway.contest.contestants import Contestant
from headway.contest.runner import Worker
from headway.errors import SolverError
from headway.pipelines.evaluate import described
from headway.problem import Problem
from headway.solver import Budget
from headway.storage.payload import jsonable


class BusyError(SolverError):
    """All workers are taken, and stayed so for as long as a caller waits."""


class Service:
    """A contestant in ``workers`` processes of its own; what one request does to its process harms no other.

    Attributes
    ----------
    problem, contestant : what is solved, and by whom
    budget : what one answer may cost; beyond its wall limit the worker is killed, and a fresh one takes its place
    patience : wall seconds that a request waits for a free worker
    """

    def __init__(
        self,
        problem: Problem[Any, Any],
        contestant: Contestant,
        budget: Budget,
        *,
        workers: int = 1,
        seed: int = 0,
        patience: float = 30.0,
    ) -> None:
        self.problem, self.contestant, self.budget, self.patience = problem, contestant, budget, patience
        self._free: queue.Queue[Worker] = queue.Queue()
        self._all = [Worker(contestant, problem, budget, seed) for _ in range(workers)]
        for worker in self._all:
            self._free.put(worker)

    def warm(self) -> None:
        """Load every worker by letting it answer one instance of the train split, which every problem has."""
        for _ in self._all:
            self.solve(self.problem.instances("train", 1))

    def solve(self, instance: Instance) -> dict[str, Any]:
        """The answer to a batch of one, and what the scorer says of it; JSON-able.

        Raises
        ------
        BusyError
            No worker became free.
        """
        try:
            worker = self._free.get(timeout=self.patience)
        except queue.Empty:
            raise BusyError("all workers are busy", where=self.contestant.label, hint="serve with workers=N") from None
        try:
            outcome = worker.solve(instance)
        finally:
            self._free.put(worker)
        solution = outcome.latest if outcome.solution is None else outcome.solution
        evaluation = outcome.evaluation  # the runner has scored what came in time
        if evaluation is None and solution is not None:
            evaluation = self.problem.evaluate(instance, solution)
        return {
            **described(evaluation),
            "solution": None if solution is None else jsonable(solution),
            "status": outcome.status,
            "message": outcome.message,
            "seconds": outcome.seconds if math.isfinite(outcome.seconds) else None,
            "bound": outcome.bound if math.isfinite(outcome.bound) else None,
        }

    def close(self) -> None:
        """Kill the workers."""
        for worker in self._all:
            worker.close()
