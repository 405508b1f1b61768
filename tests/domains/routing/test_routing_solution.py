"""Giant tours."""

from __future__ import annotations

import numpy as np
import pytest

from headway.domains.routing.family.solution import Routes
from headway.errors import SolutionError


def test_lists_to_tour_and_back():
    """Zeros separate routes; empty ones vanish."""
    solution = Routes.of([[3, 1], [], [2]])
    assert solution.visits.tolist() == [[3, 1, 0, 2]]
    assert solution.routes() == [[3, 1], [2]]


def test_leading_and_double_zeros():
    """However many depots stand between customers, the routes are the same."""
    assert Routes(np.array([[0, 3, 1, 0, 0, 2]])).routes() == [[3, 1], [2]]


def test_concatenation_pads_with_the_depot():
    """A shorter tour just stays home longer."""
    both = Routes.concat([Routes.of([[1]]), Routes.of([[2, 3], [1]])])
    assert both.visits.tolist() == [[1, 0, 0, 0], [2, 3, 0, 1]]


@pytest.mark.parametrize("visits", [np.zeros(3, np.int64), np.zeros((1, 3)), np.zeros((1, 3, 2), np.int64)])
def test_other_forms_are_refused(visits):
    """A table of integers is asked for."""
    with pytest.raises(SolutionError, match="int64"):
        Routes(visits)


def test_nothing_at_all():
    """A solution without any route is empty, not an error."""
    assert Routes.of([]).routes() == []
