"""Learning curves: trainings of one length, gaps to one reference, a table, and the test of what is kept."""

from __future__ import annotations

import csv
import json
import math

import numpy as np
import pytest

from headway.errors import ConfigError, UnknownNameError
from headway.pipelines import curves as drawing
from headway.pipelines.configuration.schema import CurvesConfig
from headway.pipelines.curves import curves, resume_curves
from headway.pipelines.efficiency.ground import Ground
from headway.pipelines.efficiency.learners import recommended
from headway.pipelines.efficiency.lines import Line, median, summary
from headway.registry import make_problem
from headway.runs import Run

SMALL = {"num_envs": 8, "rollout": 6, "batch": 24, "epochs": 2, "network": {"name": "mlp", "hidden": [8]}}


def config(**changes):
    settings = {
        "problem": "inventory/lost_sales",
        "agents": [{"name": "ppo", **SMALL}, {"name": "ppo", "label": "ppo slow", "lr": 1e-5, **SMALL}],
        "contestants": ["base_stock", "myopic_1"],
        "seconds": 0.4,
        "points": 3,
        "seeds": 2,
        "validation": 4,
        "n": 2,
        "tracking": "off",
    }
    return CurvesConfig.model_validate({**settings, **changes})


def rows_of(run, name):
    with (run.folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def died(tmp_path_factory):
    """Curves that were stopped before the third training, and what had been begun by then."""
    train, made = drawing.trained, []

    def dies_third(config, learner, seed, steps, run):
        made.append((learner.title, seed, steps))
        if len(made) == 3:
            raise KeyboardInterrupt
        return train(config, learner, seed, steps, run)

    root = tmp_path_factory.mktemp("curves")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawing, "trained", dies_third)
        with pytest.raises(KeyboardInterrupt):
            curves(config(name="curves"), root=root)
    return root / "curves", made, Run.open(root / "curves" / "children" / "ppo-0").provenance["run"]


@pytest.fixture(scope="module")
def run(died):
    """The same, gone on with."""
    return resume_curves(Run.open(died[0]))


def test_a_training_per_agent_and_seed(run):
    """All with the usual validation; the policies that it chose meet the rules on test instances."""
    names = {child.folder.name for child in run.children}
    assert names == {"ppo-0", "ppo-1", "ppo-slow-0", "ppo-slow-1", "test"}
    assert Run.open(run.folder / "children" / "ppo-slow-1").config["agent"]["lr"] == 1e-5
    record = json.loads((run.folder / "curves.json").read_text())
    assert {row["contestant"] for row in record["test"]["rows"]} == {"ppo", "ppo slow", "base_stock", "myopic_1"}
    assert (run.folder / "pictures" / "curves.svg").stat().st_size > 1_000


def test_gaps_are_to_the_reference_on_the_validation_instances(run):
    """The first point of a curve, by hand from the training's own record; later ones are never worse."""
    base = json.loads((run.folder / "reference.json").read_text())
    training = json.loads((run.folder / "children" / "ppo-0" / "training.json").read_text())
    points = [float(row["gap"]) for row in rows_of(run, "curves.csv") if (row["agent"], row["seed"]) == ("ppo", "0")]
    assert points[0] == pytest.approx(training["curve"][0]["objective"] / base["value"] - 1)
    assert points == sorted(points, reverse=True)
    assert len(points) == len(training["curve"])


def test_goes_on_where_it_died(died, run):
    """Finished trainings are kept, and so are the steps that were worked out for each agent."""
    folder, made, first = died
    assert (run.folder, run.status) == (folder, "finished")
    assert Run.open(folder / "children" / "ppo-0").provenance["run"] == first
    steps = json.loads((folder / "steps.json").read_text())
    assert made == [(title, seed, steps[title]) for title, seed in (("ppo", 0), ("ppo slow", 0), ("ppo", 1))]
    for name in ("ppo-0", "ppo-1"):
        assert Run.open(folder / "children" / name).config["steps"] == steps["ppo"]


@pytest.mark.parametrize(
    ("agents", "error", "said"),
    [(["ppo", {"name": "ppo", "lr": 1e-3}], ConfigError, "label"), (["popo"], UnknownNameError, "ppo")],
)
def test_refused_before_there_is_a_run(agents, error, said, tmp_path):
    with pytest.raises(error, match=said):
        curves(config(agents=agents), root=tmp_path)
    assert not list(tmp_path.iterdir())


def test_what_is_not_said_is_as_recommended():
    """The preset's agent comes with its options and network; another one with its own."""
    known = config(agents=[{"name": "pathwise", "batch": 8}, "ppo"])
    agent, network, _ = recommended(known, known.agents[0])
    assert (agent.options["segment"], agent.options["batch"], network.name) == (40, 8, "item_mlp")
    agent, network, _ = recommended(known, known.agents[1])
    assert (agent.options, network) == ({}, None)


def line(seed, seconds, gaps):
    return Line("a", seed, np.array(seconds), np.arange(len(gaps)) * 100.0, np.array(gaps))


def test_the_median_of_steps():
    """By hand: at 2 s the seeds stand at 0.5, 0.2 and 0.4."""
    lines = [line(0, [1, 3], [0.5, 0.1]), line(1, [1, 2, 4], [0.3, 0.2, 0.0]), line(2, [0.5, 4], [0.4, 0.3])]
    moments, gaps = median(lines)
    assert moments.tolist() == [1, 2, 3]
    assert gaps.tolist() == [0.4, 0.4, 0.2]


def test_the_table():
    """Median times to targets; Student's interval of two seeds is 12.706 standard errors wide on either side."""
    lines = [line(0, [1.0, 2.0], [0.5, 0.04]), line(1, [1.0, 4.0], [0.5, 0.02])]
    row = summary(lines, (0.05, 0.03), 0.95)
    assert (row["to_0.05"], row["to_0.03"]) == (3.0, None)
    assert row["gap"] == pytest.approx(0.03)
    assert row["gap_high"] - row["gap"] == pytest.approx(12.7062 * 0.01, rel=1e-4)
    assert row["steps_per_second"] == pytest.approx((50 + 25) / 2)


def test_gaps_as_the_problem_declares_them():
    """A share of the reference; the difference, and more is better, where the problem says so."""
    base = Ground("rule", 2.0, {})
    assert base.gap(make_problem("inventory/lost_sales"), 3.0) == pytest.approx(0.5)
    assert base.gap(make_problem("portfolio/allocation"), 1.5) == pytest.approx(0.5)
    assert math.isnan(base.gap(make_problem("inventory/lost_sales"), math.nan))
