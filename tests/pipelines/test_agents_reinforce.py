"""REINFORCE on whole episodes: advantages by hand, resume to the bit, and that it learns."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import torch
from small_agents import same

from headway import make_problem
from headway.errors import CapabilityError
from headway.pipelines.agents.reinforce import Reinforce
from headway.pipelines.agents.reinforce_advantage import _added, advantages
from headway.storage.checkpoint import load_state, save_state


def small(seed=0, steps=20_000, **options):
    """A small run on clusters of 6 to 10 machines."""
    problem = make_problem("vm_rescheduling/rescheduling", machines=10, fewest=6, limit=(0.03, 0.1))
    agent = Reinforce(**{"batch": 4, "rollouts": 6, **options})
    return agent.trainer(problem.environment(), problem.network("classes", hidden=8, rank=4), seed=seed, steps=steps)


def test_advantages_worked_by_hand():
    """Returns 1, 2, 3 have mean 2 and spread sqrt(2/3); equal returns, also after rounding, say nothing."""
    got = advantages(np.array([[1.0, 2.0, 3.0], [0.1, 0.1, 0.1 + 1e-17]]), 1)
    np.testing.assert_allclose(got, [[-np.sqrt(1.5), 0, np.sqrt(1.5)], [0, 0, 0]])


@pytest.mark.parametrize("k", [2, 3, 5])
def test_best_of_k_against_all_choices(k):
    """What an episode adds to the best of k, by enumeration of the k - 1 others."""
    returns = np.random.default_rng(0).integers(5, size=(3, 7)).astype(float)
    for b, row in enumerate(returns):
        for i in range(7):
            choices = list(combinations(np.delete(row, i), k - 1))
            expected = np.mean([max(0.0, row[i] - max(others)) for others in choices])
            assert _added(returns, k)[b, i] == pytest.approx(expected)


@pytest.mark.parametrize("cut", [1, 2])
def test_stored_and_continued_is_bit_equal(cut, tmp_path):
    """Weights, optimizer, instances and draws agree after resuming from a stored state."""
    whole = small(entropy=0.01)
    for _ in range(cut):
        whole.advance()
    save_state(whole.get_state(), tmp_path / "step")
    expected = [whole.advance() for _ in range(3)]
    torch.manual_seed(99)
    resumed = small(seed=1, entropy=0.01)
    resumed.set_state(load_state(tmp_path / "step"))
    assert [resumed.advance() for _ in range(3)] == expected
    assert resumed.steps == whole.steps
    same(resumed.get_state(), whole.get_state())


def test_the_seed_and_nothing_else_decides():
    """Equal seeds give equal runs, looked at in between or not; another seed gives another run."""
    runs = []
    for seed, looked_at in ((5, False), (5, True), (6, False)):
        trainer, metrics = small(seed=seed), []
        for _ in range(2):
            metrics.append(trainer.advance())
            if looked_at:
                trainer.get_state(), trainer.policy()
        runs.append(metrics)
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def test_it_learns():
    """After a few thousand migrations episodes gain a quarter more than at the start."""
    trainer = small(steps=30_000, shaping=0.0, lr=1e-2)
    gained = []
    while trainer.steps < trainer.total:
        gained.append(trainer.advance()["rollout/return"])
    assert np.mean(gained[-10:]) > 1.25 * np.mean(gained[:10])


def test_needs_an_environment_that_plays_episodes():
    """Any other environment, and any network without tables, is refused."""
    problem = make_problem("vm_rescheduling/placement")
    with pytest.raises(CapabilityError, match="lacks a capability"):
        Reinforce().trainer(problem.environment(), problem.network("mlp"), seed=0, steps=10)
    problem = make_problem("routing/cvrp")
    with pytest.raises(CapabilityError, match="cannot train this network"):
        Reinforce().trainer(problem.environment(), problem.network("attention"), seed=0, steps=10)
