"""Linear programs as arrays: solved, solved again, and their certificates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.domains.inventory.optimisation.program import Program, Simplex, proven
from headway.errors import SolverError

INF = np.inf


def program(**changes):
    """min x + 2 y, x + y >= 3, x <= 2: x = 2, y = 1, cost 4."""
    fields = {
        "cost": np.array([1.0, 2.0]),
        "upper": np.array([2.0, INF]),
        "low": np.array([3.0]),
        "high": np.array([INF]),
        "row": np.array([0, 0]),
        "column": np.array([0, 1]),
        "value": np.array([1.0, 1.0]),
    }
    return Program(**fields | changes)


def transport(seed):
    """A feasible, bounded program: 3 suppliers of at most 10 each, 4 customers, and a dear last resort."""
    rng = np.random.default_rng(seed)
    cost = np.concatenate([rng.uniform(1, 9, 12), np.full(4, 50.0)])
    link = np.arange(12)
    row = np.concatenate([link % 4, np.arange(4), 4 + link // 4])
    column = np.concatenate([link, 12 + np.arange(4), link])
    wanted = rng.uniform(0, 9, 4)
    low, high = np.concatenate([wanted, np.full(3, -INF)]), np.concatenate([wanted, np.full(3, 10.0)])
    return Program(cost, np.full(16, INF), low, high, row, column, np.ones(len(row)))


def test_an_optimum_by_hand():
    """The multiplier is what a third unit costs: two, for x is used up."""
    found = Simplex(program()).first
    assert found.x.tolist() == [2, 1]
    assert found.value == 4
    assert found.dual.tolist() == [2]


def test_other_bounds_give_the_optimum_of_another_program():
    simplex = Simplex(program())
    again = simplex.solve(low=np.array([5.0]), high=np.array([INF]), upper=np.array([1.0, INF]))
    assert again.x.tolist() == [1, 4]
    assert again.value == 9


@pytest.mark.parametrize("seed", range(5))
def test_solving_again_is_solving_anew(seed):
    first, other = transport(seed), transport(seed + 100)
    moved = Simplex(first).solve(low=other.low, high=other.high, upper=other.upper)
    assert moved.value == pytest.approx(Simplex(other._replace(cost=first.cost)).first.value, rel=1e-12)


def test_answers_do_not_depend_on_what_was_solved_before():
    """Each solve restarts from the same basis: bit for bit the same, in any order."""
    start, others = transport(0), [transport(seed) for seed in range(1, 9)]
    forward, backward = Simplex(start), Simplex(start)
    found = [forward.solve(low=o.low, high=o.high, upper=o.upper).x for o in others]
    again = [backward.solve(low=o.low, high=o.high, upper=o.upper).x for o in reversed(others)]
    np.testing.assert_array_equal(found, again[::-1])


def test_what_has_no_solution_is_refused():
    with pytest.raises(SolverError, match="no optimum"):
        Simplex(program(upper=np.array([1.0, 1.0])))


@pytest.mark.parametrize("seed", range(5))
def test_the_certificate_is_tight(seed):
    solved = transport(seed)
    found = Simplex(solved).first
    bound = proven(solved, found.dual, largest=40.0)
    assert bound <= found.value
    assert bound == pytest.approx(found.value, rel=1e-9)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 1000), size=st.floats(0, 100))
def test_any_multipliers_give_a_bound(seed, size):
    """Weak duality: wrong, even infeasible multipliers make the bound worse, never wrong."""
    solved = transport(seed)
    dual = np.random.default_rng(seed + 1).normal(0, size, 7)
    assert proven(solved, dual, largest=40.0) <= Simplex(solved).first.value
