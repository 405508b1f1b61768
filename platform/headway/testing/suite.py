"""Runs the checks: over one problem, or as pytest cases over many."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from headway.errors import ContractError, HeadwayError
from headway.problem import Problem
from headway.testing.case import EnvironmentCase, ProblemCase
from headway.testing.check import CHECKS, Check

GROUPS = (
    "instances", "evaluation", "environments", "batching", "masks", "capabilities", "faces", "contestants",
    "causality", "clocks", "persistence", "parity", "rendering", "documentation",
)  # fmt: skip


@dataclass(frozen=True)
class BoundCheck:
    """A check and what it runs on."""

    check: Check
    case: ProblemCase | EnvironmentCase
    id: str

    def run(self) -> None:
        """Test the clause.

        Raises
        ------
        ContractError
            It is broken, or the domain's code raised where it should not; ``what`` begins with the check's id.
        """
        problem = self.case.problem.name
        try:
            self.check.function(self.case)
        except HeadwayError as error:
            where = problem if error.where is None else f"{problem}: {error.where}"
            what = f"{self.id}: {error.what}"
            raise ContractError(
                what,
                where=where,
                got=error.got,
                expected=error.expected,
                hint=f"the contract says: {self.check.clause}",
            ) from error
        except Exception as error:
            raise ContractError(
                f"{self.id}: the domain's code raised {type(error).__name__}",
                where=problem,
                got=error,
                hint=f"the contract says: {self.check.clause}",
            ) from error


@dataclass(frozen=True)
class Outcome:
    """What a check said: ``error`` is None where the clause is kept; ``reason`` is why a failure was expected."""

    id: str
    clause: str
    error: ContractError | None
    reason: str | None
    cpu_seconds: float

    @property
    def passed(self) -> bool:
        """The clause is kept, or is broken as expected; an expected failure that passes is a failure."""
        return (self.error is None) == (self.reason is None)


def checks_for(problem: Problem[Any, Any]) -> list[BoundCheck]:
    """Every check that applies to a problem; ids name the environment where the problem has several."""
    for group in GROUPS:
        import_module(f"headway.testing.{group}")
    case = ProblemCase(problem)
    bound: list[BoundCheck] = []
    for check in CHECKS.values():
        if check.scope == "problem":
            bound += [BoundCheck(check, case, check.name)] if check.applies(case) else []
            continue
        for environment in case.environments:
            name = check.name if len(case.environments) == 1 else f"{check.name}[{environment.name}]"
            bound += [BoundCheck(check, environment, name)] if check.applies(environment) else []
    return bound


def outcomes(problem: Problem[Any, Any], *, expected_failures: Mapping[str, str] = {}) -> Iterator[Outcome]:
    """Run the checks one by one. ``expected_failures`` maps a check's name or id to the reason for its failure.

    Raises
    ------
    ContractError
        ``expected_failures`` names a check that does not run on this problem.
    """
    checks = checks_for(problem)
    known = {name for bound in checks for name in (bound.id, bound.check.name)}
    for name in expected_failures:
        if name not in known:
            raise ContractError("an expected failure names no check", where=problem.name, got=name)
    for bound in checks:
        started, error = time.process_time(), None
        try:
            bound.run()
        except ContractError as caught:
            error = caught
        reason = expected_failures.get(bound.id, expected_failures.get(bound.check.name))
        yield Outcome(bound.id, bound.check.clause, error, reason, time.process_time() - started)


def check_problem(problem: Problem[Any, Any], *, expected_failures: Mapping[str, str] = {}) -> list[Outcome]:
    """Run every check that applies to a problem.

    Raises
    ------
    ContractError
        Clauses are broken, or one passes that was expected to fail; the message holds every one of them.
    """
    done = list(outcomes(problem, expected_failures=expected_failures))
    failed = [outcome for outcome in done if not outcome.passed]
    if failed:
        told = "\n".join(str(o.error) if o.error else f"{o.id}: passes, although: {o.reason}" for o in failed)
        raise ContractError(f"{len(failed)} of {len(done)} checks fail\n{told}", where=problem.name)
    return done


def parametrize_with_checks(
    problems: Sequence[Problem[Any, Any]], *, expected_failures: Mapping[str, Mapping[str, str]] = {}
) -> Any:
    """A pytest decorator: one case per problem and check, for a test function with an argument ``check``.

    ``expected_failures`` maps a problem's name to what `check_problem` takes; those cases are strict xfails.

        @parametrize_with_checks([make_problem("routing/cvrp")])
        def test_contract(check):
            check.run()
    """
    import pytest

    cases = []
    for problem in problems:
        expected = expected_failures.get(problem.name, {})
        for bound in checks_for(problem):
            reason = expected.get(bound.id, expected.get(bound.check.name))
            marks = [] if reason is None else [pytest.mark.xfail(reason=reason, strict=True)]
            cases.append(pytest.param(bound, id=f"{problem.name}-{bound.id}", marks=marks))
    return pytest.mark.parametrize("check", cases)
