"""Stored policies in a backtest: those that have seen what is scored are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from headway.batch import Instance
from headway.clock import shown, within
from headway.contest.contestants import Contestant
from headway.errors import CapabilityError, LeakageError
from headway.pipelines.comparison.fits import seen_until
from headway.pipelines.comparison.periods import start
from headway.pipelines.comparison.walkforward import first_period
from headway.problem import Problem
from headway.registry import make_problem


def refuse_leakage(contestant: Contestant, problem: Problem[Any, Any], history: Instance) -> None:
    """Raise LeakageError where a stored policy in it has seen a period that is scored here.

    A training run has seen what comes before its test split; a fit of another backtest what ``fits.csv`` there says.
    """
    for folder in contestant.policies:
        first = start(problem, history)
        since = _unseen_from(folder)
        if since is not None and type(first) is type(since) and first < since:
            raise _leak(contestant, first, since)
        last, scored = seen_until(folder), problem.clock(history)[first_period(problem.environment(), history) :]
        if last is not None and (known := within(scored, last=last).stop):
            later = scored[min(known, len(scored) - 1)]
            raise _leak(contestant, first, later)


def _unseen_from(folder: Path) -> Any:
    """Where the test split of the policy's own problem begins; None where it learned from a law."""
    from headway.storage.stored import load_policy

    policy = load_policy(folder)
    theirs = make_problem(policy.problem_name, **policy.problem_options)
    try:
        return start(theirs, theirs.history())
    except CapabilityError:
        return None


def _leak(contestant: Contestant, first: Any, since: Any) -> LeakageError:
    return LeakageError(
        f"{contestant.label} was trained on periods that this backtest scores",
        where="start",
        got=shown(first),
        expected=f"{shown(since)} or later",
        hint="start later, or enter the agent by name, to be trained on the past at every refit",
    )
