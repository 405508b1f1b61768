"""Problems, environments, policies and planners: what they see and decide, in another future and without one."""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Iterator
from typing import Any

from headway.batch import Instance
from headway.components import givens
from headway.environment import Environment
from headway.errors import CapabilityError, ConfigError, ContractError, LeakageError
from headway.policy import Planner, Policy
from headway.problem import Problem
from headway.seeds import sealed
from headway.testing.case import EnvironmentCase, ProblemCase
from headway.testing.causality import (
    check_decisions_are_causal,
    check_fit_is_causal,
    check_observations_are_causal,
    check_perturb_keeps_the_view,
    check_planners_are_causal,
    check_policies_are_causal,
    cut_periods,
    decided,
)
from headway.testing.play import again, play
from headway.testing.same import require_same

PREFIX = 1e-9


def require_causal(thing: Any, problem: Problem[Any, Any] | None, instance: Instance | None) -> None:
    """See `assert_causal`.

    Raises
    ------
    LeakageError
        Something that is seen, decided or fitted up to some period is another in another future, or where the
        problem ends at that period.
    ConfigError
        A policy or planner comes without a problem, or nothing is revealed over time.
    """
    problem = thing if isinstance(thing, Problem) else getattr(thing, "problem", None) or problem
    if problem is None or not problem.timeline:
        got = "no problem" if problem is None else f"{problem.name}, which reveals nothing over time"
        raise ConfigError("there is no future here", where="assert_causal", got=got, expected="problem=...")
    given: dict[str, Any] = {} if instance is None else {"instance": instance}
    if isinstance(thing, (Policy, Planner)):
        given["contestants"] = {type(thing).__name__: thing}
    case = ProblemCase(problem, **given)
    own = thing if isinstance(thing, Environment) else None
    try:
        if own is not None or isinstance(thing, Problem):
            check_perturb_keeps_the_view(case)
            for environment in case.environments if own is None else [EnvironmentCase.of(case, own)]:
                check_observations_are_causal(environment)
                check_decisions_are_causal(environment)
                _require_prefix_of_environment(environment)
        if own is None:
            check_policies_are_causal(case)
            check_planners_are_causal(case)
            check_fit_is_causal(case)
            _require_prefix_of_contestants(case)
    except ContractError as error:
        raise LeakageError(
            error.what, where=_dated(case, str(error.where)), got=error.got, expected=error.expected
        ) from error


def _ended(problem: Problem[Any, Any], view: Instance) -> Problem[Any, Any] | None:
    """The problem that ends with the view; None where its history tells nothing that the view does not."""
    try:
        return problem.until(view)
    except CapabilityError:
        return None


def _prefixes(case: ProblemCase) -> Iterator[tuple[int, Instance, Problem[Any, Any]]]:
    """Periods, the view of the first instance then, and the problem that ends there."""
    for period in cut_periods(case):
        view = case.problem.view(case.instance[0], period)
        ended = _ended(case.problem, view)
        if ended is not None and ended is not case.problem:
            yield period, view, ended


def _require_prefix_of_environment(case: EnvironmentCase) -> None:
    """What is seen and decided is the same where the path and the problem's history end."""
    whole = case.episode.rows[0]
    for period, view, ended in _prefixes(case.case):
        known = [step for step in whole if step.period <= period]
        if known[0].period == period:
            continue  # nothing is decided before
        environment = dataclasses.replace(case.environment, problem=ended)
        with _no_later_data(type(environment).__name__, period):
            part = play(environment, view, again(case.episode))
        seen = [*(step.observation for step in part.rows[0]), part.final[0]]
        for t, (step, observation) in enumerate(zip(known, seen, strict=False)):
            place = f"step {t}, without the future after period {period}"
            _require_same(observation, step.observation, "an observation needs the future", place)
            if t < len(part.rows[0]):
                _require_same(part.rows[0][t].decision, step.decision, "a decision needs the future", place)


def _require_prefix_of_contestants(case: ProblemCase) -> None:
    """Decisions, also of a fitted contestant, are the same where the problem's history ends."""
    for period, view, ended in _prefixes(case):
        for kind in (Policy, Planner):
            for name, contestant, environment in case.deciding(kind):
                shorter, place = dataclasses.replace(environment, problem=ended), f"{name}, period {period}, decisions"
                own = _bound(contestant, ended)
                with _no_later_data(name, period), sealed("test"):
                    got = decided(shorter, own, case.instance[0], period)
                    refitted = decided(shorter, own.fit(ended, view), case.instance[0], period)
                expected = decided(environment, contestant, case.instance[0], period)
                _require_same(got, expected, "a decision needs the future", place)
                with sealed("test"):
                    fitted = contestant.fit(case.problem, view)
                expected = decided(environment, fitted, case.instance[0], period)
                _require_same(refitted, expected, "a fit needs the future", place)


def _require_same(got: Any, expected: Any, what: str, place: str) -> None:
    require_same(got, expected, what, where=place, tolerance=PREFIX)


def _bound(contestant: Any, problem: Problem[Any, Any]) -> Any:
    """The contestant with this problem, where it was handed one."""
    return dataclasses.replace(contestant, problem=problem) if "problem" in givens(type(contestant)) else contestant


@contextlib.contextmanager
def _no_later_data(name: str, period: int) -> Iterator[None]:
    """What raises here raises because it looks for data after ``period``."""
    try:
        yield
    except Exception as error:
        what, where = "it raises where there is no future", f"{name}, period {period}"
        raise ContractError(what, where=where, got=repr(error), expected="a decision") from error


def _dated(case: ProblemCase, where: str) -> str:
    """The place, with the date of its period where instances have dates."""
    dates, found = getattr(case.instance, "dates", None), re.search(r"period (\d+)", where)
    if dates is None or found is None or int(found[1]) >= dates.shape[1]:
        return where
    return where.replace(found[0], f"{found[0]} ({dates[0, int(found[1])]})")
