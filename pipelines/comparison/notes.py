"""What a reader of a comparison must know: results that cannot be, and intervals that are too narrow."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from pydantic_core import to_jsonable_python

from headway.components import options
from headway.contest.outcome import Outcome
from headway.pipelines.comparison.entrants import Entrant, pairs
from headway.pipelines.comparison.leaderboard import Table
from headway.pipelines.comparison.verdict import claims
from headway.problem import Problem
from headway.storage.stored import load_policy

Answers = Mapping[tuple[str, int], Sequence[Outcome]]  # label and seed -> one outcome per instance


def notes(problem: Problem[Any, Any], table: Table, answers: Answers) -> list[str]:
    """What a reader must know: impossible results, and intervals that are too narrow."""
    return [
        *claims(table, pairs(table.entrants)),
        *problem.caveats,
        *_beaten(table),
        *_contradicted(problem, answers),
        *_dependent(problem),
        *_foreign(problem, table.entrants),
    ]


def _beaten(table: Table) -> Iterator[str]:
    sign = 1 if table.problem.sense == "min" else -1
    slack = 1e-9 * np.abs(table.reference.value)
    for label, scores in table.objectives.items():
        count = int((sign * (table.reference.value - scores) > slack).any(0).sum())
        if count and table.reference.kind in ("optimum", "bound"):
            what = f"the {table.reference.kind} {table.reference_name!r}"
            yield f"{label} beats {what} on {count} instances: one of them is wrong."
        elif count and table.reference.kind == "best_known":
            yield f"{label} is better than the best known value on {count} instances."


def _contradicted(problem: Problem[Any, Any], answers: Answers) -> Iterator[str]:
    sign = 1 if problem.sense == "min" else -1
    for (label, seed), outcomes in answers.items():
        for index, outcome in enumerate(outcomes):
            best = [sign * o[index].objective for o in answers.values() if o[index].feasible]
            if math.isfinite(outcome.bound) and best and min(best) < sign * outcome.bound - 1e-9 * abs(outcome.bound):
                yield f"{label} (seed {seed}) reports a bound on instance {index} that a feasible answer beats."


def _foreign(problem: Problem[Any, Any], entrants: Sequence[Entrant]) -> Iterator[str]:
    """Policies that were trained for other options of the problem."""
    here = to_jsonable_python(options(problem))
    for entrant in entrants:
        folders = dict.fromkeys(folder for member in entrant.members for folder in member.policies)
        trained = [load_policy(folder).problem_options for folder in folders]
        differ = sorted({key for there in trained for key in here if there.get(key, here[key]) != here[key]})
        if differ:
            there = ", ".join(f"{key}={trained[0].get(key)} (here {here[key]})" for key in differ)
            yield f"{entrant.label} was trained with {there}."


def _dependent(problem: Problem[Any, Any]) -> Iterator[str]:
    if problem.resampling == "blocks":
        yield (
            "The instances are stretches of one history and overlap, so the intervals here are too narrow; "
            "`headway backtest` resamples blocks of time."
        )
