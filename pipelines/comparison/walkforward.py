"""One contestant through a history: it decides, is refitted on what is known, and decides on."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from headway.batch import Batch, Instance
from headway.contest.chance import acting
from headway.contest.contestants import Contestant
from headway.environment import Environment
from headway.errors import SolverError
from headway.evaluation import Evaluation
from headway.pipelines.comparison.schedule import Schedule
from headway.policy import Planner, Policy
from headway.problem import Problem
from headway.rollouts import Walk
from headway.solver import Budget, Search, Solver, answer

Entrant = Policy | Planner[Any]
Refit = Callable[[Entrant, Problem[Any, Any], Instance], Entrant]  # what to fit, problem, what is known

ORACLE_SECONDS = 60.0  # CPU-seconds of an oracle that is a solver


@dataclass(frozen=True)
class Walked:
    """A history walked through: the solution, its score, when refits took place (periods), and the CPU-seconds."""

    solution: Batch
    evaluation: Evaluation
    refits: tuple[int, ...]
    cpu_seconds: float
    seconds: float


class Fitted(NamedTuple):
    """A fit: the period whose decision is the first one made with it, what it saw, what decides from then on, what it
    learned (`Policy.learned`) and the CPU-seconds it took."""

    period: int
    view: Instance
    entrant: Entrant
    learned: Mapping[str, Any]
    cpu_seconds: float


Keep = Callable[[Fitted], None]


def fitted(entrant: Entrant, problem: Problem[Any, Any], view: Instance) -> Entrant:
    """The usual refit: what the contestant itself makes of the prefix."""
    return entrant.fit(problem, view)


def walk_forward(
    contestant: Contestant,
    problem: Problem[Any, Any],
    history: Instance,
    schedule: Schedule,
    *,
    seed: int = 0,
    refit: Refit = fitted,
    keep: Keep = lambda fitted: None,
) -> Walked:
    """Decide period by period; stocks and holdings carry over from one fit to the next.

    The contestant is fitted before the first decision, and again as the ``schedule`` says, each time on the
    part of the past that it allows, and ``keep`` is told of each fit. Decisions see all that is known by then. The one
    long solution is scored once.

    Raises
    ------
    SolverError
        An oracle found no solution.
    """
    clock = Clock()
    entrant = contestant.load(problem)
    if isinstance(entrant, Solver):
        # An oracle: no other solver is let in where instances are revealed over time.
        solution, refits = _foresee(contestant, entrant, problem, history, seed), list[int]()
    else:
        environment = problem.environment(contestant.environment, **contestant.environment_options)
        walk = Walk(environment, acting(entrant, environment, history), history, seed=seed)
        solution, refits = _walk(walk, schedule, seed, refit, partial(clock.stopped, keep))
    return Walked(solution, problem.evaluate(history, solution), tuple(refits), *clock.spent())


class Clock:
    """CPU-seconds and seconds since it was made, but for those in which it was stopped."""

    def __init__(self) -> None:
        self.began = np.array([time.process_time(), time.perf_counter()])

    def stopped(self, keep: Keep, made: Fitted) -> None:
        """Keep books while the clock stands still: they are no part of what a contestant spends."""
        before = self.spent()
        keep(made)
        self.began += np.subtract(self.spent(), before)

    def spent(self) -> tuple[float, float]:
        """CPU-seconds and seconds."""
        cpu, wall = np.array([time.process_time(), time.perf_counter()]) - self.began
        return float(cpu), float(wall)


def first_period(environment: Environment[Any, Any, Any, Any], history: Instance) -> int:
    """How much of a history is known at its first decision (see `Environment.period`)."""
    params = environment.prepare(history)
    return int(environment.period(params, environment.reset(params))[0])


def _walk(walk: Walk, schedule: Schedule, seed: int, refit: Refit, keep: Keep) -> tuple[Batch, list[int]]:
    environment, entered, refits = walk.environment, walk.policy, list[int]()
    while len(walk.active):
        period = int(environment.period(walk.params, walk.state)[0])
        if not refits or (schedule.every is not None and period - refits[-1] >= schedule.every):
            view, spent = schedule.view(environment.problem, walk.instance, period), time.process_time()
            made = refit(walk.policy if schedule.warm else entered, environment.problem, view)
            keep(Fitted(period, view, made, made.learned(), time.process_time() - spent))
            walk.hand_over(made, seed)
            refits.append(period)
        walk.step()
    return walk.result().solution, refits


def _foresee(
    contestant: Contestant, solver: Solver[Any, Any], problem: Problem[Any, Any], history: Instance, seed: int
) -> Batch:
    found: Batch | None = answer(solver, problem, history, Search(budget=Budget(cpu=ORACLE_SECONDS), seed=seed))
    if found is None:
        raise SolverError("the oracle found no solution", where=contestant.label)
    return found
