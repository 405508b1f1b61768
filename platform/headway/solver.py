"""Contestants that see a whole instance: anytime solvers, exact methods, hybrids."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

from headway.batch import Batch, Instance
from headway.seeds import stream

I = TypeVar("I", bound=Instance)  # noqa: E741
X = TypeVar("X", bound=Batch)


@dataclass(frozen=True)
class Budget:
    """What a contestant may spend on one instance.

    Attributes
    ----------
    cpu : CPU-seconds of its process tree, counted from when a loaded worker has the instance
    threads : threads it may use (OpenMP, torch and solvers are set to it)
    wall : outer wall-clock limit in seconds, after which the worker is killed
    memory : outer limit on resident memory, bytes
    """

    cpu: float = 1.0
    threads: int = 1
    wall: float | None = None
    memory: int = 4 * 2**30

    @property
    def deadline(self) -> float:
        """Wall seconds until the worker is killed: generous, since machines are shared."""
        return self.wall if self.wall is not None else 4 * self.cpu / self.threads + 10


@dataclass
class Search(Generic[X]):
    """One run of a solver: what is left of its budget, and where it reports incumbents.

    ``clock`` returns CPU-seconds spent; tests give a virtual one.
    """

    budget: Budget = field(default_factory=Budget)
    seed: int = 0
    report: Callable[[X, float], None] = lambda solution, seconds: None
    report_bound: Callable[[float, float], None] = lambda value, seconds: None
    clock: Callable[[], float] = time.process_time
    started: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.clock()

    @property
    def spent(self) -> float:
        return self.clock() - self.started

    @property
    def left(self) -> float:
        """CPU-seconds still to spend; never negative."""
        return max(0.0, self.budget.cpu - self.spent)

    @cached_property
    def rng(self) -> np.random.Generator:
        """The solver's own recorded stream."""
        return stream("tuning", self.seed, "solver")

    def incumbent(self, solution: X) -> None:
        """Report an improved solution now; it is stamped, and re-scored by the problem later."""
        self.report(solution, self.spent)

    def bound(self, value: float) -> None:
        """Report a proven bound on the objective now: no feasible solution is better than ``value``."""
        self.report_bound(value, self.spent)


def answer(solver: Solver[I, X], problem: Any, instance: I, search: Search[X]) -> X | None:
    """The last solution that a solver gives: what it returns, or else its last incumbent; None if it finds none.

    Takes the place of ``search.report``.
    """
    found: list[X] = []
    search.report = lambda solution, seconds: found.append(solution)
    last = solver.solve(problem, instance, search)
    return last if last is not None or not found else found[-1]


class Solver(ABC, Generic[I, X]):
    """Instance + budget -> solution, anytime. Solvers are components.

    A hybrid is a solver with a ``policy`` field declared by `headway.components.given`; the pipeline
    resolves which policy that is.
    """

    exact: ClassVar[bool] = False  # proves optimality when it stops by itself

    @abstractmethod
    def solve(self, problem: Any, instance: I, search: Search[X]) -> X | None:
        """Solve a batch of one, reporting each better solution with `Search.incumbent`.

        The value returned, if any, is reported as the last incumbent. None: no solution was found.
        """
