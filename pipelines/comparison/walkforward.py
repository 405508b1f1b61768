"""One contestant through a history: it decides, is refitted on what is known, and decides on."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from headway.batch import Batch, Instance
from headway.contest.chance import acting
from headway.contest.contestants import Contestant
from headway.environment import Environment
from headway.errors import SolverError
from headway.evaluation import Evaluation
from headway.policy import Planner, Policy
from headway.problem import Problem
from headway.rollouts import Walk
from headway.solver import Budget, Search, Solver, answer

Entrant = Policy | Planner[Any]
Refit = Callable[[Entrant, Problem[Any, Any], Instance], Entrant]  # what decided so far, problem, what is known

ORACLE_SECONDS = 60.0  # CPU-seconds of an oracle that is a solver


@dataclass(frozen=True)
class Walked:
    """A history walked through: the solution, its score, when refits took place (periods), and the CPU-seconds."""

    solution: Batch
    evaluation: Evaluation
    refits: tuple[int, ...]
    cpu_seconds: float
    seconds: float


def fitted(entrant: Entrant, problem: Problem[Any, Any], view: Instance) -> Entrant:
    """The usual refit: what the contestant itself makes of the prefix."""
    return entrant.fit(problem, view)


def walk_forward(
    contestant: Contestant,
    problem: Problem[Any, Any],
    history: Instance,
    *,
    every: int | None,
    seed: int = 0,
    refit: Refit = fitted,
) -> Walked:
    """Decide period by period; stocks and holdings carry over from one fit to the next.

    The contestant is fitted on what is known before the first decision, and again whenever ``every``
    periods have passed since (never, where None). A fit is given the view at that period, and nothing
    later. The one long solution is scored once.

    Raises
    ------
    SolverError
        An oracle found no solution.
    """
    began, spent = time.perf_counter(), time.process_time()
    entrant = contestant.load(problem)
    if isinstance(entrant, Solver):
        # An oracle: no other solver is let in where instances are revealed over time.
        solution, refits = _foresee(contestant, entrant, problem, history, seed), list[int]()
    else:
        environment = problem.environment(contestant.environment, **contestant.environment_options)
        solution, refits = _walk(environment, acting(entrant, environment, history), history, every, seed, refit)
    return Walked(
        solution,
        problem.evaluate(history, solution),
        tuple(refits),
        time.process_time() - spent,
        time.perf_counter() - began,
    )


def first_period(environment: Environment[Any, Any, Any, Any], history: Instance) -> int:
    """How much of a history is known at its first decision (see `Environment.period`)."""
    params = environment.prepare(history)
    return int(environment.period(params, environment.reset(params))[0])


def _walk(
    environment: Environment[Any, Any, Any, Any],
    entrant: Entrant,
    history: Instance,
    every: int | None,
    seed: int,
    refit: Refit,
) -> tuple[Batch, list[int]]:
    walk, refits = Walk(environment, entrant, history, seed=seed), list[int]()
    while len(walk.active):
        period = int(environment.period(walk.params, walk.state)[0])
        if not refits or (every is not None and period - refits[-1] >= every):
            problem = environment.problem
            walk.hand_over(refit(walk.policy, problem, problem.view(history, period)), seed)
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
