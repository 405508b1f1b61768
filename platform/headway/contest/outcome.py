"""What becomes of one contestant on one instance: its answers, re-scored, and how its run ended."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from headway.batch import Batch, Instance
from headway.errors import DataError
from headway.evaluation import Evaluation
from headway.problem import Problem
from headway.solver import Budget

Status = Literal["finished", "infeasible", "late", "none", "invalid", "error", "crash", "hang", "memory"]


class Point(NamedTuple):
    """One incumbent of an anytime curve: its stamps, and what the scorer says of it."""

    cpu: float  # CPU-seconds of the worker's process tree
    wall: float  # seconds
    objective: float
    feasible: bool


@dataclass(frozen=True)
class Outcome:
    """What became of one contestant on one instance.

    Attributes
    ----------
    status : how its run ended. ``finished``: by itself, with a feasible answer in time;
        ``infeasible``: the answer in time breaks a constraint; ``late``: every answer came after the
        budget; ``none``: no answer; ``invalid``: an answer that is no solution of this instance;
        ``error``: an exception; ``crash``, ``hang``, ``memory``: the process died or was killed
    message : the reason, where the run did not finish
    solution, evaluation : the answer that counts and its re-scoring (batches of one), or None. What
        was reported in time counts even if the process was lost later
    latest : the last answer, late or not
    trace : every incumbent, late ones included
    cpu_seconds, seconds : spent until it ended (CPU of the process tree, wall)
    load_seconds : CPU-seconds spent on imports, loading and warming up, before the clock
    bound : the last proven bound it reported in time, or NaN
    """

    status: Status
    message: str = ""
    solution: Batch | None = None
    evaluation: Evaluation | None = None
    latest: Batch | None = None
    trace: tuple[Point, ...] = ()
    cpu_seconds: float = math.nan
    seconds: float = math.nan
    load_seconds: float = math.nan
    bound: float = math.nan

    @property
    def feasible(self) -> bool:
        """There is an answer in time, and it keeps every constraint."""
        return self.evaluation is not None and bool(self.evaluation.feasible[0])

    @property
    def objective(self) -> float:
        """Of the answer that counts, feasible or not; NaN without one."""
        return math.nan if self.evaluation is None else float(self.evaluation.objective[0])


class Record:
    """What a worker says while it solves one instance."""

    def __init__(self, problem: Problem[Any, Any], instance: Instance, budget: Budget) -> None:
        self.problem, self.instance, self.budget = problem, instance, budget
        self.began = time.monotonic()
        self.solutions: list[tuple[float, float, Batch | None, str]] = []  # cpu, wall, solution or why not
        self.bound = math.nan
        self.status: Status = "finished"
        self.message, self.cpu, self.wall = "", math.nan, math.nan

    def add(self, message: dict[str, Any], arrays: dict[str, Any]) -> None:
        """An incumbent, a bound, or an answer that is no solution."""
        if message["event"] == "bound":
            self.bound = message["value"] if message["cpu"] <= self.budget.cpu else self.bound
            return
        solution, why = None, message.get("text", "")
        if message["event"] == "incumbent":
            try:
                solution = self.problem.solution_type(**arrays)
            except (DataError, TypeError, ValueError) as error:
                why = str(error)
        self.solutions.append((message["cpu"], message["wall"], solution, why))

    def finished(self, cpu: float, wall: float) -> None:
        """It ended by itself."""
        self.cpu, self.wall = cpu, wall

    def lost(self, status: Status, message: str, cpu: float) -> None:
        """It ended otherwise."""
        self.status, self.message, self.cpu = status, message, cpu
        self.wall = time.monotonic() - self.began

    def outcome(self) -> Outcome:
        """All answers re-scored; the last one in time counts."""
        scored = [(cpu, wall, *self._score(solution, why)) for cpu, wall, solution, why in self.solutions]
        trace = tuple(Point(cpu, wall, _objective(e), _feasible(e)) for cpu, wall, _, e, _ in scored if e is not None)
        timely = [entry for entry in scored if entry[0] <= self.budget.cpu]
        _, _, solution, evaluation, why = timely[-1] if timely else (0.0, 0.0, None, None, "")
        status, message = self._verdict(evaluation, why)
        latest = scored[-1][2] if scored else None
        return Outcome(status, message, solution, evaluation, latest, trace, self.cpu, self.wall, bound=self.bound)

    def _score(self, solution: Batch | None, why: str) -> tuple[Batch | None, Evaluation | None, str]:
        if solution is None:
            return None, None, why
        try:
            return solution, self.problem.evaluate(self.instance, solution), ""
        except DataError as error:
            return None, None, str(error)

    def _verdict(self, evaluation: Evaluation | None, why: str) -> tuple[Status, str]:
        if self.status != "finished":
            return self.status, self.message
        if not self.solutions:
            return "none", "it ended without a solution"
        if why:
            return "invalid", why
        if evaluation is None:
            return "late", f"first answer after {self.solutions[0][0]:.3g} CPU-seconds"
        if not _feasible(evaluation):
            broken = [name for name, amount in evaluation.violations.items() if amount[0] != 0]
            return "infeasible", f"breaks {', '.join(broken) or 'the rule of a finite objective'}"
        return "finished", ""


def _objective(evaluation: Evaluation) -> float:
    return float(evaluation.objective[0])


def _feasible(evaluation: Evaluation) -> bool:
    return bool(evaluation.feasible[0])
