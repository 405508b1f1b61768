"""The single environment: a batch of one in gymnasium's words."""

from __future__ import annotations

import numpy as np
import pytest
from headway_maintenance.dynamics import Crew

from headway.envs.single import HeadwayEnv


@pytest.fixture
def env(fleet):
    return HeadwayEnv(fleet.environment(), seed=2)


def test_an_episode_scores_what_the_scorer_says(env, fleet):
    """Idling through a given instance returns minus its objective."""
    from headway import rollout

    instance = fleet.instances("validation", 1)
    env.reset(options={"instance": instance})
    total, truncated = 0.0, False
    while not truncated:
        _, reward, terminated, truncated, _ = env.step(0)
        assert not terminated
        total += reward
    plan = rollout(fleet.environment(), fleet.baseline("run_to_failure"), instance).solution
    assert total == pytest.approx(-fleet.evaluate(instance, plan).objective[0], rel=1e-12)


def test_types_are_those_of_gymnasium(env):
    """Unbatched arrays, a Python float and two bools."""
    observation, info = env.reset(seed=1)
    assert observation in env.observation_space
    assert info["action_mask"].shape == (5,)
    observation, reward, terminated, truncated, _ = env.step(
        env.action_space.sample(mask=info["action_mask"].astype(np.int8))
    )
    assert observation in env.observation_space
    assert (type(reward), type(terminated), type(truncated)) == (float, bool, bool)


def test_seeds_repeat_and_episodes_follow(env, fleet):
    """Reset with a seed begins its stream, reset without draws the next; another object agrees."""
    other = HeadwayEnv(fleet.environment())
    first, second = (env.reset(seed=3)[0], env.reset()[0])
    env.step(0)
    for made in (env, other):
        for expected, got in ((first, made.reset(seed=3)[0]), (second, made.reset()[0])):
            assert all(np.array_equal(expected[k], got[k]) for k in expected)


def test_observations_are_copies(env):
    """Writing into one does not reach the environment."""
    observation, _ = env.reset(seed=1, options=None)
    observation["age"][:] = 9
    again, *_ = env.step(0)
    assert (again["age"] <= 1).all()


def test_without_masks_there_is_no_info(fleet, monkeypatch):
    """And asking for a mask is an AttributeError."""
    monkeypatch.setattr(Crew, "mask", lambda *_: None)
    monkeypatch.setattr(Crew, "masked", False)
    env = HeadwayEnv(fleet.environment())
    assert env.reset()[1] == {}
    with pytest.raises(AttributeError, match="no action masks"):
        env.action_masks()
