"""Li and Lim's form of pickup and delivery: what is read, and that every broken file is named with its line."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.domains.routing.family.evaluate import evaluate
from headway.domains.routing.family.solution import Routes
from headway.domains.routing.family.switches import used
from headway.domains.routing.files.load import load
from headway.errors import InstanceError

TEXT = """2	10	1
0	0	0	0	0	200	0	0	0
1	3	4	5	10	90	2	0	3
2	0	4	-7	0	90	1	4	0
3	6	8	-5	0	90	0	1	0
4	0	2.5	7	0	90	3	0	2
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "lc3.txt"


def test_what_is_read(path):
    """Real distances: to 1 is 5, wait until 10, done at 12, 3 is 5 farther, 10 back."""
    path.write_text(TEXT)
    instance = load(path)
    assert used(instance) == {"pairs", "windows", "fleet"}
    assert used(load(path, allowed=frozenset({"pairs", "windows"}))) == {"pairs", "windows"}
    assert (instance.name[0], instance.capacity[0], instance.fleet[0]) == ("lc3", 10, 2)
    assert instance.convention.tolist() == ["float"]
    assert instance.pickup[0].tolist() == [0, 5, 0, 0, 7]
    assert instance.demand[0].tolist() == [0, 0, 7, 5, 0]
    assert instance.origin[0].tolist() == [0, 0, 4, 1, 0]
    evaluation = evaluate(instance, Routes.of([[1, 3], [4, 2]]))
    assert evaluation.feasible.all()
    assert evaluation.objective.tolist() == [20 + 8]
    assert not evaluate(instance, Routes.of([[1, 4, 3, 2]])).feasible.any()  # 12 on board


BROKEN = [
    ("2\t10\t1", "0\t10\t1", 1, "above 0"),
    ("2\t10\t1", "2\t9.5\t1", 1, "whole numbers"),
    ("2\t10\t1", "2\t6\t1", 4, "at most the capacity"),
    ("1\t3\t4\t5", "2\t3\t4\t5", 3, "expected: 1"),
    ("1\t3\t4\t5", "1\t3\t5", 3, "9 numbers"),
    ("1\t3\t4\t5", "1\tnan\t4\t5", 3, "'nan'"),
    ("1\t3\t4\t5", "1\t3\t4\t5.5", 3, "not whole"),
    ("1\t3\t4\t5", "1\t3\t4\t4", 5, "what its origin hands over"),
    ("1\t3\t4\t5", "1\t3\t4\t-5", 3, "name each other"),
    ("90\t2\t0\t3", "90\t2\t0\t2", 3, "name each other"),
    ("90\t2\t0\t3", "90\t2\t0\t9", 3, "name each other"),
    ("90\t2\t0\t3", "90\t2\t3\t3", 3, "name each other"),
    ("90\t2\t0\t3", "90\t2\t0\t0", 3, "name each other"),
    ("10\t90\t2", "10\t9\t2", 3, "at least earliest"),
    ("10\t90\t2", "1\t4\t2", 3, "in time"),
    ("10\t90\t2", "10\t90\t-2", 3, "not negative"),
    ("0\t0\t0\t0\t0", "0\t0\t0\t1\t0", 2, "0 at a depot"),
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


@settings(max_examples=200)
@given(data=st.data())
def test_mutants_are_read_or_refused_with_their_place(mutant, data):
    """A token replaced, a line lost, doubled or cut: refused, or exactly the numbers that the file has now."""
    lines, instance = mutant(data, TEXT, ".txt")
    if instance is not None:
        columns = [instance.coords[0, :, 0], instance.coords[0, :, 1], instance.pickup[0] - instance.demand[0]]
        columns += [instance.earliest[0], instance.latest[0], instance.service[0], instance.origin[0]]
        rows = [[float(token) for token in line.split()] for line in lines[1:]]
        assert np.stack(columns, axis=1).tolist() == [row[1:8] for row in rows]
