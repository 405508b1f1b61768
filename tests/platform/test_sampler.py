"""Numbered instances: drawn in blocks, found again by number."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.errors import LeakageError
from headway.sampler import Sampler
from headway.seeds import sealed, stream

from headway_maintenance.problem import Fleet  # isort: skip

PROBLEM = Fleet(machines=2, periods=12)


def sampler(block: int = 4, split="train", seed: int = 0) -> Sampler:
    return Sampler(PROBLEM.environment(), split, seed, block=block)


def test_instances_are_numbered_from_zero():
    """Draws go on where the last one ended."""
    source = sampler()
    assert source.draw(3)[0].tolist() == [0, 1, 2]
    assert source.draw(2)[0].tolist() == [3, 4]
    assert source.next == 5


@given(st.lists(st.integers(0, 30), min_size=1, max_size=8))
def test_an_instance_is_found_again_by_its_number(numbers):
    """In any order, with repetitions, across blocks, by another sampler of the same stream."""
    again = sampler().again(np.array(numbers))
    for place, number in enumerate(numbers):
        index, row = divmod(number, 4)
        block = PROBLEM.generate(stream("train", 0, PROBLEM.name, "sampler", index), 4, "train")
        assert again.params.age[place].tolist() == block.age[row].tolist()
        assert again.params.uniform[place].tolist() == block.uniform[row].tolist()


@given(st.lists(st.integers(1, 6), min_size=1, max_size=6))
def test_draws_do_not_depend_on_how_many_are_taken_at_once(sizes):
    """One by one or many together: the same instances under the same numbers."""
    source = sampler()
    parts = [source.draw(n)[1].params.uniform for n in sizes]
    whole = sampler().draw(sum(sizes))[1].params.uniform
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_a_start_holds_state_and_observation():
    """What is drawn is ready to begin."""
    environment = PROBLEM.environment()
    start = sampler().draw(3)[1]
    np.testing.assert_array_equal(start.state.age, environment.reset(start.params).age)
    np.testing.assert_array_equal(start.observation["age"], environment.observe(start.params, start.state)["age"])


def test_splits_and_seeds_are_other_streams():
    """Four samplers, four different first instances."""
    streams = [sampler(), sampler(seed=1), sampler(split="validation"), sampler(split="tuning")]
    assert len({source.draw(1)[1].params.uniform.tobytes() for source in streams}) == 4


def test_a_sealed_split_cannot_be_drawn():
    """Training cannot reach test instances through a sampler."""
    with sealed("test"), pytest.raises(LeakageError):
        sampler(split="test").draw(1)
