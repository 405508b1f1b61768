"""The training loop: best policy by validation, early stop, checkpoints, guards, and what it leaves behind."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tiny
import torch
from small_agents import SMALL, small_config

from headway.errors import CapabilityError, ConfigError, LeakageError, NumericalError
from headway.pipelines.configuration.resolve import resolve
from headway.pipelines.configuration.schema import TrainConfig
from headway.pipelines.train import train
from headway.pipelines.training import loop as training
from headway.pipelines.training.validation import Score, Validator
from headway.rollouts import rollout
from headway.runs import Run
from headway.seeds import stream
from headway.storage.checkpoint import checkpoints
from headway.storage.folders import read_folder
from headway.storage.stored import load_policy


@pytest.mark.parametrize("agent", ["ppo", "maskable_ppo", "dqn", "pathwise"])
def test_what_a_run_leaves(agent, tmp_path):
    """A finished run has its best policy, the last three checkpoints, metrics, and a summary that agrees with them."""
    run = train(small_config(agent), root=tmp_path, quiet=True)
    assert run.status == "finished"
    assert len(checkpoints(run.folder / "checkpoints")) == 3
    summary = json.loads((run.folder / "training.json").read_text())
    logged = {m.step: m.metrics["validation/objective"] for m in run.metrics() if "validation/objective" in m.metrics}
    assert {row["step"]: row["objective"] for row in summary["curve"]} == logged
    assert summary["best"] == min(logged.values())
    assert summary["steps"] >= 400
    assert summary["cpu_seconds"] > 0
    assert len(set(summary["digests"])) == 8
    assert not list(run.folder.rglob(".tmp-*"))


def test_stored_policy_is_the_best_one(tmp_path):
    """What `policy/` holds scores the best validation objective, and knows its problem and environment."""
    run = train(small_config("ppo", steps=2_000), root=tmp_path, quiet=True)
    policy = load_policy(run.folder / "policy")
    problem = tiny.Track()
    instances = problem.instances("validation", 8)
    solution = rollout(problem.environment("box"), policy, instances).solution
    best = json.loads((run.folder / "training.json").read_text())["best"]
    assert problem.evaluate(instances, solution).objective.mean() == best
    assert (policy.problem_name, policy.environment_name) == ("tiny/track", "box")
    assert policy.problem_options == {"periods": 6}


def scripted(monkeypatch, scores):
    """Make validation return these scores one after the other."""
    remaining = iter(scores)
    monkeypatch.setattr(Validator, "__call__", lambda self, policy: Score(next(remaining), 1.0, "min"))


def test_early_stop(tmp_path, monkeypatch):
    """With patience 2, training ends after the second validation that brings no improvement."""
    scripted(monkeypatch, [5, 3, 4, 3])
    run = train(small_config("a2c", validation={"n": 8, "every": 32, "patience": 2}), root=tmp_path, quiet=True)
    summary = json.loads((run.folder / "training.json").read_text())
    assert [row["objective"] for row in summary["curve"]] == [5, 3, 4, 3]
    assert summary["best"] == 3
    assert summary["steps"] == 96
    assert run.status == "finished"


def test_the_best_policy_is_kept_not_the_last(tmp_path, monkeypatch):
    """When validation gets worse again, `policy/` stays as it was at the best one."""
    changes = {"validation": {"n": 8, "every": 32, "patience": None}, "checkpoint_every": 32, "steps": 96}
    scripted(monkeypatch, [5, 3, 4, 4])
    run = train(small_config("a2c", **changes), root=tmp_path, quiet=True)
    best = read_folder(run.folder / "policy")["weights.safetensors"]
    stored = [read_folder(folder)["weights.safetensors"] for folder in checkpoints(run.folder / "checkpoints")]
    assert [weights == best for weights in stored] == [False, False, True]  # newest first: steps 96, 64, 32


def test_score():
    """Feasible solutions come first, then the objective in the problem's sense."""
    assert Score(9.0, 1.0, "min").better(Score(1.0, 0.5, "min"))
    assert Score(1.0, 0.5, "min").better(Score(2.0, 0.5, "min"))
    assert Score(2.0, 1.0, "max").better(Score(1.0, 1.0, "max"))
    assert not Score(1.0, 1.0, "min").better(Score(1.0, 1.0, "min"))
    assert not Score(float("nan"), 0.0, "min").better(Score(1.0, 0.0, "min"))
    assert str(Score(1.0, 0.25, "min")) == "1 (25% feasible)"


def test_infeasible_solutions_never_enter_the_mean(monkeypatch):
    """The score is the mean over feasible solutions, beside their share."""
    problem = tiny.Track()
    validator = Validator(problem.environment("box"), 4)

    class Verdict:
        objective = np.array([1.0, 100.0, 3.0, np.nan])
        feasible = np.array([True, False, True, False])

    monkeypatch.setattr(tiny.Track, "evaluate", lambda *args: Verdict())

    class Zero(training.StoredPolicy):
        def __init__(self):
            pass

        def start(self, n, seed=0):
            return None

        def act(self, observation, mask, memory=None):
            return np.zeros((len(observation["state"]), 1), np.float32), None

    assert validator(Zero()) == Score(2.0, 0.5, "min")


def test_validation_is_the_same_for_every_training_seed(tmp_path):
    """Learning curves of several seeds are paired: they validate on the same instances."""
    runs = [train(small_config("a2c", seed=s, steps=32), root=tmp_path, quiet=True) for s in (0, 1)]
    digests = [json.loads((run.folder / "training.json").read_text())["digests"] for run in runs]
    assert digests[0] == digests[1]


# -- guards -------------------------------------------------------------------------------------------
def test_nan_names_the_last_good_checkpoint(tmp_path):
    """A learning rate that explodes ends training with the tensor, the step and a checkpoint to go back to."""
    config = small_config("ppo", steps=50_000, agent={"name": "ppo", **SMALL["ppo"].options, "lr": 1e30})
    with pytest.raises(NumericalError, match=r"not finite[\s\S]*step \d+[\s\S]*last good checkpoint") as caught:
        train(config, root=tmp_path, quiet=True)
    (folder,) = tmp_path.iterdir()
    assert Run.open(folder).status == "failed"
    last = checkpoints(folder / "checkpoints")
    assert str(last[0] if last else "none yet") in caught.value.hint
    for weights in (load_policy(folder / "policy").network, *(load_policy(c).network for c in last)):
        assert all(torch.isfinite(p).all() for p in weights.parameters())


@pytest.mark.parametrize("what", ["reward", "observation"])
def test_nan_from_the_environment(what, tmp_path, monkeypatch):
    """A reward or observation that is not finite is stopped at its instance and step."""
    method = {"reward": "step", "observation": "observe"}[what]
    original = getattr(tiny.BinsEnvironment, method)

    def broken(self, params, state, *decision):
        result = original(self, params, state, *decision)
        late = state.time == 4
        if what == "reward":
            return result._replace(reward=np.where(late, np.nan, result.reward))
        return {"state": np.where(late[:, None], np.float32("nan"), result["state"])}

    monkeypatch.setattr(training.Validator, "__call__", lambda self, policy: Score(1.0, 1.0, "min"))
    monkeypatch.setattr(tiny.BinsEnvironment, method, broken)
    with pytest.raises(NumericalError, match=rf"{what} is not finite[\s\S]*step"):
        train(small_config("a2c"), root=tmp_path, quiet=True)


def test_training_never_sees_test_instances(tmp_path, monkeypatch):
    """A problem that reaches for the test stream while training is stopped."""
    monkeypatch.setattr(tiny.Track, "generate", lambda self, rng, n, split: stream("test", 0))
    with pytest.raises(LeakageError, match="test instances"):
        train(small_config("ppo"), root=tmp_path, quiet=True)


@pytest.mark.parametrize(
    ("changes", "error", "what"),
    [
        ({"agent": {"name": "ppo", "learning_rate": 1e-3}}, ConfigError, "unknown key of agent"),
        ({"agent": "ppoo"}, ConfigError, "did you mean 'ppo'"),
        ({"agent": {"name": "ppo", "lr": -1}}, ConfigError, "greater than 0"),
        ({"network": "perceptron"}, ConfigError, "unknown network"),
        ({"env": "boxes"}, ConfigError, "did you mean 'box'"),
        ({"env": "bins", "agent": "sac"}, CapabilityError, "cannot handle these actions"),
        ({"problem": "tiny/order", "env": None, "agent": "dqn"}, CapabilityError, "action mask"),
    ],
)
def test_refusals(changes, error, what, tmp_path):
    """Names, options and pairs that do not work are refused before anything is trained."""
    with pytest.raises(error, match=what):
        train(small_config("ppo", **changes), root=tmp_path, quiet=True)


def test_problem_as_it_was_known(tmp_path):
    """A problem given beside the configuration is the one that is trained on."""
    parent = Run.create("backtest", {}, root=tmp_path, problem="tiny/track")
    run = train(small_config("a2c", steps=32), parent=parent, quiet=True, problem=tiny.Track(periods=9))
    assert run.parent.folder == parent.folder
    assert load_policy(run.folder / "policy").problem_options == {"periods": 9}


def test_threads_are_put_back(tmp_path):
    """Training with a number of threads of its own leaves the process as it was."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        train(small_config("a2c", steps=32), root=tmp_path, quiet=True)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_plain_progress(tmp_path, capsys):
    """Where nobody sees a bar, the last line says how far it came and what the best policy scores."""
    run = train(small_config("a2c", steps=32), root=tmp_path)
    best = json.loads((run.folder / "training.json").read_text())["best"]
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.startswith("tiny/track a2c 32/32 ")
    assert f"best {best:.6g}" in last


def test_the_usual_network_reads_the_environment(tmp_path):
    """What ships for a problem's first environment is neither the default of another one nor accepted there."""
    tokens = [
        "problem=routing/cvrp",
        "problem.customers=6",
        "env=improve",
        "env.effort=20",
        "agent=a2c",
        "tracking=off",
    ]
    few = ["steps=64", "validation.n=2", "agent.num_envs=4", "agent.rollout=16"]
    run = train(resolve(TrainConfig, "train", tokens + few).config, root=tmp_path, quiet=True)
    assert load_policy(run.folder / "policy").description.network_name == "mlp"
    with pytest.raises(CapabilityError, match="does not read"):
        train(resolve(TrainConfig, "train", [*tokens, *few, "network=attention"]).config, root=tmp_path, quiet=True)
