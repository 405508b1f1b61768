"""Budgets and searches, on a virtual clock."""

from __future__ import annotations

import numpy as np
import pytest

from headway.solver import Budget, Search, Solver


class Clock:
    """CPU-seconds that pass when told to."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_search_counts_from_its_start():
    """Spent and left add up to the budget until it is used up; left is never negative."""
    clock = Clock()
    search: Search[str] = Search(Budget(cpu=2.0), clock=clock)
    assert (search.spent, search.left) == (0.0, 2.0)
    clock.now += 1.5
    assert (search.spent, search.left) == (1.5, 0.5)
    clock.now += 10.0
    assert (search.spent, search.left) == (11.5, 0.0)


def test_incumbents_and_bounds_are_stamped():
    """Each report bears the seconds spent when it was made."""
    clock, told = Clock(), []
    search: Search[str] = Search(
        report=lambda *row: told.append(row), report_bound=lambda *row: told.append(row), clock=clock
    )
    clock.now += 0.25
    search.incumbent("first")
    clock.now += 0.5
    search.bound(3.0)
    assert told == [("first", 0.25), (3.0, 0.75)]


def test_reports_are_optional():
    """A search without listeners takes them silently."""
    search: Search[str] = Search()
    search.incumbent("x")
    search.bound(1.0)


def test_the_stream_is_the_seeds_and_goes_on():
    """The same seed draws the same numbers, and asking again does not begin anew."""
    one, same, other = Search(seed=1), Search(seed=1), Search(seed=2)
    drawn = [one.rng.random() for _ in range(3)]
    assert len(set(drawn)) == 3
    assert [same.rng.random() for _ in range(3)] == drawn
    assert other.rng.random() not in drawn


def test_the_outer_limit_is_generous_unless_given():
    """Four times the fair share plus ten seconds; a wall limit overrides it."""
    assert Budget(cpu=5.0).deadline == 30.0
    assert Budget(cpu=8.0, threads=4).deadline == 18.0
    assert Budget(cpu=8.0, wall=3.0).deadline == 3.0


def test_a_solver_must_solve():
    """The method is abstract; a solver is not exact unless it says so."""
    with pytest.raises(TypeError, match="abstract"):
        Solver()  # type: ignore[abstract]
    assert Solver.exact is False


def test_the_toy_oracle_solves_within_a_search(fleet):
    """A solver gets the problem, a batch of one and the search; its answer is a batch of one."""
    answer = fleet.baseline("foresight").solve(fleet, fleet.instances("train", 1), Search())
    assert np.isfinite(fleet.evaluate(fleet.instances("train", 1), answer).objective).all()
    assert len(answer) == 1
