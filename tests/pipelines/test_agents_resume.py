"""A training run stored and continued is the run that was never interrupted, bit for bit, for every agent."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from small_agents import SMALL, same, small_trainer

from headway.storage.checkpoint import load_state, save_state


def scramble():
    """Leave all global generators somewhere else."""
    random.seed(99)
    np.random.seed(99)  # noqa: NPY002
    torch.manual_seed(99)
    torch.rand(7)


@pytest.mark.parametrize("cut", [1, 3])
@pytest.mark.parametrize("name", SMALL)
def test_stored_and_continued_is_bit_equal(name, cut, tmp_path):
    """Weights, optimizer, buffers, generators and metrics agree after resuming from a stored state."""
    whole = small_trainer(name)
    for _ in range(cut):
        whole.advance()
    save_state(whole.get_state(), tmp_path / "step")
    expected = [whole.advance() for _ in range(4)]
    scramble()
    resumed = small_trainer(name, seed=1)
    resumed.set_state(load_state(tmp_path / "step"))
    assert [resumed.advance() for _ in range(4)] == expected
    assert resumed.steps == whole.steps
    same(resumed.get_state(), whole.get_state())


@pytest.mark.parametrize("name", SMALL)
def test_the_seed_and_nothing_else_decides(name):
    """Equal seeds give equal runs, looked at in between or not; another seed gives another run."""
    runs = []
    for seed, looked_at in ((5, False), (5, True), (6, False)):
        scramble()
        trainer = small_trainer(name, seed=seed)
        runs.append([])
        for _ in range(2):
            runs[-1].append(dict(trainer.advance()))
            if looked_at:
                trainer.get_state(), trainer.policy()
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]
