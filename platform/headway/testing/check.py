"""What a check is, and how one is declared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from headway.errors import ContractError
from headway.testing.case import EnvironmentCase, ProblemCase

Scope = Literal["problem", "environment"]


@dataclass(frozen=True)
class Check:
    """One clause of the contract and the function that tests it.

    Attributes
    ----------
    name : the function's name, ``check_...``; what `expected_failures` refers to
    clause : the clause, in one sentence
    scope : whether it runs once per problem or once per environment of the problem
    function : raises ContractError where the clause is broken
    applies : whether a case has what the clause is about (masks, a timeline)
    """

    name: str
    clause: str
    scope: Scope
    function: Callable[[Any], None]
    applies: Callable[[Any], bool]


CHECKS: dict[str, Check] = {}


def always(case: ProblemCase | EnvironmentCase) -> bool:
    """Applies everywhere."""
    return True


def on_problem(
    *, when: Callable[[ProblemCase], bool] = always
) -> Callable[[Callable[[ProblemCase], None]], Callable[[ProblemCase], None]]:
    """Declare a check that runs once per problem; its docstring is the clause."""

    def declare(function: Callable[[ProblemCase], None]) -> Callable[[ProblemCase], None]:
        _declare("problem", function, when)
        return function

    return declare


def on_environment(
    *, when: Callable[[EnvironmentCase], bool] = always
) -> Callable[[Callable[[EnvironmentCase], None]], Callable[[EnvironmentCase], None]]:
    """Declare a check that runs once per environment of a problem; its docstring is the clause."""

    def declare(function: Callable[[EnvironmentCase], None]) -> Callable[[EnvironmentCase], None]:
        _declare("environment", function, when)
        return function

    return declare


def _declare(scope: Scope, function: Callable[[Any], None], when: Callable[[Any], bool]) -> None:
    clause = " ".join((function.__doc__ or "").split()).removesuffix(".")
    CHECKS[function.__name__] = Check(function.__name__, clause, scope, function, when)


def require(kept: Any, what: str, *, where: object = None, got: object = None, expected: object = None) -> None:
    """Raise ContractError unless ``kept``."""
    if not kept:
        raise ContractError(what, where=where, got=got, expected=expected)
