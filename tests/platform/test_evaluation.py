"""Evaluations: what counts as feasible."""

from __future__ import annotations

import numpy as np

from headway.evaluation import Evaluation, Reference


def test_feasible_needs_every_constraint_and_a_finite_objective():
    """Four rows: fine, overloaded, undefined, infinite."""
    scored = Evaluation(np.array([1.0, 1.0, np.nan, np.inf]), {"load": np.array([0.0, 0.5, 0.0, 0.0])})
    assert scored.feasible.tolist() == [True, False, False, False]


def test_the_least_violation_counts():
    """There is no tolerance: amounts above zero break the constraint, and so does NaN."""
    scored = Evaluation(np.zeros(2), {"load": np.array([5e-324, np.nan])})
    assert not scored.feasible.any()


def test_without_constraints_the_objective_decides():
    """No violations: feasible where finite."""
    assert Evaluation(np.array([0.0])).feasible.tolist() == [True]


def test_feasibility_is_computed_without_writing():
    """Asked twice it says the same, and violations stay as they are."""
    scored = Evaluation(np.zeros(1), {"load": np.ones(1)})
    assert [scored.feasible.tolist() for _ in range(2)] == [[False], [False]]
    assert scored.violations["load"].tolist() == [1.0]


def test_a_row_keeps_all_parts():
    """Objective, violations, metrics and series of the second row, as a batch of one."""
    columns = ({"load": np.array([0.0, 2.0])}, {"routes": np.array([3.0, 4.0])}, {"cost": np.array([[1.0], [5.0]])})
    row = Evaluation(np.array([7.0, 8.0]), *columns).row(1)
    assert len(row) == 1
    assert (row.objective[0], row.violations["load"][0], row.metrics["routes"][0]) == (8.0, 2.0, 4.0)
    assert row.series["cost"].tolist() == [[5.0]]


def test_a_reference_is_not_rederived_unless_it_says_so():
    """A value taken from a paper is marked as such by default."""
    assert not Reference("best_known", np.zeros(1), "somebody").rederived
