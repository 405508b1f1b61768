"""Solutions as .sol files."""

from __future__ import annotations

import numpy as np
import pytest
import vrplib
from hypothesis import given
from hypothesis import strategies as st

from headway.domains.routing.family.solution import Routes
from headway.domains.routing.files.sol_file import read_routes, write_routes
from headway.errors import SolutionError


def test_written_form(problem, tiny, tmp_path):
    """The form that CVRPLIB publishes; a cost that is not whole is written in full."""
    path = problem.write_solution(tiny, Routes.of([[1, 2], [3, 4]]), tmp_path / "new" / "a.sol")
    assert path.read_text() == "Route #1: 1 2\nRoute #2: 3 4\nCost 33.40312423743285\n"
    assert [p.name for p in path.parent.iterdir()] == ["a.sol"]  # no temporary file stays


def test_read_form(problem, tiny, tmp_path):
    """Spaces at the end, empty lines, Windows line ends and remarks are all in use."""
    path = tmp_path / "a.sol"
    path.write_text("# found by hand\r\nRoute #1: 1 2 \r\n\r\nRoute #2:  3 4\r\nCost 34\r\nTime 0.1\r\n")
    assert problem.read_solution(tiny, path).routes() == [[1, 2], [3, 4]]


def test_form_of_sintef(tmp_path):
    """Best known solutions of Gehring and Homberger's, and Li and Lim's, instances."""
    head = "Instance name : lr101\nAuthors       : A, B\nDate          : 05.08.2003 17:31:01\nReference : C\nSolution\n"
    (tmp_path / "a.sol").write_text(head + "Route  1 : 63 64\nRoute  2 : 39\n")
    assert read_routes(tmp_path / "a.sol").routes() == [[63, 64], [39]]


@given(routes=st.lists(st.lists(st.integers(1, 99), min_size=1, max_size=6), min_size=1, max_size=6))
def test_round_trip(tmp_path_factory, routes):
    """What is written is read."""
    path = write_routes(tmp_path_factory.getbasetemp() / "round.sol", Routes.of(routes), 1.5)
    assert read_routes(path).routes() == routes


def test_several_depots(tmp_path):
    """Routes say where they leave from, if any does not leave from the first; vrplib reads them."""
    solution = Routes.of([[3, 1], [2]], [1, 0])
    path = write_routes(tmp_path / "a.sol", solution, 4.0)
    assert path.read_text() == "Route #1 (depot 1): 3 1\nRoute #2 (depot 0): 2\nCost 4\n"
    assert read_routes(path).leaving() == [(1, [3, 1]), (0, [2])]
    assert vrplib.read_solution(path)["routes"] == [[3, 1], [2]]


def test_arrays_instead(problem, tiny, tmp_path):
    """The suffix decides: .npz holds any number of solutions."""
    path = problem.write_solution(tiny, Routes.of([[1, 2], [3, 4]]), tmp_path / "a.npz")
    assert problem.read_solution(tiny, path).routes() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("Route #1: 1 x", ", line 1", "'x'"),
        ("Route #1: 1 2\nRoute #2: 3 -4", ", line 2", "'-4'"),
        ("Route #1: 1.0", ", line 1", "'1.0'"),
        ("Route #1: 99999999999999999999", ", line 1", "99999999999999999999"),
        ("Route #1: 1 2\nRoude #2: 3 4", ", line 2", "Roude"),
        ("1 2\n3 4", ", line 1", "Route #1: 4 7 2"),
        ("Route #1 (depot -1): 1", ", line 1", "depot -1"),
        ("Cost 5", "", "no route"),
        ("", "", "no route"),
    ],
)
def test_broken_file(problem, tiny, tmp_path, text, line, part):
    """The message names file, line, what was there and what belongs there."""
    path = tmp_path / "a.sol"
    path.write_text(text)
    with pytest.raises(SolutionError) as caught:
        problem.read_solution(tiny, path)
    assert str(caught.value.where) == f"{path}{line}"
    assert part in str(caught.value)


def test_missing_file(problem, tiny, tmp_path):
    """The path is named."""
    with pytest.raises(SolutionError, match="cannot be read"):
        problem.read_solution(tiny, tmp_path / "none.sol")


def test_one_solution_per_file(problem, tmp_path):
    """A batch does not fit into a .sol file."""
    with pytest.raises(SolutionError, match="one solution"):
        write_routes(tmp_path / "a.sol", Routes(np.ones((2, 1), np.int64)), 1.0)
