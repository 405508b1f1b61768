"""Batches of arrays: validation, slicing, padding, digests, storage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from headway.batch import Batch, Instance, pad
from headway.errors import DataError, InstanceError


@dataclass(frozen=True)
class Things(Instance):
    """A size and a padded row of weights."""

    size: NDArray[np.int64]
    weight: NDArray[np.float64] = pad(-1.0)

    def validate(self) -> None:
        self.refuse("size", "a size >= 0", self.size < 0)
        self.refuse("weight", "a finite weight", ~np.isfinite(self.weight))


@dataclass(frozen=True)
class Others(Batch):
    """No field may differ in shape."""

    weight: NDArray[np.float64]


def things(*rows: list[float]) -> Things:
    return Things(np.arange(len(rows)), np.array(rows, dtype=float))


@st.composite
def batches(draw):
    n, width = draw(st.integers(1, 4)), draw(st.integers(0, 3))
    weight = draw(st.lists(st.floats(-9, 9), min_size=n * width, max_size=n * width))
    return Things(np.arange(n), np.array(weight).reshape(n, width))


def test_a_value_that_breaks_a_rule_is_named_with_its_place():
    """The error says field, row and column, the value, and the rule."""
    with pytest.raises(InstanceError) as caught:
        things([1.0, 2.0], [3.0, np.nan])
    assert caught.value.where == "Things.weight[1, 1]"
    assert np.isnan(caught.value.got)
    assert caught.value.expected == "a finite weight"


def test_a_rule_by_row_names_the_row():
    """A condition without trailing axes points at the row."""
    with pytest.raises(InstanceError, match=r"Things.size\[1\]"):
        Things(np.array([0, -1]), np.zeros((2, 1)))


@pytest.mark.parametrize("size", [[0, 1], np.int64(3), np.array(3), None])
def test_what_is_no_batched_array_is_refused(size):
    """Lists and scalars are no batches."""
    with pytest.raises(InstanceError, match="not a batched array"):
        Things(size, np.zeros((2, 1)))


def test_fields_of_different_length_are_refused():
    """All fields share the batch axis."""
    with pytest.raises(InstanceError, match="differ in their batch length"):
        Things(np.arange(3), np.zeros((2, 1)))


def test_a_batch_that_is_no_instance_raises_its_own_error():
    """Solutions and other batches raise DataError, not InstanceError."""
    with pytest.raises(DataError) as caught:
        Others([1.0])
    assert type(caught.value) is DataError


def test_rows_by_number_slice_list_and_mask():
    """An integer gives a batch of one, from the end if negative."""
    batch = things([1.0], [2.0], [3.0])
    assert batch[0].weight.tolist() == [[1.0]]
    assert batch[-1].weight.tolist() == [[3.0]]
    assert batch[np.int64(1)].weight.tolist() == [[2.0]]
    assert batch[1:].weight.tolist() == [[2.0], [3.0]]
    assert batch[[2, 0]].size.tolist() == [2, 0]
    assert batch[np.array([True, False, True])].size.tolist() == [0, 2]


def test_rows_beyond_the_end_are_no_batch():
    """Slicing semantics: nothing is there, and nothing is made up."""
    assert len(things([1.0])[5]) == 0


def test_smaller_rows_are_padded_as_the_field_declares():
    """Two columns beside one: the missing weight is -1."""
    joined = Things.concat([things([1.0, 2.0]), things([3.0])])
    assert joined.weight.tolist() == [[1.0, 2.0], [3.0, -1.0]]


def test_padding_keeps_the_widest_of_every_axis():
    """Rows of 1 x 2 and 2 x 1 are both padded to 2 x 2."""
    parts = [Things(np.zeros(1, int), np.ones((1, *shape))) for shape in ((1, 2), (2, 1))]
    assert Things.concat(parts).weight.tolist() == [[[1, 1], [-1, -1]], [[1, -1], [1, -1]]]


def test_fields_without_padding_must_agree():
    """Shapes that differ where no padding is declared are refused."""
    with pytest.raises(DataError, match="different shape"):
        Others.concat([Others(np.zeros((1, 2))), Others(np.zeros((1, 3)))])


@given(batches(), batches())
def test_concatenation_keeps_every_row(one, other):
    """Each row of the whole begins with the row it came from; the rest is padding."""
    whole = Things.concat([one, other])
    rows = [*one.weight, *other.weight]
    assert len(whole) == len(rows)
    for got, row in zip(whole.weight, rows, strict=True):
        assert got[: len(row)].tolist() == row.tolist()
        assert (got[len(row) :] == -1.0).all()


@given(batches())
def test_slices_put_together_are_the_batch(batch):
    """Digest included."""
    assert Things.concat([batch[i] for i in range(len(batch))]).digest() == batch.digest()


@given(batches(), st.integers(0, 11))
def test_a_digest_changes_with_any_value(batch, place):
    """One weight moved by the least possible amount gives another digest."""
    if batch.weight.size:
        other = batch.weight.copy()
        other.flat[place % other.size] = np.nextafter(other.flat[place % other.size], np.inf)
        assert Things(batch.size, other).digest() != batch.digest()
    assert Things(batch.size.copy(), np.asfortranarray(batch.weight)).digest() == batch.digest()


def test_a_digest_knows_shape_and_type():
    """Equal bytes in another shape or of another type are other content."""
    zeros = Others(np.zeros((2, 2)))
    assert zeros.digest() != Others(np.zeros((2, 2, 1))).digest()
    assert zeros.digest() != Others(np.zeros((2, 2), np.int64)).digest()


@given(batches())
def test_what_is_saved_is_restored(tmp_path_factory, batch):
    """Bit for bit, dtypes included."""
    path = batch.save(tmp_path_factory.mktemp("batch") / "deep" / "things.npz")
    restored = Things.restore(path)
    assert restored.digest() == batch.digest()
    assert [p.name for p in path.parent.iterdir()] == ["things.npz"]


def test_a_file_of_another_type_is_refused(tmp_path):
    """The message lists the fields found and expected."""
    path = Others(np.zeros((1, 1))).save(tmp_path / "others.npz")
    with pytest.raises(InstanceError, match="other fields") as caught:
        Things.restore(path)
    assert caught.value.expected == ["size", "weight"]


@pytest.mark.parametrize("kept", [0, 3, 40, 0.5, 0.9])
def test_a_damaged_file_is_refused(tmp_path, kept):
    """However much of it is left, the error names the file."""
    path = things([1.0, 2.0]).save(tmp_path / "things.npz")
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content)) if kept < 1 else int(kept)])
    with pytest.raises(InstanceError, match=r"things\.npz"):
        Things.restore(path)


def test_a_single_array_under_another_name_is_refused(tmp_path):
    """A ``.npy`` that was renamed is no batch."""
    path = tmp_path / "things.npz"
    np.save(tmp_path / "things.npy", np.zeros(3))
    (tmp_path / "things.npy").rename(path)
    with pytest.raises(InstanceError, match="cannot be read"):
        Things.restore(path)


def test_a_flipped_bit_is_noticed(tmp_path):
    """The archive's checksums are verified on reading."""
    path = Things(np.arange(500), np.random.default_rng(0).random((500, 1))).save(tmp_path / "things.npz")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(InstanceError, match="cannot be read"):
        Things.restore(path)


def test_restored_content_is_validated(tmp_path):
    """A file whose values break the rules is refused like any other input."""
    path = tmp_path / "things.npz"
    np.savez(path, size=np.array([-1]), weight=np.zeros((1, 1)))
    with pytest.raises(InstanceError, match="a size >= 0"):
        Things.restore(path)


def test_an_object_array_is_never_unpickled(tmp_path):
    """A file that would need pickle is refused."""
    path = tmp_path / "things.npz"
    np.savez(path, size=np.array([{}], dtype=object), weight=np.zeros((1, 1)))
    with pytest.raises(InstanceError, match="cannot be read"):
        Things.restore(path)


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    """Nothing is half-written, and no temporary file stays."""
    path = things([1.0]).save(tmp_path / "things.npz")
    before = path.read_bytes()

    def full(*args, **kwargs):
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        things([2.0]).save(path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["things.npz"]
