"""The pattern search over whole numbers, and costs on common paths."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.domains.inventory.search import pattern_search, simulated
from headway.domains.inventory.stock.problem import LostSales


@given(low=st.integers(0, 20), target=st.lists(st.integers(0, 60), min_size=1, max_size=4), step=st.integers(1, 9))
def test_the_minimum_of_a_bowl_is_found_from_anywhere(low, target, step):
    best, cost = pattern_search(
        lambda x: sum((a - b) ** 2 for a, b in zip(x, target, strict=True)), [3] * len(target), step=step, low=low
    )
    assert best == tuple(max(low, k) for k in target)
    assert cost == sum((a - b) ** 2 for a, b in zip(best, target, strict=True))


def test_a_narrow_ridge_is_followed():
    """Neither coordinate alone improves anything: only both together do."""
    best, _ = pattern_search(lambda x: 100 * abs(x[0] - x[1]) + abs(x[0] - 12), [0, 0], step=1)
    assert best == (12, 12)


def test_no_point_is_asked_for_twice():
    asked = []
    pattern_search(lambda x: asked.append(x) or (x[0] - 7) ** 2, [20])
    assert len(set(asked)) == len(asked)


def test_simulated_costs_are_of_the_same_paths():
    """The same policy costs the same twice, and one unit more in every level costs another amount on the same paths."""
    problem = LostSales(lead_time=1, horizon=40)
    cost = simulated(problem, n=8)
    costs = [cost(problem.baseline("base_stock", level=float(level))) for level in (13, 13, 14)]
    assert costs[0] == costs[1] != costs[2]
    assert cost(problem.baseline("base_stock", level=13.0)) == pytest.approx(5.5, abs=1.0)
