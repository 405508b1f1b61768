"""Gymnasium finds every registered problem by its id."""

from __future__ import annotations

import subprocess
import sys

import gymnasium
import numpy as np
import pytest

from headway.envs.registration import ids, register
from headway.errors import UnknownNameError
from headway.registry import Domain

PREFIX = "headway.envs.registration:"


@pytest.fixture
def toy(monkeypatch):
    """The toy domain, registered for one test."""
    domain = Domain("maintenance", "toy", {"fleet": "headway_maintenance.problem:Fleet"})
    monkeypatch.setattr("headway.registry.domains", lambda: {"maintenance": domain})
    monkeypatch.setattr(gymnasium, "registry", dict(gymnasium.registry))
    monkeypatch.setattr("gymnasium.envs.registration.registry", gymnasium.registry)
    register()
    return "headway/maintenance-fleet-v0"


def test_ids_name_domain_problem_and_further_environments(toy, monkeypatch):
    """The default environment needs no name; another one is a suffix."""
    monkeypatch.setattr("headway_maintenance.problem.Fleet.environments", {"crew": "a:B", "improve": "a:C"})
    assert ids() == {
        "headway/maintenance-fleet-v0": ("maintenance/fleet", "crew"),
        "headway/maintenance-fleet-improve-v0": ("maintenance/fleet", "improve"),
    }


def test_make_gives_the_single_environment_with_the_problems_options(toy):
    """`gymnasium.make` passes options on to the problem."""
    env = gymnasium.make(PREFIX + toy, machines=2, periods=14)
    observation, info = env.reset(seed=1)
    assert observation["age"].shape == (2,)
    assert info["action_mask"].shape == (5,)
    assert env.unwrapped.environment.problem.periods == 14


def test_make_vec_gives_the_native_batch(toy):
    """`gymnasium.make_vec` does not loop over single environments."""
    env = gymnasium.make_vec(PREFIX + toy, num_envs=6, seed=3)
    observation, _ = env.reset()
    assert type(env.unwrapped).__name__ == "HeadwayVectorEnv"
    assert observation["age"].shape == (6, 3)
    _, reward, *_ = env.step(np.zeros(6, np.int64))
    assert reward.shape == (6,)


def test_options_that_the_problem_does_not_have_are_refused(toy):
    """A misspelt option names the nearest one."""
    with pytest.raises(UnknownNameError, match="machines"):
        gymnasium.make(PREFIX + toy, machnes=2)


def test_gymnasium_alone_loads_nothing_of_ours():
    """Registration happens on the first use of an id, not when gymnasium is imported."""
    code = "import gymnasium, sys; print(any(name.startswith('headway') for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
