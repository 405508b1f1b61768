"""Backtests: what was seen when, what carries over, what is scored, and with what certainty."""

from __future__ import annotations

import numpy as np
import pytest
from backtests import config, row, walked
from hypothesis import given
from hypothesis import strategies as st

from headway.errors import CapabilityError, ConfigError, LeakageError, UnknownNameError
from headway.pipelines.backtest import backtest
from headway.pipelines.comparison.results import read
from headway.pipelines.comparison.schedule import Schedule
from headway.pipelines.configuration.schema import BacktestConfig
from headway.problem import Problem
from headway.runs import Run

pytestmark = pytest.mark.usefixtures("tides")


def test_one_long_solution_scored_once(tides, tmp_path):
    """Yesterday's level on each of 60 days: |error| plus half of each change of mind, from 0 at the start."""
    results = walked(["same"], tmp_path)
    level = tides.levels()
    guess = level[59:119]
    expected = np.abs(guess - level[60:]) + 0.5 * np.abs(np.diff(guess, prepend=0.0))
    assert row(results, "same").objective == pytest.approx(expected.mean())
    np.testing.assert_allclose(results.series["same"][0]["objective"], expected)
    assert results.periods[0] == "2020-03-01"
    assert len(results.periods) == 60


def test_planners_see_the_past_only(tides, tmp_path):
    """On the k-th day, 60 + k levels."""
    walked(["same"], tmp_path)
    assert [count for who, count in tides.seen if who == "same"] == list(range(60, 120))


@pytest.mark.parametrize(("refit", "periods"), [(None, [60]), (25, [60, 85, 110]), (60, [60])])
def test_refits_follow_the_schedule_and_see_the_past_only(tides, tmp_path, refit, periods):
    """Fitted before the first decision, and whenever so many periods have passed."""
    walked(["mean"], tmp_path, refit=refit)
    assert [count for who, count in tides.seen if who == "fit"] == periods


def test_what_is_held_carries_over_a_refit(tides, tmp_path):
    """The mean moves at each refit only, and only these changes are paid for; the world goes on."""
    results = walked(["mean"], tmp_path, refit=25)
    level = tides.levels()
    means = [level[:60].mean(), level[:85].mean(), level[:110].mean()]
    guess = np.repeat(means, [25, 25, 10])
    expected = np.abs(guess - level[60:]) + 0.5 * np.abs(np.diff(guess, prepend=0.0))
    assert row(results, "mean").objective == pytest.approx(expected.mean())


@pytest.mark.parametrize("window", [None, 20])
def test_refits_keep_the_gap_and_the_window(tides, tmp_path, window):
    """Purge 3 and embargo 2 leave five days out before each decision; a rolling window forgets what is older."""
    results = walked(["mean"], tmp_path, refit=25, purge=3, embargo=2, train_window=window)
    level = tides.levels()
    ends = [55, 80, 105]
    assert [count for who, count in tides.seen if who == "fit"] == [window or end for end in ends]
    means = [level[end - window if window else 0 : end].mean() for end in ends]
    guess = np.repeat(means, [25, 25, 10])
    expected = np.abs(guess - level[60:]) + 0.5 * np.abs(np.diff(guess, prepend=0.0))
    assert row(results, "mean").objective == pytest.approx(expected.mean())


@given(st.integers(1, 119), st.integers(0, 60), st.integers(0, 60), st.one_of(st.none(), st.integers(1, 119)))
def test_no_refit_sees_a_label_that_reaches_into_its_test(period, purge, embargo, window):
    """A label of the last day seen, which looks ahead as many days as are purged, is known before the test begins."""
    import tides

    problem = tides.TideGuess()
    history, schedule = problem.history(), Schedule(25, purge, embargo, window)
    if purge + embargo >= period:
        with pytest.raises(ConfigError, match="would see nothing"):
            schedule.view(problem, history, period)
        return
    days = schedule.view(problem, history, period).dates[0]
    first_scored = history.dates[0, period]
    assert days[-1] + np.timedelta64(purge, "D") < first_scored - np.timedelta64(embargo, "D")
    assert len(days) == min(window or period, period - purge - embargo)


def test_agents_are_kept_from_the_gap_too(tides, tmp_path, monkeypatch):
    """The problem that an agent is trained on ends before the purged days."""
    known = []
    original = tides.TideGuess.until
    monkeypatch.setattr(
        tides.TideGuess, "until", lambda self, view: known.append(view.level.shape[1]) or original(self, view)
    )
    agent = {"name": "ppo", "num_envs": 8, "rollout": 6, "batch": 24, "epochs": 1, "steps": 48}
    training = {"network": {"name": "mlp", "hidden": [8]}, "validation": {"n": 2, "every": 48}}
    walked([agent | training], tmp_path, purge=4, embargo=1)
    assert known == [55]


def test_rolling_windows_need_a_problem_that_knows_them(tides):
    """Where a view cannot be cut, expanding refits are all there is."""
    problem = tides.TideGuess()
    with pytest.raises(CapabilityError, match="rolling window"):
        Problem.recent(problem, problem.history(), 5)


def test_the_problem_is_handed_what_was_found(tides, tmp_path):
    """Attempts and measures of all that were feasible, leads over the reference, and the trials; best first."""
    results = walked(["zero", "broken", "random", "foresight"], tmp_path, seeds=3)
    (study,) = tides.studies
    assert list(study.attempts) == [r.contestant for r in results.rows if r.contestant != "broken"]
    assert study.kinds == {"same": "classical", "zero": "classical", "random": "ablation", "foresight": "oracle"}
    assert [len(study.attempts[label]) for label in ("same", "random")] == [1, 3]
    hit = study.measures["zero"]["hit"]
    assert hit.value == pytest.approx(row(results, "zero").metrics["hit"])
    assert hit.lead == pytest.approx(hit.value - row(results, "same").metrics["hit"])
    assert hit.lead_low < hit.lead < hit.lead_high
    assert study.measures["same"]["hit"].lead == study.measures["same"]["hit"].lead_low == 0
    assert study.trials.parts == {"rules": 2}
    assert (study.reference, study.confidence) == ("same", 0.95)
    attempt = study.attempts["zero"][0]
    assert attempt.evaluation.objective[0] == pytest.approx(row(results, "zero").objective)
    assert not attempt.solution.value.any()


def test_findings_are_kept(tides, tmp_path):
    """In the results, as they were; sentences are among the notes."""
    results = walked(["zero"], tmp_path)
    assert "The moon was full." in results.notes
    table = results.findings.tables[0]
    assert [column.form for column in table.columns] == ["text", "percent"]
    assert [cells[0] for cells in table.rows] == ["same", "zero"]
    value, low, high = table.rows[1][1]
    assert low < value < high
    (line,) = results.findings.charts[0].lines
    np.testing.assert_allclose(line.values, tides.levels()[-2:])
    assert results.trials.count == 2


def test_series_have_digests(tides, tmp_path):
    """The same contestant again has the same one, bit for bit; another contestant has another."""
    first, again = (walked(["zero", "mean"], tmp_path).series for _ in range(2))
    digests = {label: [entry["sha256"] for entry in entries] for label, entries in first.items()}
    assert digests == {label: [entry["sha256"] for entry in entries] for label, entries in again.items()}
    assert digests["zero"] != digests["mean"]


def test_the_reference_policy_of_the_problem_is_entered(tides, tmp_path):
    """Nobody named `same`, and it is there, with a gap of exactly zero."""
    results = walked(["zero"], tmp_path)
    assert results.reference["name"] == "same"
    assert row(results, "same").gap == 0
    assert row(results, "zero").gap == pytest.approx(row(results, "zero").objective - row(results, "same").objective)


def test_another_reference_may_be_named(tides, tmp_path):
    """A contestant or a baseline; anything else is refused."""
    assert walked(["same"], tmp_path, reference="zero").reference["name"] == "zero"
    with pytest.raises(UnknownNameError, match="'zero'"):
        walked(["same"], tmp_path, reference="zeroo")


def test_intervals_of_objective_difference_and_metrics(tides, tmp_path):
    """By blocks of time, around what was measured, and the verdict rests on the difference."""
    results = walked(["zero"], tmp_path)
    found = row(results, "zero")
    assert found.gap_low < found.gap < found.gap_high
    for name, value in (("objective", found.objective), ("hit", found.metrics["hit"])):
        low, high = found.metric_intervals[name]
        assert low < value < high
    assert results.verdict.startswith("The classical solver wins: same [classical] is ")
    assert "metres better than zero" in results.verdict
    assert "stationary bootstrap of 60 periods" in results.verdict


def test_failures_are_rows(tides, tmp_path):
    """A planner that raises is shown, last, with the reason."""
    results = walked(["broken", "zero"], tmp_path)
    assert [r.contestant for r in results.rows] == ["same", "zero", "broken"]
    assert row(results, "broken").feasible == 0
    (score,) = [s for s in results.scores if s.contestant == "broken"]
    assert (score.status, score.message) == ("error", "ArithmeticError: the barometer fell")


def test_oracles_are_shown_and_not_ranked(tides, tmp_path):
    """They see the whole history, so they win nothing."""
    results = walked(["foresight", "zero"], tmp_path)
    assert results.rows[-1].contestant == "foresight"
    assert results.rows[-1].rank is None
    assert row(results, "foresight").objective < row(results, "same").objective
    assert "foresight" not in results.verdict


def test_solvers_are_no_contestants(tides, tmp_path):
    """A solver would see the future."""
    with pytest.raises(CapabilityError, match="would see the future"):
        walked(["solver"], tmp_path)


def test_random_differs_between_seeds(tides, tmp_path):
    """Chance is run with every seed; planners need one."""
    results = walked(["random", "zero"], tmp_path, seeds=3)
    objectives = [s.objective for s in results.scores if s.contestant == "random"]
    assert len(set(objectives)) == 3
    assert row(results, "random").objective == pytest.approx(np.mean(objectives))
    assert row(results, "zero").seeds == 1


def test_agents_are_trained_on_the_past_at_every_refit(tides, tmp_path, monkeypatch):
    """An agent by name: one training per refit and seed, each on the problem as it was known."""
    known = []
    original = tides.TideGuess.until

    def until(self, view):
        known.append(view.level.shape[1])
        return original(self, view)

    monkeypatch.setattr(tides.TideGuess, "until", until)
    agent = {"name": "ppo", "num_envs": 8, "rollout": 6, "batch": 24, "epochs": 1}
    training = {"steps": 96, "network": {"name": "mlp", "hidden": [8]}, "validation": {"n": 2, "every": 96}}
    run = backtest(config([agent | training], refit=40, seeds=2), root=tmp_path)
    results = read(run.folder)
    assert known == [60, 100, 60, 100]
    assert [child.id for child in run.children] == ["ppo-0-0", "ppo-0-1", "ppo-1-0", "ppo-1-1"]
    assert [child.config["seed"] for child in run.children] == [0, 0, 1, 1]
    found = row(results, "ppo")
    assert (found.kind, found.seeds, found.feasible) == ("learned", 2, 1.0)
    assert found.training_seconds > 0
    assert row(results, "random (watch)").kind == "ablation"


def test_agents_are_refused_before_anything_runs(tides, tmp_path):
    """A wrong hyper-parameter is an error, not a failed contestant."""
    with pytest.raises(UnknownNameError, match="did you mean 'rollout'"):
        walked([{"name": "ppo", "rolout": 6}], tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


@pytest.fixture
def stored(tides, tmp_path):
    """A run folder with an untrained policy."""
    from headway.nn.mlp import MLP
    from headway.storage.stored import Description, StoredPolicy, save_policy

    description = Description.of(tides.TideGuess().environment(), MLP(), "mean")
    save_policy(StoredPolicy(description.build(), description), tmp_path / "agent" / "policy")
    return tmp_path / "agent"


def test_stored_policies_walk_without_refits(tides, stored, tmp_path):
    """Where training never was: on the days of the test split."""
    results = walked([str(stored)], tmp_path / "runs")
    assert row(results, "agent").kind == "learned"
    assert row(results, "agent").feasible == 1.0


def test_days_seen_in_training_are_refused(tides, stored, tmp_path):
    """A policy trained until day 60 cannot be scored from day 40; a planner can."""
    with pytest.raises(LeakageError, match="2020-03-01 or later"):
        walked([str(stored)], tmp_path / "runs", start="2020-02-10")
    assert walked(["zero"], tmp_path / "runs", start="2020-02-10").periods[0] == "2020-02-10"


def test_solutions_are_kept(tides, tmp_path):
    """One per contestant and seed."""
    run = backtest(config(["zero"]), root=tmp_path)
    solution = tides.Guesses.restore(run.folder / "solutions" / "zero" / "0.npz")
    assert solution.value.shape == (1, 60)
    assert Run.open(run.folder).status == "finished"


def test_problems_without_a_history_are_refused(tmp_path):
    """There is nothing to walk through."""
    with pytest.raises(CapabilityError, match="no history"):
        backtest(BacktestConfig(problem={"name": "routing/cvrp"}, contestants=["savings"]), root=tmp_path)
