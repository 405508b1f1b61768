"""Row operations on nested arrays."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway import tree


class Pair(NamedTuple):
    a: Any
    b: Any


def nested() -> Pair:
    return Pair(np.arange(4), {"x": (np.arange(8).reshape(4, 2), None), "y": np.arange(4) * 0.5})


def test_the_shape_of_the_tree_is_kept():
    """Named tuples, dicts, tuples and None stay what they are."""
    doubled = tree.map_arrays(lambda a: 2 * a, nested())
    assert type(doubled) is Pair
    assert doubled.a.tolist() == [0, 2, 4, 6]
    assert type(doubled.b["x"]) is tuple
    assert doubled.b["x"][1] is None
    assert doubled.b["y"].tolist() == [0.0, 1.0, 2.0, 3.0]


def test_several_trees_are_walked_together():
    """The function gets the arrays of one place."""
    summed = tree.map_arrays(lambda a, b, c: a + b + c, nested(), nested(), nested())
    assert summed.a.tolist() == [0, 3, 6, 9]


def test_trees_of_another_shape_are_refused():
    """Nothing is dropped silently."""
    with pytest.raises(ValueError, match="zip"):
        tree.map_arrays(lambda a, b: a, (np.arange(1), np.arange(1)), (np.arange(1),))


@pytest.mark.parametrize(
    ("index", "expected"),
    [(np.array([3, 0]), [3, 0]), (np.array([True, False, False, True]), [0, 3]), (slice(1, 3), [1, 2])],
)
def test_rows_by_integers_mask_and_slice(index, expected):
    """Every array is indexed along its first axis."""
    picked = tree.rows(nested(), index)
    assert picked.a.tolist() == expected
    assert picked.b["x"][0].tolist() == [[2 * i, 2 * i + 1] for i in expected]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=4, unique=True))
def test_put_is_the_inverse_of_rows(index):
    """Rows that are taken out, changed and put back are the only ones that change."""
    whole, places = nested(), np.array(index)
    tree.put(whole, places, tree.map_arrays(lambda a: a + 100, tree.rows(whole, places)))
    for place in range(4):
        assert whole.a[place] == place + 100 * (place in index)
        assert whole.b["y"][place] == place * 0.5 + 100 * (place in index)
