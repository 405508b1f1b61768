"""Distances of TSPLIB: each formula by hand, each matrix format as the same matrix."""

from __future__ import annotations

import numpy as np
import pytest

from headway.domains.routing.files.load import load
from headway.domains.routing.files.weights import FORMATS, computed, entries, filled
from headway.errors import InstanceError

# Symmetric; rows and columns in order are the streams below.
MATRIX = np.array([[0, 1, 2, 3], [1, 0, 4, 5], [2, 4, 0, 6], [3, 5, 6, 0]], float)


@pytest.mark.parametrize(
    ("form", "stream"),
    [
        ("UPPER_ROW", [1, 2, 3, 4, 5, 6]),
        ("LOWER_ROW", [1, 2, 4, 3, 5, 6]),
        ("UPPER_DIAG_ROW", [9, 1, 2, 3, 9, 4, 5, 9, 6, 9]),
        ("LOWER_DIAG_ROW", [9, 1, 9, 2, 4, 9, 3, 5, 6, 9]),
        ("UPPER_COL", [1, 2, 4, 3, 5, 6]),
        ("LOWER_COL", [1, 2, 3, 4, 5, 6]),
        ("UPPER_DIAG_COL", [9, 1, 9, 2, 4, 9, 3, 5, 6, 9]),
        ("LOWER_DIAG_COL", [9, 1, 2, 3, 9, 4, 5, 9, 6, 9]),
        ("FULL_MATRIX", [9, 1, 2, 3, 1, 9, 4, 5, 2, 4, 9, 6, 3, 5, 6, 9]),
    ],
)
def test_formats(form, stream):
    """TSPLIB 95, section 1.1.6; what is on the diagonal has no meaning."""
    assert form in FORMATS
    assert entries(form, 4) == len(stream)
    assert filled(form, np.array(stream, float), 4).tolist() == MATRIX.tolist()


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("CEIL_2D", 3.0),  # sqrt(1 + 4) = 2.236
        ("FLOOR_2D", 2.0),
        ("MAN_2D", 3.0),
        ("MAX_2D", 2.0),
        ("ATT", 1.0),  # sqrt(5 / 10) = 0.707 -> 1
    ],
)
def test_formulas(kind, expected):
    """From (0, 0) to (1, 2), both ways."""
    matrix = computed(kind, np.array([[0.0, 0], [1, 2]]))
    assert matrix.tolist() == [[0, expected], [expected, 0]]


def test_att_rounds_up():
    """sqrt((10^2 + 10^2) / 10) = 4.47: the nearest is 4, which is less, so 5."""
    assert computed("ATT", np.array([[0.0, 0], [10, 10]]))[0, 1] == 5


TEXT = """TYPE : CVRP
DIMENSION : 3
CAPACITY : 9
EDGE_WEIGHT_TYPE : {kind}
NODE_COORD_SECTION
1 0 0
2 1 2
3 3 1
DEMAND_SECTION
1 0
2 1
3 1
DEPOT_SECTION
1
EOF
"""


@pytest.mark.parametrize(
    ("kind", "convention", "leg"),
    [("EUC_2D", "nint", 2.0), ("EXACT_2D", "float", 5**0.5), ("CEIL_2D", "matrix", 3.0), ("MAN_2D", "matrix", 3.0)],
)
def test_types_in_files(tmp_path, kind, convention, leg):
    """Conventions of the instance where it has them, a matrix otherwise; places stay."""
    path = tmp_path / "a.vrp"
    path.write_text(TEXT.format(kind=kind))
    instance = load(path)
    assert instance.convention.tolist() == [convention]
    assert instance.distances()[0, 0, 1] == leg
    assert instance.coords[0].tolist() == [[0, 0], [1, 2], [3, 1]]
    assert instance.name.tolist() == ["a"]


def test_matrix_and_depot_elsewhere(tmp_path):
    """Rows of the matrix follow their nodes when node 3 is the depot."""
    text = TEXT.format(kind="EXPLICIT\nEDGE_WEIGHT_FORMAT : FULL_MATRIX").replace(
        "DEPOT_SECTION\n1", "DEPOT_SECTION\n3"
    )
    text = text.replace("1 0\n2 1\n3 1\n", "1 1\n2 2\n3 0\n")
    path = tmp_path / "a.vrp"
    path.write_text(text.replace("DEMAND_SECTION", "EDGE_WEIGHT_SECTION\n0 12 13\n21 0 23\n31 32 0\nDEMAND_SECTION"))
    instance = load(path)
    assert instance.matrix[0].tolist() == [[0, 31, 32], [13, 0, 12], [23, 21, 0]]
    assert instance.demand[0].tolist() == [0, 1, 2]
    assert instance.coords[0].tolist() == [[3, 1], [0, 0], [1, 2]]


def test_matrix_with_a_negative_entry(tmp_path):
    """At its line."""
    text = TEXT.format(kind="EXPLICIT\nEDGE_WEIGHT_FORMAT : UPPER_ROW")
    path = tmp_path / "a.vrp"
    path.write_text(text.replace("DEMAND_SECTION", "EDGE_WEIGHT_SECTION\n1 2\n-3\nDEMAND_SECTION"))
    with pytest.raises(InstanceError, match="line 12\n"):
        load(path)
