"""Random streams: named, reproducible, and never overlapping."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.errors import ConfigError, LeakageError
from headway.seeds import SPLITS, generator_seed, sealed, stream

PINNED = {"train": [468, 522, 890, 388], "test": [718, 578, 283, 203]}

parts = st.one_of(st.integers(0, 2**40), st.text(max_size=6))
keys = st.tuples(st.sampled_from(SPLITS), st.integers(0, 2**63), st.lists(parts, max_size=3).map(tuple))


def drawn(key) -> list[int]:
    split, seed, purpose = key
    return stream(split, seed, *purpose).integers(2**62, size=3).tolist()


@given(keys)
def test_a_stream_is_its_name(key):
    """The same split, seed and purpose give the same numbers."""
    assert drawn(key) == drawn(key)


@given(keys, keys)
def test_other_names_are_other_streams(one, other):
    """Two streams agree only if all three parts of their names do."""
    assert (drawn(one) == drawn(other)) == (one == other)


def test_purposes_are_not_glued_together():
    """ab + c, a + bc, and the number 1 and the word "1" are four purposes."""
    names = [("ab", "c"), ("a", "bc"), (1,), ("1",), ()]
    assert len({stream("train", 0, *name).integers(2**62) for name in names}) == len(names)


def test_numbers_do_not_depend_on_the_platform_or_release():
    """The streams of seed 0 are pinned: a change would silently change every published instance."""
    assert stream("train", 0, "pin").integers(1000, size=4).tolist() == PINNED["train"]
    assert stream("test", 7, "pin", 3).integers(1000, size=4).tolist() == PINNED["test"]


def test_an_unknown_split_is_refused():
    """The message lists the known ones."""
    with pytest.raises(ConfigError, match="train, validation, test, tuning"):
        stream("dev", 0)  # type: ignore[arg-type]


def test_a_negative_seed_is_refused():
    """SeedSequence would refuse it, too, with a message of its own."""
    with pytest.raises(ConfigError, match="negative"):
        stream("train", -1)


def test_sealed_splits_raise_and_open_again():
    """Seals nest, and end with their block even after an error."""
    with sealed("test"):
        stream("validation", 0)
        with sealed("tuning"), pytest.raises(LeakageError, match="validation instances"):
            stream("test", 0)
        stream("tuning", 0)
        with pytest.raises(LeakageError):
            generator_seed("test", 0)
    stream("test", 0)


def test_library_seeds_are_31_bits():
    """Torch and solvers take non-negative 32-bit integers."""
    assert all(0 <= generator_seed("train", seed) < 2**31 for seed in range(200))
