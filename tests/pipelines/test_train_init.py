"""Training that starts from the weights of another run's policy."""

from __future__ import annotations

import json
import os
import signal

import pytest
import torch
from small_agents import same, small_config, small_trainer
from trainee import lines, start, wait_for

from headway.errors import CapabilityError, CheckpointError, ConfigError
from headway.pipelines.train import resume, train
from headway.storage.checkpoint import load_state, newest_valid
from headway.storage.stored import load_policy

ABLE = ("ppo", "a2c", "maskable_ppo", "pathwise", "pdppo", "two_stage_ppo", "imitation")
UNABLE = ("sac", "td3", "dqn", "recurrent_ppo")


@pytest.mark.parametrize("name", ABLE)
def test_starts_from_given_weights(name):
    """The policy before the first update is the one that was given, and an update changes it."""
    taught, trainer = small_trainer(name, seed=1), small_trainer(name, seed=2)
    given = taught.policy().network.state_dict()
    assert any(not torch.equal(tensor, given[key]) for key, tensor in trainer.policy().network.state_dict().items())
    trainer.start_from(taught.policy())
    assert all(torch.equal(tensor, given[key]) for key, tensor in trainer.policy().network.state_dict().items())
    trainer.advance()
    assert any(not torch.equal(tensor, given[key]) for key, tensor in trainer.policy().network.state_dict().items())


@pytest.mark.parametrize("name", UNABLE)
def test_agents_that_cannot_say_so(name):
    """Agents with target networks or networks of their own refuse weights, instead of losing them."""
    with pytest.raises(CapabilityError, match="given weights"):
        small_trainer(name).start_from(small_trainer(name, seed=1).policy())


def test_a_run_starts_from_another(tmp_path):
    """``init`` takes a run's folder: the curve begins where the other run's best policy was, with its network."""
    first = train(small_config("ppo", steps=2_000, validation={"n": 8, "every": 500}), root=tmp_path, quiet=True)
    best = json.loads((first.folder / "training.json").read_text())["best"]
    settings = small_config("ppo", init=str(first.folder), network=None, steps=100, seed=3)
    second = train(settings, root=tmp_path, quiet=True)
    curve = json.loads((second.folder / "training.json").read_text())["curve"]
    assert curve[0]["objective"] == pytest.approx(best, abs=1e-12)
    assert load_policy(second.folder / "policy").description.network_options == {"hidden": [8], "activation": "tanh"}


def test_a_resumed_run_goes_on_from_its_own_weights(tmp_path):
    """Killed and resumed, a run does not take over the weights to start from a second time."""
    first = train(small_config("ppo", steps=100), root=tmp_path / "first", quiet=True)
    changes = {"init": str(first.folder), "steps": 960, "checkpoint_every": 96}
    whole = train(small_config("ppo", **changes), root=tmp_path / "whole", quiet=True)
    child, folder = start(tmp_path / "killed", "ppo", **changes)
    wait_for(lambda: lines(folder) >= 4 or not child.is_alive())
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    resumed = resume(folder, quiet=True)
    ends = [load_state(newest_valid(run.folder / "checkpoints").folder)["trainer"] for run in (resumed, whole)]
    same(*ends)


@pytest.mark.parametrize(
    ("changes", "error", "match"),
    [
        ({"init": "random"}, ConfigError, "a trained policy"),
        ({"init": "nowhere"}, ConfigError, "contestant"),
        ({"network": {"name": "mlp", "hidden": [9]}}, CheckpointError, "do not fit"),
    ],
)
def test_what_cannot_be_started_from_is_refused(changes, error, match, tmp_path):
    """A policy without weights, no policy at all, weights of another size."""
    first = train(small_config("ppo", steps=100), root=tmp_path, quiet=True)
    with pytest.raises(error, match=match):
        train(small_config("ppo", **{"init": str(first.folder), **changes}), root=tmp_path, quiet=True)
