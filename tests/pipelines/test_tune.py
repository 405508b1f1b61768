"""Tuning: spaces, studies that go on after a death, seeds and instances of their own, and the incumbent's test."""

from __future__ import annotations

import csv
import json
import math

import numpy as np
import pytest

from headway.contest.outcome import Outcome
from headway.errors import ConfigError, LeakageError, UnknownNameError
from headway.evaluation import Evaluation
from headway.pipelines import tune as tuning
from headway.pipelines.configuration.schema import TuneConfig
from headway.pipelines.tune import resume_tuning, tune
from headway.pipelines.tuning import trials as measuring
from headway.pipelines.tuning.defaults import first_trial
from headway.pipelines.tuning.goals import Goal, goals
from headway.pipelines.tuning.knobs import Choice, Range
from headway.pipelines.tuning.space import space
from headway.pipelines.tuning.study import next_trial, open_study, take_up
from headway.pipelines.tuning.trials import SEEDS, training
from headway.registry import make_problem
from headway.runs import Run

SPACE = {"agent": {"lr": {"low": 1e-4, "high": 1e-2, "log": True}, "epochs": {"low": 1, "high": 3}}}
LOOKBACK = {"contestant": {"lookback": {"low": 20, "high": 200}}}


def of_agent(**changes):
    settings = {
        "problem": {"name": "inventory/lost_sales"},
        "agent": {"name": "ppo", "num_envs": 8, "rollout": 6, "batch": 24, "epochs": 2},
        "network": {"name": "mlp", "hidden": [8]},
        "space": SPACE,
        "steps": 200,
        "validation": {"n": 4, "every": 100},
        "trials": 2,
        "n": 2,
        "test_seeds": 1,
        "tracking": "off",
    }
    return TuneConfig.model_validate({**settings, **changes})


def of_planner(**changes):
    settings = {
        "problem": {"name": "portfolio/allocation", "window": 2, "lookback": 260},
        "contestant": "inverse_volatility",
        "space": LOOKBACK,
        "trials": 3,
        "n": 2,
        "test_seeds": 1,
        "tracking": "off",
    }
    return TuneConfig.model_validate({**settings, **changes})


def trials_of(run):
    with (run.folder / "trials.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_an_agent_is_tuned_and_tested(tmp_path):
    """Every trial is a child run and a row; default and incumbent meet on test instances."""
    run = tune(of_agent(), root=tmp_path)
    rows = trials_of(run)
    assert [row["state"] for row in rows] == ["complete", "complete"]
    assert not any(row["message"] for row in rows), rows
    assert all(1e-4 <= float(row["agent.lr"]) <= 1e-2 and 1 <= int(row["agent.epochs"]) <= 3 for row in rows)
    record = json.loads((run.folder / "tuning.json").read_text())
    best = record["incumbents"][0]
    assert best["values"] == [min(float(row["objective"]) for row in rows)]
    assert {row["contestant"] for row in record["test"]["rows"]} == {"default", "tuned"}
    assert {child.folder.name for child in run.children} == {"trial-0-0", "trial-1-0", "default-0", "tuned-0", "test"}
    tuned = Run.open(run.folder / "children" / "tuned-0").config["agent"]
    assert tuned["lr"] == best["parameters"]["agent.lr"]


def test_a_study_goes_on_where_it_died(tmp_path, monkeypatch):
    """What was running is tried again with its values; what was finished is kept."""
    measure, calls = measuring.Bench.measure, []

    def dies_in_the_second(self, trial, options):
        calls.append(options)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return measure(self, trial, options)

    monkeypatch.setattr(measuring.Bench, "measure", dies_in_the_second)
    with pytest.raises(KeyboardInterrupt):
        tune(of_planner(name="study"), root=tmp_path)
    run = resume_tuning(Run.open(tmp_path / "study"))
    assert [row["state"] for row in trials_of(run)] == ["complete", "fail", "complete", "complete"]
    assert calls[2] == calls[1]
    assert run.status == "finished"
    assert resume_tuning(run) is run


def test_the_last_trial_is_tried_again_too(tmp_path):
    """A study that died in its last trial has that one left, also where all numbers have been given out."""
    config = of_planner(trials=1)
    study = open_study(tmp_path, config, [Goal("objective", "max")])
    lost = next_trial(study, tmp_path, config)
    value = lost.suggest_int("contestant.lookback", 20, 200)
    take_up(study)
    again = next_trial(study, tmp_path, config)
    assert again.suggest_int("contestant.lookback", 20, 200) == value
    assert next_trial(study, tmp_path, config) is None


def test_the_first_trial_is_the_default(tmp_path):
    """What is found is no worse by its score than what nobody tuned, and is told apart in the table."""
    given = {"name": "inverse_volatility", "lookback": 100}
    run = tune(of_planner(trials=2, pruner="none", contestant=given), root=tmp_path)
    assert trials_of(run)[0]["contestant.lookback"] == "100"
    config = of_planner()  # the planner's own 504 days are beyond this space
    assert first_trial(config, space(config)) is None


def test_workers_share_a_study(tmp_path):
    """Two processes make exactly the trials that were asked for."""
    run = tune(of_planner(trials=4, workers=2), root=tmp_path)
    assert [row["state"] for row in trials_of(run)] == ["complete"] * 4


def test_two_goals_leave_a_front(tmp_path):
    """Every trial that no other beats in both goals is tested, and the front is drawn."""
    run = tune(of_planner(goals=("objective", "turnover:min")), root=tmp_path)
    record = json.loads((run.folder / "tuning.json").read_text())
    front = [best["values"] for best in record["incumbents"]]
    every = [(float(row["objective"]), float(row["turnover"])) for row in trials_of(run)]
    beaten = [any(o >= x and t <= y and (o, t) != (x, y) for o, t in every) for x, y in every]
    assert sorted(map(tuple, front)) == sorted({v for v, b in zip(every, beaten, strict=True) if not b})
    assert (run.folder / "pictures" / "pareto.svg").is_file()


def test_latency_is_a_goal(tmp_path):
    """Of an answer, beside what the whole trial took."""
    run = tune(of_planner(goals=("objective", "cpu_seconds"), trials=1, n=2), root=tmp_path)
    [row] = trials_of(run)
    assert 0 < float(row["spent"]) == pytest.approx(2 * float(row["cpu_seconds"]))


def test_trials_see_no_test_instance(tmp_path, monkeypatch):
    """Whatever asks for test instances in a trial is refused."""
    monkeypatch.setattr(
        measuring.Bench, "measure", lambda self, trial, options: self.problem.instances("test", 1) and [0.0]
    )
    with pytest.raises(LeakageError):
        tune(of_planner(), root=tmp_path)


def test_seeds_of_trials_are_their_own():
    """Training seeds of trials are beyond those that anybody uses."""
    config = of_agent()
    drawn = training(config, {"agent": {"lr": 5e-4}}, SEEDS, "trial-0-0")
    assert drawn.seed >= 10**9 > config.test_seeds
    assert drawn.agent.options["lr"] == 5e-4
    assert drawn.agent.options["num_envs"] == 8  # what was fixed stays


def test_hopeless_trials_are_pruned(tmp_path):
    """A trial that is far behind from its first answer on is stopped; its row says so."""
    run = tune(of_planner(trials=6, n=4, pruner="median", sampler="random"), root=tmp_path)
    states = [row["state"] for row in trials_of(run)]
    assert states.count("complete") >= 4  # the pruner lets the first four through
    assert set(states) <= {"complete", "pruned"}


def test_no_more_trials_once_the_seconds_are_spent(tmp_path):
    """The budget of a study ends it before its trials do."""
    config = of_planner(seconds=1e-3, trials=50)
    study = open_study(tmp_path, config, [Goal("objective", "max")])
    first = next_trial(study, tmp_path, config)
    first.set_user_attr("cpu_seconds", 1.0)
    study.tell(first, 0.0)
    assert next_trial(study, tmp_path, config) is None


@pytest.mark.parametrize("sampler", ["tpe", "cmaes", "gp", "qmc", "random", "nsga2"])
def test_samplers(sampler, tmp_path):
    """Each proposes values within the space."""
    config = of_planner(sampler=sampler)
    study = open_study(tmp_path, config, [Goal("objective", "max")])
    for value in range(3):
        trial = next_trial(study, tmp_path, config)
        assert 20 <= trial.suggest_int("contestant.lookback", 20, 200) <= 200
        study.tell(trial, float(value))


def test_values_of_a_space():
    found = space(
        of_agent(space={"agent": {"lr": {"low": 1e-4, "high": 1}, "betas": {"choices": [[0.9, 0.99], None]}}})
    )
    assert found == {"agent.lr": Range(low=1e-4, high=1), "agent.betas": Choice(choices=([0.9, 0.99], None))}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"agent": {"lr": {"low": 2, "high": 1}}}, "space.agent.lr"),
        ({"agent": {"lr": {"low": 0, "high": 1, "log": True}}}, "space.agent.lr"),
        ({"agent": {"lr": {"choices": [1]}}}, "space.agent.lr"),
        ({"agent": {"lr": 3}}, "space.agent.lr"),
        ({"contestant": {"lookback": {"low": 1, "high": 2}}}, "contestant"),
    ],
)
def test_a_wrong_space_is_refused_before_there_is_a_run(given, said, tmp_path):
    with pytest.raises(ConfigError, match=said):
        tune(of_agent(space=given), root=tmp_path)
    assert not list(tmp_path.iterdir())


def test_either_an_agent_or_a_contestant():
    with pytest.raises(ValueError, match="either an agent or a contestant"):
        TuneConfig.model_validate({"problem": "tiny/track"})


def outcome(objective, feasible=True, **metrics):
    broken = {"limit": np.array([0.0 if feasible else 1.0])}
    measured = {name: np.array([value]) for name, value in metrics.items()}
    return Outcome("finished", evaluation=Evaluation(np.array([objective]), broken, measured), cpu_seconds=0.25)


def test_goals():
    """Means over instances; an infeasible answer is worth the worst there is."""
    problem = make_problem("portfolio/allocation")
    objective, latency, loss = goals(("objective", "cpu_seconds", "loss:min"), problem)
    answers = [outcome(1.0, loss=0.1), outcome(2.0, loss=0.3)]
    assert (objective.value(answers), latency.value(answers), loss.value(answers)) == (1.5, 0.25, pytest.approx(0.2))
    assert objective.value([*answers, outcome(9.0, feasible=False)]) == -math.inf
    with pytest.raises(ConfigError, match="turnover:min or turnover:max"):
        goals(("turnover",), problem)
    with pytest.raises(UnknownNameError):
        Goal("profit", "max").value(answers)


def test_nothing_finished_is_an_error(tmp_path, monkeypatch):
    """A study whose trials were all pruned has no incumbent, and says so."""

    def hopeless(self, trial, options):
        raise measuring.Pruned

    monkeypatch.setattr(measuring.Bench, "measure", hopeless)
    with pytest.raises(tuning.SolverError, match="no trial was finished"):
        tune(of_planner(), root=tmp_path)


def test_a_study_that_died_in_its_test_goes_on(tmp_path, monkeypatch):
    """Finished trainings of the test are kept; what was under way is begun anew."""
    from headway.pipelines.tuning import incumbent

    def dies(config, **options):
        Run.create("compare", {}, root=options["root"], problem="any", name="test")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(incumbent, "compare", dies)
        with pytest.raises(KeyboardInterrupt):
            tune(of_agent(name="study", trials=1), root=tmp_path)
    first = Run.open(tmp_path / "study" / "children" / "default-0").provenance["run"]
    run = resume_tuning(Run.open(tmp_path / "study"))
    assert run.status == "finished"
    assert Run.open(tmp_path / "study" / "children" / "default-0").provenance["run"] == first


def test_an_infeasible_answer_ends_a_trial(tmp_path, monkeypatch):
    """No further instance is spent on values that are the worst there is already."""
    seen = []

    def broken(contestant, problem, instances, budget, seed, *, done):
        for _ in range(4):
            seen.append(seed)
            done(outcome(1.0, feasible=False))

    monkeypatch.setattr(measuring.runner, "run", broken)
    with pytest.raises(tuning.SolverError, match="no trial was finished"):
        tune(of_planner(trials=2, n=4), root=tmp_path)
    assert len(seen) == 2


def test_tuning_instances_are_no_test_instances():
    """The streams differ: no instance of one is in the other, nor among those that validate and train."""
    problem = make_problem("routing/cvrp", customers=10)
    drawn = {split: problem.instances(split, 20, 0) for split in ("tuning", "test", "validation")}
    digests = {split: {batch[i].digest() for i in range(20)} for split, batch in drawn.items()}
    assert len(set.union(*digests.values())) == 60
