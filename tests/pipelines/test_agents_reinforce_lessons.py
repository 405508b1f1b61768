"""REINFORCE with a curriculum: what episodes count, sizes apart, resume to the bit, and that it learns."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from small_agents import same

from headway import make_problem
from headway.errors import ConfigError
from headway.pipelines.agents.reinforce import Reinforce
from headway.pipelines.agents.reinforce_advantage import weights
from headway.pipelines.agents.reinforce_lessons import Curriculum, Lesson
from headway.pipelines.agents.schedule import LAST, set_lr
from headway.storage.checkpoint import load_state, save_state

LESSONS = (
    {"problem": {"customers": 6}, "batch": 8, "rollouts": 6, "shares": (1.0, 0.5)},
    {"problem": {"customers": 9}, "batch": 4, "rollouts": 8, "shares": (0.0, 0.5)},
)


def small(seed=0, steps=4000, **options):
    """A small run on routes through 6 and 9 customers."""
    problem = make_problem("routing/cvrp", customers=9, capacity=15)
    agent = Reinforce(**{"lessons": LESSONS, "stages": (0.4, 1.0), "turns": 1, "lr": 3e-3, **options})
    network = problem.network("pomo", layers=1, feedforward=32)
    return agent.trainer(problem.environment(), network, seed=seed, steps=steps)


def test_credits_worked_by_hand():
    """Returns 1, 2, 3, 6 have mean 3 and spread sqrt(3.5)."""
    returns, unit = np.array([[1.0, 2.0, 3.0, 6.0]]), np.sqrt(3.5)

    def counts(credit="mean", extremes=None, greedy=None):
        return weights(returns, credit, 1, extremes, greedy)[0] * unit

    np.testing.assert_allclose(counts(), [-2, -1, 0, 3], atol=1e-12)
    np.testing.assert_allclose(counts("leader"), [-2, -1, 0, 12], atol=1e-12)
    np.testing.assert_allclose(counts("label"), [0, 0, 0, unit], atol=1e-12)
    np.testing.assert_allclose(counts(extremes=1), [-2, 0, 0, 3], atol=1e-12)
    np.testing.assert_allclose(counts("greedy", greedy=np.array([2.0]))[[0, 1, 3]], [-1, 0, 4], atol=1e-12)


def test_lessons_keep_sizes_apart_and_to_their_stages():
    """One size a batch; only the first lesson in the first stage; the same lesson for the same number."""
    lessons = [Lesson(**lesson) for lesson in LESSONS]
    environment = make_problem("routing/cvrp").environment()
    curriculum = Curriculum(environment, lessons, (0.4, 1.0), 0)
    for done, allowed in ((0.1, {(8, 6)}), (0.7, {(8, 6), (4, 9)})):
        seen = set()
        for number in range(12):
            lesson, params = curriculum.lesson(number, done)
            assert set(params.customers) == {lesson.problem["customers"]}
            seen.add((len(params.customers), int(params.customers[0])))
            np.testing.assert_array_equal(curriculum.lesson(number, done)[1].distance, params.distance)
        assert seen == allowed


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"stages": (0.4,)}, "stages do not end the run"),
        ({"stages": (0.3, 0.4, 1.0)}, "a lesson needs a share"),
        ({"lessons": ({**LESSONS[1]},)}, "a stage without lessons"),
    ],
)
def test_stages_and_shares_must_belong_together(options, text):
    """A wrong curriculum is refused before training."""
    with pytest.raises(ConfigError, match=text):
        small(**options)


def test_stored_and_continued_is_bit_equal(tmp_path):
    """Also across a change of lessons."""
    whole = small(steps=2500, credit="leader", extremes=2, warmup=3, lr_schedule="cosine")
    for _ in range(3):
        whole.advance()
    save_state(whole.get_state(), tmp_path / "step")
    expected = [whole.advance() for _ in range(4)]
    torch.manual_seed(99)
    resumed = small(seed=1, steps=2500, credit="leader", extremes=2, warmup=3, lr_schedule="cosine")
    resumed.set_state(load_state(tmp_path / "step"))
    assert [resumed.advance() for _ in range(4)] == expected
    same(resumed.get_state(), whole.get_state())


@pytest.mark.parametrize("credit", ["mean", "label", "greedy"])
def test_it_learns(credit):
    """From a network that knows no distances, drawn routes become a tenth shorter, and more."""
    lesson = {"problem": {"customers": 10, "capacity": 60}, "batch": 8, "rollouts": 8, "shares": (1.0,)}
    trainer = small(steps=100_000, lessons=(lesson,), stages=(1.0,), credit=credit, lr=1e-3)
    with torch.no_grad():
        trainer.network.final.zero_()
    lengths = []
    while trainer.steps < trainer.total:
        lengths.append(-trainer.advance()["rollout/return"])
    assert np.mean(lengths[-20:]) < 0.9 * np.mean(lengths[:5])


def test_it_starts_from_given_weights():
    """Another run's policy is where it begins."""
    first = small()
    first.advance()
    second = small(seed=3)
    second.start_from(first.policy())
    same(dict(second.network.state_dict()), dict(first.network.state_dict()))


def test_cosine_ends_low_and_warm_up_rises():
    """From lr to `LAST` of it, half-way in between; times the share of the warm-up."""
    optimizer = torch.optim.Adam([torch.zeros(1, requires_grad=True)])
    agent = Reinforce(lr=1e-2, lr_schedule="cosine")
    got = [set_lr(optimizer, agent, *args) for args in ((1.0,), (0.5,), (0.0,), (1.0, 0.1))]
    np.testing.assert_allclose(got, np.array([1, (1 + LAST) / 2, LAST, 0.1]) * 1e-2)
    assert optimizer.param_groups[0]["lr"] == got[-1]
