"""Best parameters of a rule: pattern search over whole numbers, on exact costs or on common simulated paths."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np

from headway.policy import Policy
from headway.rollouts import rollout

Point = tuple[int, ...]
Cost = Callable[[Point], float]

CORNERS = 2  # up to this many parameters diagonal moves are tried as well


def pattern_search(cost: Cost, start: Sequence[int], *, step: int = 4, low: int = 0) -> tuple[Point, float]:
    """The best point found, and its cost.

    Moves to the best neighbour ``step`` away until none is better, then halves the step, down to 1 (Hooke and
    Jeeves 1961, "Direct search solution of numerical and statistical problems", with whole numbers). With up to
    two parameters, diagonal neighbours too, so that ridges are followed. No coordinate goes below ``low``.
    A local optimum: the costs of rules are close to unimodal, and ``step`` spans their small bumps.
    """
    seen: dict[Point, float] = {}

    def value(point: Point) -> float:
        if point not in seen:
            seen[point] = cost(point)
        return seen[point]

    best: Point = tuple(max(low, int(k)) for k in start)
    while step:
        around = [tuple(max(low, k + step * d) for k, d in zip(best, move, strict=True)) for move in _moves(len(best))]
        nearest = min(around, key=value)
        if value(nearest) < value(best):
            best = nearest
        else:
            step //= 2
    return best, value(best)


def _moves(n: int) -> list[Point]:
    """Directions to the neighbours in ``n`` dimensions."""
    if n <= CORNERS:
        return [move for move in product((-1, 0, 1), repeat=n) if any(move)]
    return [tuple(int(sign * (i == j)) for j in range(n)) for i in range(n) for sign in (-1, 1)]


def simulated(problem: Any, *, n: int = 64, seed: int = 0) -> Callable[[Policy], float]:
    """The mean objective of a policy on ``n`` tuning instances, the same for every policy that is asked about."""
    instance = problem.instances("tuning", n, seed)

    def mean(policy: Policy) -> float:
        environment = problem.environment(policy.environment)
        return float(np.mean(problem.evaluate(instance, rollout(environment, policy, instance).solution).objective))

    return mean
