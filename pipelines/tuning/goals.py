"""What a study is after: the objective, what an answer costs, a metric of the scorer, or several of these."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from headway.contest.outcome import Outcome
from headway.errors import ConfigError, UnknownNameError
from headway.problem import Problem

OBJECTIVE, LATENCY = "objective", "cpu_seconds"


class Goal(NamedTuple):
    """One number of an answer, and whether less or more of it is better."""

    name: str
    sense: str

    def value(self, outcomes: Sequence[Outcome]) -> float:
        """Mean over the instances; the worst there is where any answer is infeasible or missing.

        Raises
        ------
        UnknownNameError
            The scorer gives no such metric.
        """
        if not all(outcome.feasible for outcome in outcomes):
            return math.inf if self.sense == "min" else -math.inf
        return float(np.mean([self.of(outcome) for outcome in outcomes]))

    def of(self, outcome: Outcome) -> float:
        """This number of one answer."""
        if self.name in (OBJECTIVE, LATENCY):
            return float(getattr(outcome, self.name))
        metrics = outcome.evaluation.metrics if outcome.evaluation is not None else {}
        if self.name not in metrics:
            raise UnknownNameError("goal", self.name, [OBJECTIVE, LATENCY, *metrics], where="goals")
        return float(metrics[self.name][0])


def goals(names: Sequence[str], problem: Problem[Any, Any]) -> list[Goal]:
    """``objective`` (in the problem's own sense), ``cpu_seconds`` (less is better), or ``<metric>:min`` or ``:max``."""
    known = {OBJECTIVE: problem.sense, LATENCY: "min"}
    found = []
    for text in names:
        name, _, sense = text.partition(":")
        sense = sense or known.get(name, "")
        if sense not in ("min", "max"):
            raise ConfigError("a goal says not whether less or more of it is better", where="goals", got=text,
                              expected=f"{name}:min or {name}:max")  # fmt: skip
        found.append(Goal(name, sense))
    return found
