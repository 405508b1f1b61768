"""VRPLIB files: what is read, and that every broken file is named with its line."""

from __future__ import annotations

import numpy as np
import pytest
import vrplib
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.domains.routing.family.solution import Routes
from headway.domains.routing.files.load import load
from headway.domains.routing.files.weights import planar
from headway.errors import InstanceError

LOWER_ROW = """NAME : lower
TYPE : CVRP
DIMENSION : 4
EDGE_WEIGHT_TYPE : EXPLICIT
EDGE_WEIGHT_FORMAT : LOWER_ROW
CAPACITY : 9
EDGE_WEIGHT_SECTION
 3 5 4
 7 8 6
DEMAND_SECTION
1 0
2 1
3 2
4 3
DEPOT_SECTION
1
-1
EOF
"""


def written(folder, text, name="a.vrp"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_euclidean_file(problem, tmp_path, tiny_vrp):
    """EUC_2D rounds: sqrt(41) = 6.403... counts 6."""
    instance = problem.load(written(tmp_path, tiny_vrp))
    assert instance.name.tolist() == ["tiny"]
    assert instance.convention.tolist() == ["nint"]
    assert instance.demand.tolist() == [[0, 2, 3, 4, 1]]
    assert problem.evaluate(instance, Routes.of([[1, 2], [3, 4]])).objective[0] == 33.0


def test_convention_of_the_problem_wins(tmp_path, tiny_vrp, tiny_optimum, problem):
    """A set whose published costs use real distances is read with convention=float."""
    instance = load(written(tmp_path, tiny_vrp), "float")
    assert problem.evaluate(instance, Routes.of([[1, 2], [3, 4]])).objective[0] == pytest.approx(tiny_optimum)


def test_byte_order_mark_and_line_ends(tmp_path, tiny_vrp, problem):
    """A file saved on Windows is the same instance."""
    plain = problem.load(written(tmp_path, tiny_vrp))
    windows = problem.load(written(tmp_path, b"\xef\xbb\xbf" + tiny_vrp.replace("\n", "\r\n").encode(), "b.vrp"))
    assert windows.digest() == plain.digest()


def test_lower_row_is_a_stream(problem, tmp_path):
    """Weights fill the lower triangle row by row, wherever lines break: 10 = 3; 20 = 5, 21 = 4; 30 = 7, ..."""
    instance = problem.load(written(tmp_path, LOWER_ROW))
    assert instance.matrix[0].tolist() == [[0, 3, 5, 7], [3, 0, 4, 8], [5, 4, 0, 6], [7, 8, 6, 0]]
    # 0-1-2-0 = 3 + 4 + 5; 0-3-0 = 14
    assert problem.evaluate(instance, Routes.of([[1, 2], [3]])).objective[0] == 26.0


def test_full_matrix_may_be_asymmetric_and_its_diagonal_is_nothing(problem, tmp_path):
    """Rows are origins; 9999 on the diagonal is a custom of TSPLIB files."""
    weights = "9999 1 2 3\n4 9999 5 6\n7 8 9999 9\n10 11 12 9999"
    text = LOWER_ROW.replace("LOWER_ROW", "FULL_MATRIX").replace(" 3 5 4\n 7 8 6", weights)
    instance = problem.load(written(tmp_path, text))
    # 0->1->2->3->0 = 1 + 5 + 9 + 10
    assert problem.evaluate(instance, Routes.of([[1, 2, 3]])).objective[0] == 25.0


def test_folder_is_one_padded_batch(problem, tmp_path, tiny_vrp):
    """Matrix and coordinates side by side; each row scores as it does alone."""
    written(tmp_path, tiny_vrp, "1.vrp")
    written(tmp_path, LOWER_ROW, "2.vrp")
    instance = problem.load(tmp_path)
    assert instance.customers.tolist() == [4, 3]
    both = Routes.concat([Routes.of([[1, 2], [3, 4]]), Routes.of([[1, 2], [3]])])
    evaluation = problem.evaluate(instance, both)
    assert evaluation.feasible.all()
    assert evaluation.objective.tolist() == [33.0, 26.0]
    assert instance.distances()[1, :4, :4].tolist() == instance.matrix[1, :4, :4].tolist()


def test_planar_places_restore_distances():
    """Distances that come from places in the plane are restored exactly, up to a turn."""
    places = np.random.default_rng(0).random((7, 2))
    distance = np.linalg.norm(places[:, None] - places[None], axis=-1)
    again = planar(distance)
    np.testing.assert_allclose(np.linalg.norm(again[:, None] - again[None], axis=-1), distance, atol=1e-9)


def test_learning_arrays(problem, tmp_path):
    """coords, demands and one capacity: Euclidean, not rounded."""
    coords = np.array([[[0.0, 0], [3, 4], [0, 1]]], np.float32)
    np.savez(tmp_path / "a.npz", coords=coords, demands=np.array([[0, 2, 3]]), capacity=4)
    instance = problem.load(tmp_path / "a.npz")
    assert instance.capacity.tolist() == [4]
    assert problem.evaluate(instance, Routes.of([[1], [2]])).objective[0] == 12.0


def test_saved_instances_come_back(problem, tmp_path):
    """What `save` writes, `load` reads."""
    instance = problem.instances("test", 3)
    assert problem.load(instance.save(tmp_path / "a.npz")).digest() == instance.digest()


# What is replaced -> by what -> line of the error (None: the whole file) and a part of the message.
BROKEN = [
    ("3 6 8\n", "3 nan 8\n", 10, "'nan'"),
    ("3 6 8\n", "3 inf 8\n", 10, "'inf'"),
    ("3 6 8\n", "3 1e400 8\n", 10, "'1e400'"),
    ("3 6 8\n", "3 abc 8\n", 10, "'abc'"),
    ("3 6 8\n", "3 6\n", 10, "3 numbers"),
    ("3 6 8\n", "", 10, "node 4"),
    ("3 6 8\n", "3 6 8\n3 6 8\n", 11, "node 4"),
    ("5 0 -2\nDEMAND", "DEMAND", 7, "4 rows"),
    ("3 3\n", "3 99\n", 16, "at most the capacity"),
    ("3 3\n", "3 -1\n", 16, "not negative"),
    ("3 3\n", "3 1.5\n", 16, "an integer"),
    ("3 3\n", "3 99999999999999999999\n", 16, "a finite number up to"),
    ("1 0\n", "1 2\n", 14, "0 at a depot"),
    ("DIMENSION : 5", "DIMENSION : five", 4, "'five'"),
    ("DIMENSION : 5", "DIMENSION : 6", 7, "6 (DIMENSION)"),
    ("DIMENSION : 5\n", "", None, "DIMENSION"),
    ("CAPACITY : 5\n", "", None, "CAPACITY"),
    ("CAPACITY : 5", "CAPACITY : 0", 6, "positive integer"),
    ("CAPACITY : 5", "CAPACITY 5", 6, "neither header nor section"),
    ("TYPE : CVRP", "TYPE : VRPTW", 3, "VRPTW"),
    ("EUC_2D", "XRAY1", 5, "EUC_2D or"),
    ("EUC_2D", "EXPLICIT", None, "EDGE_WEIGHT_FORMAT"),
    ("CAPACITY : 5", "CAPACITY : 5\nDISTANCE : 40", 7, "limit"),
    ("CAPACITY : 5", "CAPACITY : 5\nVEHICLES : 2", 7, "fleet"),
    ("CAPACITY : 5", "CAPACITY : 5\nVEHICLES : 2.5", 7, "positive integer"),
    ("CAPACITY : 5", "CAPACITY : 5\nDISTANCE : -1", 7, "one number >= 0"),
    ("CAPACITY : 5", "CAPACITY : 5\nDISTANCE : 1 2", 7, "one number >= 0"),
    ("CAPACITY : 5", "CAPACITY : 5\nRELEASE : 1", 7, "'RELEASE'"),
    ("TYPE : CVRP", "TYPE : OVRP", 3, "open"),
    ("TYPE : CVRP", "TYPE : MDVRP", 19, "one depot"),
    ("CAPACITY : 5", "CAPACITY : 5\nCAPACITY : 6", 7, "one CAPACITY"),
    ("NODE_COORD_SECTION", "NODE_SECTION", 7, "NODE_COORD_SECTION"),
    ("DEPOT_SECTION\n1\n-1\n", "", None, "DEPOT_SECTION"),
    ("DEPOT_SECTION\n1", "DEPOT_SECTION\n2", 15, "0 at a depot"),
    ("DEPOT_SECTION\n1\n", "DEPOT_SECTION\n1\n2\n", 15, "0 at a depot"),
    ("DEPOT_SECTION\n1", "DEPOT_SECTION\n0", 20, "1..5"),
    ("DEPOT_SECTION\n1", "DEPOT_SECTION\n1 1", 20, "1..5"),
    ("DEPOT_SECTION\n1\n", "DEPOT_SECTION\n", 19, "at least one"),
    ("EOF", "DEMAND_SECTION\n1 0", 22, "one DEMAND_SECTION"),
    ("EOF", "EDGE_WEIGHT_SECTION\n1 0", 22, "EXPLICIT"),
    ("EOF", "COMMENT : late", 22, "'COMMENT'"),
]


@pytest.mark.parametrize(("old", "new", "line", "part"), BROKEN, ids=[f"{i}" for i in range(len(BROKEN))])
def test_broken_file_is_refused_where_it_breaks(problem, tmp_path, tiny_vrp, old, new, line, part):
    """The message names file, line, what was there and what belongs there."""
    assert old in tiny_vrp
    path = written(tmp_path, tiny_vrp.replace(old, new, 1))
    with pytest.raises(InstanceError) as caught:
        load(path, allowed=problem.rules)
    assert str(caught.value.where) == (str(path) if line is None else f"{path}, line {line}")
    assert part in str(caught.value)
    assert caught.value.got is not None
    assert caught.value.expected is not None


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        (" 7 8 6", " 7 8", "5 weights"),
        (" 7 8 6", " 7 8 nan", "'nan'"),
        (" 7 8 6", " 7 -8 6", "0 or more"),
        ("LOWER_ROW", "UPPER_SIDE", "FULL_MATRIX or UPPER_ROW"),
        ("LOWER_ROW", "LOWER_DIAG_ROW", "10 (LOWER_DIAG_ROW)"),
        ("LOWER_ROW", "FULL_MATRIX", "16 (FULL_MATRIX)"),
    ],
)
def test_broken_matrix_is_refused(problem, tmp_path, old, new, part):
    """Weights that are too few, no numbers, negative or in another order."""
    with pytest.raises(InstanceError) as caught:
        problem.load(written(tmp_path, LOWER_ROW.replace(old, new, 1)))
    assert part in str(caught.value)
    assert "line" in str(caught.value.where)


def test_bytes_that_are_no_text(problem, tmp_path, tiny_vrp):
    """A Latin-1 comment is named with its line and byte."""
    path = written(tmp_path, tiny_vrp.replace("four", "f\u00fcnf").encode("latin-1"))
    with pytest.raises(InstanceError, match="line 2") as caught:
        problem.load(path)
    assert caught.value.got == "byte 0xfc"


@pytest.mark.parametrize("name", ["a.vrp", "a.npz", "a.txt", "empty"])
def test_what_is_not_there_or_of_another_kind(problem, tmp_path, name):
    """A missing file, a foreign suffix and an empty folder are refused with their path."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(InstanceError) as caught:
        problem.load(tmp_path / name)
    assert name in str(caught.value.where)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 torn", b"\x93NUMPY torn", b"plain text"])
def test_array_file_that_is_none(problem, tmp_path, content):
    """Torn or foreign bytes in an .npz."""
    with pytest.raises(InstanceError) as caught:
        problem.load(written(tmp_path, content, "a.npz"))
    assert "a.npz" in str(caught.value.where)


def test_arrays_of_another_form(problem, tmp_path):
    """Fractional demands have no exact integer form: the user must choose the unit."""
    np.savez(tmp_path / "a.npz", coords=np.zeros((1, 3, 2)), demands=np.ones((1, 3)) / 2, capacity=4)
    with pytest.raises(InstanceError, match="integers"):
        problem.load(tmp_path / "a.npz")


TOKENS = [
    "nan",
    "inf",
    "-1",
    "0",
    "1e400",
    "abc",
    "999999999999999999999",
    "1.5",
    ":",
    "#",
    "EOF",
    "_SECTION",
    "",
    "\x00",
    "²",
]


@settings(max_examples=300)
@given(data=st.data())
def test_mutants_are_read_or_refused_with_their_place(tmp_path_factory, tiny_vrp, data):
    """Lines deleted, doubled, swapped, cut, tokens replaced: never an error of Python's own, never a number lost."""
    text = data.draw(st.sampled_from([tiny_vrp, LOWER_ROW]))
    lines = text.splitlines()
    for _ in range(data.draw(st.integers(1, 3))):
        lines = mutated(lines, data)
    path = written(tmp_path_factory.getbasetemp(), "\n".join(lines), "mutant.vrp")
    refusal = None
    try:
        instance = load(path, allowed=frozenset())
    except InstanceError as error:
        refusal = error
    if refusal is None:
        assert np.isfinite(instance.distances()).all()
        check_against_vrplib(path, instance)
    else:
        assert "mutant.vrp" in str(refusal.where)
        assert refusal.got is not None
        assert refusal.expected is not None


def check_against_vrplib(path, instance):
    """What was read is what the field's own package reads there, where it reads anything."""
    try:
        other = vrplib.read_instance(path, compute_edge_weights=False)
    except Exception:  # it raises what Python raises
        return
    depot = int(np.atleast_1d(other["depot"])[0])
    order = [depot, *(node for node in range(other["dimension"]) if node != depot)]
    assert instance.capacity[0] == other["capacity"]
    assert instance.demand[0].tolist() == other["demand"][order].tolist()
    if "node_coord" in other:
        assert instance.coords[0].tolist() == other["node_coord"][order].tolist()
    if "edge_weight" in other:
        np.testing.assert_array_equal(instance.matrix[0], other["edge_weight"][np.ix_(order, order)])


def mutated(lines, data):
    lines = list(lines) or [""]
    i = data.draw(st.integers(0, len(lines) - 1))
    kind = data.draw(st.sampled_from(["delete", "double", "swap", "cut", "token", "file"]))
    if kind == "delete":
        del lines[i]
    elif kind == "double":
        lines.insert(i, lines[i])
    elif kind == "swap":
        j = data.draw(st.integers(0, len(lines) - 1))
        lines[i], lines[j] = lines[j], lines[i]
    elif kind == "cut":
        lines[i] = lines[i][: len(lines[i]) // 2]
    elif kind == "file":
        lines = lines[:i]
    else:
        tokens = lines[i].split(" ")
        tokens[data.draw(st.integers(0, len(tokens) - 1))] = data.draw(st.sampled_from(TOKENS))
        lines[i] = " ".join(tokens)
    return lines
