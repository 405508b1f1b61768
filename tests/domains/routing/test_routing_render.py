"""Pictures of routes."""

from __future__ import annotations

import numpy as np

from headway.domains.routing.family.configurations import CVRP
from headway.domains.routing.family.solution import Routes


def test_picture_says_cost_and_routes(problem, tiny, tmp_path):
    """Two routes, drawn as one path and two thin depot legs each."""
    figure = problem.render(tiny, Routes.of([[1, 2], [3, 4]]))
    (axes,) = figure.axes
    assert axes.get_title() == "tiny: distance 33.4031, 2 routes"
    assert len(axes.lines) == 6
    np.testing.assert_array_equal(axes.lines[0].get_xydata(), [[3, 4], [6, 8]])
    figure.savefig(tmp_path / "a.svg")
    assert (tmp_path / "a.svg").stat().st_size > 1000


def test_picture_of_an_infeasible_solution(problem, tiny):
    """It says what is wrong, and survives nodes that do not exist."""
    (axes,) = problem.render(tiny, Routes.of([[1, 2, 9], [3]])).axes
    assert "infeasible: unknown 1, missed 1" in axes.get_title()


def test_padding_is_not_drawn():
    """Only real places appear."""
    problem = CVRP(customers=12, fewest=3)
    instance = problem.instances("test", 4)
    row = int(np.argmin(instance.customers))
    (axes,) = problem.render(instance[row], Routes.of([[1]])).axes
    *customers, _ = axes.collections
    assert sum(len(dots.get_offsets()) for dots in customers) == instance.customers[row]
