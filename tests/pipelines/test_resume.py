"""Killed or interrupted at any moment, a training run goes on to the very result it would have had."""

from __future__ import annotations

import os
import random
import signal
import warnings

import pytest
from small_agents import SMALL, same, small_config
from trainee import go_on, lines, start, wait_for

from headway.errors import CheckpointError, ConfigError
from headway.pipelines.train import resume, train
from headway.runs import Run
from headway.storage.checkpoint import checkpoints, load_state, newest_valid
from headway.storage.folders import read_folder
from headway.storage.stored import load_policy

LONG = {"steps": 4_000, "validation": {"n": 8, "every": 2_000}, "checkpoint_every": 400}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Uninterrupted runs, made once each."""
    made = {}

    def run(agent, **changes):
        key = agent + str(changes)
        if key not in made:
            made[key] = train(small_config(agent, **changes), root=tmp_path_factory.mktemp("whole"), quiet=True)
        return made[key]

    return run


def assert_same(resumed, expected):
    """The last checkpoint, the best policy and all metrics agree bit for bit."""
    ends = [load_state(newest_valid(run.folder / "checkpoints").folder) for run in (resumed, expected)]
    for state in ends:
        del state["run"], state["seconds"]
    same(*ends)
    assert read_folder(resumed.folder / "policy") == read_folder(expected.folder / "policy")
    logs = [[(m.step, m.metrics) for m in run.metrics()] for run in (resumed, expected)]
    assert logs[0] == logs[1]
    assert resumed.status == "finished"


@pytest.mark.parametrize("agent", SMALL)
def test_killed_and_resumed(agent, tmp_path, whole):
    """kill -9 after a random number of updates, then resume: nothing differs from the run that was left alone."""
    child, folder = start(tmp_path, agent)
    after = random.Random(agent).randint(2, 14)
    wait_for(lambda: lines(folder) >= after or not child.is_alive())
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    assert child.exitcode == -signal.SIGKILL
    assert Run.open(folder).status == "lost"
    assert_same(resume(folder, quiet=True), whole(agent))


def test_killed_again_and_again(tmp_path, whole):
    """Three kills, each in the middle of what the last resume does, cost nothing but time."""
    child, folder = start(tmp_path, "ppo", steps=1_200, checkpoint_every=96)
    for _ in range(3):
        before = lines(folder)
        wait_for(lambda before=before: lines(folder) >= before + 4)
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        assert child.exitcode == -signal.SIGKILL
        child = go_on(folder)
    child.join()
    assert child.exitcode == 0
    assert_same(Run.open(folder), whole("ppo", steps=1_200, checkpoint_every=96))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_and_resumed(number, code, tmp_path, whole):
    """Asked to stop, a run finishes its update, stores it, says so by its exit code, and can go on."""
    child, folder = start(tmp_path, "a2c", **LONG)
    wait_for(lambda: lines(folder) >= 5)
    os.kill(child.pid, number)
    child.join(60)
    assert child.exitcode == code
    run = Run.open(folder)
    assert run.status == "interrupted"
    stored = load_state(newest_valid(folder / "checkpoints").folder)
    assert stored["trainer"]["counters"]["num_timesteps"] == run.metrics()[-1].step < LONG["steps"]
    assert_same(resume(folder, quiet=True), whole("a2c", **LONG))


@pytest.fixture
def stopped(tmp_path):
    """A run that was killed after its second checkpoint."""
    child, folder = start(tmp_path, "ppo", **LONG)
    wait_for(lambda: len(checkpoints(folder / "checkpoints")) >= 2)
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    return folder


def test_damaged_newest_checkpoint(stopped, whole):
    """Resume steps back over a damaged checkpoint with a warning that names the file, and loses nothing."""
    member = checkpoints(stopped / "checkpoints")[0] / "arrays.safetensors"
    member.write_bytes(member.read_bytes()[:-1])
    with pytest.warns(RuntimeWarning, match=r"arrays\.safetensors"):
        run = resume(stopped, quiet=True)
    assert_same(run, whole("ppo", **LONG))


def test_no_checkpoint_verifies(stopped):
    """Where all are damaged, training does not silently start again."""
    for folder in checkpoints(stopped / "checkpoints"):
        (folder / "state.json").unlink()
    with pytest.warns(RuntimeWarning), pytest.raises(CheckpointError, match="no checkpoint of this run verifies"):
        resume(stopped, quiet=True)


def test_checkpoint_of_another_run(stopped, whole):
    """A checkpoint copied in from elsewhere, sound as it is, is refused."""
    import shutil

    other = whole("ppo")
    shutil.rmtree(stopped / "checkpoints")
    shutil.copytree(other.folder / "checkpoints", stopped / "checkpoints")
    with pytest.raises(CheckpointError, match="another run"):
        resume(stopped, quiet=True)


def test_killed_before_the_first_checkpoint(tmp_path, whole):
    """With nothing stored yet, the run starts again and ends the same."""
    child, folder = start(tmp_path, "ppo")
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    assert_same(resume(folder, quiet=True), whole("ppo"))


def test_finished_run_stays(whole):
    """Resuming what is finished changes nothing."""
    run = whole("ppo")
    before = {path: path.stat().st_mtime_ns for path in run.folder.rglob("*")}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert resume(run.folder, quiet=True).folder == run.folder
    assert {path: path.stat().st_mtime_ns for path in run.folder.rglob("*")} == before


def test_only_training_runs(tmp_path):
    """Another verb's run cannot be resumed as training."""
    run = Run.create("compare", {}, root=tmp_path, problem="tiny/track")
    with pytest.raises(ConfigError, match="only training runs"):
        resume(run.folder)


def test_child_run_is_left_alone(tmp_path):
    """A run that belongs to another one, which may have given it a problem of its own, is refused."""
    parent = Run.create("backtest", {}, root=tmp_path, problem="tiny/track")
    child = Run.create("train", {}, parent=parent, problem="tiny/track")
    with pytest.raises(ConfigError, match="inside another one"):
        resume(child.folder)


def test_running_run_is_left_alone(tmp_path):
    """A run whose process is alive is refused."""
    run = Run.create("train", {}, root=tmp_path, problem="tiny/track")
    with run, pytest.raises(ConfigError, match="still running"):
        resume(run.folder)


def test_checkpoints_hold_policies(stopped):
    """A checkpoint folder is a policy folder too."""
    policy = load_policy(checkpoints(stopped / "checkpoints")[0])
    assert policy.problem_name == "tiny/track"
