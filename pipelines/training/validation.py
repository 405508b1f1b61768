"""How good a policy is while it trains: its mean objective on validation instances, each exactly once."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from headway.environment import Environment
from headway.policy import Policy
from headway.rollouts import rollout


class Score(NamedTuple):
    """Mean objective over the feasible solutions (NaN if none), share of feasible ones, and the sense."""

    objective: float
    feasible: float
    sense: str

    def better(self, other: Score) -> bool:
        """More feasible solutions, or as many with a better objective."""
        if self.feasible != other.feasible:
            return self.feasible > other.feasible
        return self.objective < other.objective if self.sense == "min" else self.objective > other.objective

    def __str__(self) -> str:
        return f"{self.objective:.6g}" + ("" if self.feasible == 1 else f" ({self.feasible:.0%} feasible)")


class Validator:
    """Scores policies on the same ``n`` validation instances, whatever the training seed.

    ``digests`` identifies these instances one by one.
    """

    def __init__(self, environment: Environment[Any, Any, Any, Any], n: int) -> None:
        self.environment, self.problem = environment, environment.problem
        self.instances = self.problem.instances("validation", n)
        self.digests = [self.instances[i].digest() for i in range(n)]

    def __call__(self, policy: Policy) -> Score:
        done = rollout(self.environment, policy, self.instances)
        verdict = self.problem.evaluate(self.instances, done.solution)
        feasible = verdict.feasible
        mean = float(np.mean(verdict.objective[feasible])) if feasible.any() else float("nan")
        return Score(mean, float(feasible.mean()), self.problem.sense)
