"""Index operations: numpy against plain loops, torch against numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from headway.ops import NumpyOps, TorchOps, backend


@st.composite
def tables(draw):
    """Values [B, N], an index [B] and a mask [B, N]."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    b, n = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    values = rng.integers(-5, 5, (b, n)) / 2
    return values, rng.integers(0, n, b), rng.random((b, n)) < 0.6, rng.integers(0, n, (b, n))


def both(name, *args):
    """The result of both implementations, as numpy arrays."""
    got = getattr(NumpyOps, name)(*args)
    tensors = [torch.as_tensor(a) if isinstance(a, np.ndarray) else a for a in args]
    torched = getattr(TorchOps, name)(*tensors)
    assert isinstance(torched, torch.Tensor)
    np.testing.assert_array_equal(TorchOps.to_numpy(torched), got)
    return got


@given(tables())
def test_gather_takes_one_entry_per_row(table):
    """Against indexing row by row."""
    values, index, *_ = table
    assert both("gather", values, index).tolist() == [values[b, i] for b, i in enumerate(index)]


def test_gather_takes_sub_arrays():
    """Trailing axes come along."""
    values = np.arange(12).reshape(2, 3, 2)
    assert both("gather", values, np.array([2, 0])).tolist() == [[4, 5], [6, 7]]


@given(tables())
def test_scatter_changes_one_entry_of_a_copy(table):
    """The argument stays, and so does everything else."""
    values, index, *_ = table
    before = values.copy()
    for value in (9.5, np.arange(len(index), dtype=float)):
        expected = values.copy()
        for b, i in enumerate(index):
            expected[b, i] = value if np.isscalar(value) else value[b]
        np.testing.assert_array_equal(both("scatter", values, index, value), expected)
        np.testing.assert_array_equal(values, before)


def test_scatter_marks_booleans():
    """As visited nodes are marked."""
    assert both("scatter", np.zeros((2, 2), bool), np.array([1, 0]), True).tolist() == [[False, True], [True, False]]


@given(tables())
def test_one_hot_is_true_at_the_index(table):
    """And nowhere else."""
    values, index, *_ = table
    expected = [[j == i for j in range(values.shape[1])] for i in index]
    assert both("one_hot", index, values.shape[1]).tolist() == expected


def test_one_hot_of_none_is_empty():
    """-1 stands for no choice and marks nothing."""
    assert both("one_hot", np.array([-1, 1]), 2).tolist() == [[False, False], [False, True]]


@given(tables())
def test_masked_argmin_is_the_first_least_value(table):
    """Ties go to the first place; an empty mask gives 0."""
    values, _, mask, _ = table
    expected = [min(np.flatnonzero(m), key=lambda j: (v[j], j), default=0) for v, m in zip(values, mask, strict=True)]
    assert both("masked_argmin", values, mask).tolist() == expected
    whole = (2 * values).astype(np.int64)
    assert both("masked_argmin", whole, mask).tolist() == expected


@given(tables())
def test_segment_sum_adds_by_segment(table):
    """Against adding one by one."""
    values, _, _, segment = table
    expected = np.zeros((len(values), 6))
    for b, j in np.ndindex(*values.shape):
        expected[b, segment[b, j]] += values[b, j]
    np.testing.assert_allclose(both("segment_sum", values, segment, 6), expected, atol=1e-12)


def test_torch_operations_pass_gradients():
    """Gather, scatter and segment sum are differentiable in the values."""
    values = torch.arange(6.0, dtype=torch.float64).reshape(2, 3).requires_grad_()
    index = torch.tensor([2, 0])
    loss = (
        TorchOps.gather(values, index).sum()
        + 2 * TorchOps.scatter(values, index, 7.0).sum()
        + 4 * TorchOps.segment_sum(values, torch.tensor([[0, 0, 1], [1, 1, 1]]), 2)[:, 1].sum()
    )
    loss.backward()
    assert values.grad.tolist() == [[2, 2, 1 + 4], [1 + 4, 2 + 4, 2 + 4]]


@pytest.mark.parametrize(("name", "kind"), [("numpy", np.ndarray), ("torch", torch.Tensor)])
def test_a_backend_speaks_one_library(name, kind):
    """Namespace and operations make arrays of the same library; it is resolved once."""
    made = backend(name)
    assert isinstance(made.xp.zeros(2), kind)
    assert isinstance(made.ops.asarray(np.ones(2)), kind)
    assert made.ops.asarray([1, 2], made.xp.float64).dtype == made.xp.float64
    assert backend(name) is made
