"""Nearest neighbour and savings, by hand and in quality."""

from __future__ import annotations

import numpy as np
import pytest

from headway.domains.routing.family.configurations import CVRP
from headway.domains.routing.classical.heuristics import savings
from headway.rollouts import rollout
from headway.solver import Search


def test_nearest_neighbour_by_hand(problem, tiny, tiny_optimum):
    """4 is nearest (2), from there 3 (sqrt 41 against sqrt 45): full. Then 1 (5), 2 (5)."""
    done = rollout(problem.environment(), problem.baseline("nearest_neighbour"), tiny)
    assert done.solution.routes() == [[4, 3], [1, 2]]
    assert done.returns[0] == pytest.approx(-tiny_optimum)


def test_savings_by_hand(problem, tiny):
    """Savings: 12 = 10, 23 = 3.8, 13 = 2.9, 34 = 0.6, ...; 12 fills a vehicle, then only 34 fits."""
    found = problem.baseline("savings").solve(problem, tiny, Search())
    assert sorted(map(sorted, found.routes())) == [[1, 2], [3, 4]]


def test_savings_knows_directions():
    """Going 1 -> 2 is cheap, 2 -> 1 is dear: the route must be driven forwards."""
    distance = np.array([[0.0, 10, 10], [10, 0, 1], [10, 19, 0]])
    assert savings(distance, np.array([0, 1, 1]), 2) == [[1, 2]]
    assert savings(distance.T, np.array([0, 1, 1]), 2) == [[2, 1]]


def test_savings_merges_only_what_saves():
    """Where a detour costs as much as it saves, routes stay apart."""
    distance = np.array([[0.0, 1, 1], [1, 0, 2], [1, 2, 0]])
    assert savings(distance, np.array([0, 1, 1]), 2) == [[1], [2]]


def test_heuristics_are_feasible_in_order_of_quality():
    """Savings beats nearest neighbour clearly, on instances of mixed size in one batch."""
    problem = CVRP(customers=60, fewest=30)
    instance = problem.instances("test", 30)
    greedy = rollout(problem.environment(), problem.baseline("nearest_neighbour"), instance).solution
    saving = [problem.baseline("savings").solve(problem, instance[i], Search()) for i in range(30)]
    scores = [problem.evaluate(instance, x) for x in (greedy, type(greedy).concat(saving))]
    assert all(score.feasible.all() for score in scores)
    assert scores[1].objective.mean() < 0.9 * scores[0].objective.mean()
