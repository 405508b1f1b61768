"""Solomon's form: what is read, and that every broken file is named with its line."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.domains.routing.family.configurations import VRPTW
from headway.domains.routing.family.evaluate import evaluate
from headway.domains.routing.family.solution import Routes
from headway.domains.routing.family.switches import used
from headway.domains.routing.files.load import load
from headway.errors import InstanceError

TEXT = """R3

VEHICLE
NUMBER     CAPACITY
  2         10

CUSTOMER
CUST NO.  XCOORD.   YCOORD.    DEMAND   READY TIME  DUE DATE   SERVICE   TIME

    0      0          0          0          0        100          0
    1      1          2          4          5         10          1
    2      3          4          5          0         50          2
    3     -3          0.5        6         20         30          3
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "R3.txt"


def test_what_is_read(path):
    """sqrt(5) = 2.236 counts 2.2, sqrt(13) counts 3.6 and 5 is 5: 1 begins at 5, is done at 6; 2 is served at 8.8."""
    path.write_text(TEXT)
    instance = load(path)
    assert instance.convention.tolist() == ["trunc1"]
    assert instance.name.tolist() == ["R3"]
    assert (instance.capacity[0], instance.fleet[0], instance.customers[0]) == (10, 2, 3)
    assert instance.earliest[0].tolist() == [0, 5, 0, 20]
    assert instance.latest[0].tolist() == [100, 10, 50, 30]
    assert instance.service[0].tolist() == [0, 1, 2, 3]
    assert instance.coords[0].tolist() == [[0, 0], [1, 2], [3, 4], [-3, 0.5]]
    evaluation = evaluate(instance, Routes.of([[1, 2], [3]]))
    assert evaluation.feasible.all()
    assert evaluation.objective[0] == pytest.approx(2.2 + 2.8 + 5 + 2 * 3.0)


def test_the_number_of_vehicles_counts_where_fleets_do(path):
    """Published costs of the problem with time windows are of any number of vehicles."""
    path.write_text(TEXT)
    assert used(load(path)) == {"windows", "fleet"}
    assert used(load(path, allowed=VRPTW.rules)) == {"windows"}
    assert load(path, "float").convention.tolist() == ["float"]


BROKEN = [
    ("VEHICLE\n", "", 3, "VEHICLE"),
    ("NUMBER     CAPACITY", "NUMBER", 4, "NUMBER CAPACITY"),
    ("  2         10", "  2", 5, "two whole numbers"),
    ("  2         10", "  2         0", 5, "two whole numbers"),
    ("  2         10", "  2         9.5", 5, "two whole numbers"),
    ("  2         10", "  2         5", 13, "at most the capacity"),
    ("READY TIME", "READY", 8, "CUST NO."),
    ("    2      3          4          5 ", "    2      3          4          -5 ", 12, "not negative"),
    ("    2      3          4          5 ", "    2      3          4          11 ", 12, "at most the capacity"),
    ("    2      3          4          5 ", "    2      3          4          1.5 ", 12, "an integer"),
    ("    2      3          4          5 ", "    2      nan          4          5 ", 12, "'nan'"),
    ("    2      3          4          5 ", "    2      3          inf          5 ", 12, "'inf'"),
    ("    2      3 ", "    3      3 ", 12, "expected: 2"),
    ("    2      3 ", "    2     ", 12, "7 numbers"),
    ("    0          0        100 ", "    1          0        100 ", 10, "0 at a depot"),
    ("5         10          1", "5         4          1", 11, "at least earliest"),
    ("5         10          1", "-5         10          1", 11, "not negative"),
    ("5         10          1", "5         10          -1", 11, "not negative"),
    ("5         10          1", "1         2          1", 11, "come back from in time"),
    ("        100          0", "        24          0", 13, "come back from in time"),
]


@pytest.mark.parametrize(("old", "new", "line", "part"), BROKEN, ids=[f"{i}" for i in range(len(BROKEN))])
def test_broken_file_is_refused_where_it_breaks(path, old, new, line, part):
    """The message names file, line, what was there and what belongs there."""
    assert old in TEXT
    path.write_text(TEXT.replace(old, new, 1))
    with pytest.raises(InstanceError) as caught:
        load(path)
    assert str(caught.value.where) == f"{path}, line {line}"
    assert part in str(caught.value)
    assert caught.value.got is not None


@pytest.mark.parametrize("lines", range(10))
def test_torn_file(path, lines):
    """A file that ends before its first customer."""
    path.write_text("\n".join(TEXT.splitlines()[:lines]))
    with pytest.raises(InstanceError, match=r"R3\.txt"):
        load(path)


@settings(max_examples=200)
@given(data=st.data())
def test_mutants_are_read_or_refused_with_their_place(mutant, data):
    """A token replaced, a line lost, doubled or cut: refused, or exactly the numbers that the file has now."""
    lines, instance = mutant(data, TEXT, ".txt")
    if instance is not None:
        rows = [[float(token) for token in line.split()] for line in lines if len(line.split()) == 7]
        columns = [instance.coords[0, :, 0], instance.coords[0, :, 1], instance.demand[0], instance.earliest[0]]
        columns += [instance.latest[0], instance.service[0]]
        assert np.stack(columns, axis=1).tolist() == [row[1:] for row in rows]
