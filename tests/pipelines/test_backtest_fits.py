"""What is kept of every fit: what it saw, to the last bit, what it learned, and where it started."""

from __future__ import annotations

import csv
import json
import time

import numpy as np
import pytest
from backtests import AGENT, run, walked

from headway.errors import LeakageError
from headway.pipelines.comparison.fits import Fits
from headway.pipelines.comparison.results import read
from headway.pipelines.comparison.schedule import Schedule
from headway.storage.stored import load_policy

SCHEDULE = {"refit": 25, "purge": 3, "embargo": 2, "train_window": 20}


def fits(folder):
    with (folder / "fits.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_line_for_every_fit(tides, tmp_path):
    """Refits on days 60, 85 and 110; each saw the twenty days that end five days before."""
    lines = fits(run(["mean"], tmp_path, **SCHEDULE).folder)
    mine = [line for line in lines if line["contestant"] == "mean"]
    assert [(line["period"], line["date"]) for line in mine] == [
        ("60", "2020-03-01"), ("85", "2020-03-26"), ("110", "2020-04-20"),
    ]  # fmt: skip
    assert [(line["first"], line["last"], line["periods"]) for line in mine] == [
        ("2020-02-05", "2020-02-24", "20"), ("2020-03-01", "2020-03-20", "20"), ("2020-03-26", "2020-04-14", "20"),
    ]  # fmt: skip
    assert {line["contestant"] for line in lines} == {"mean", "same"}
    assert all(float(line["cpu_seconds"]) >= 0 for line in lines)


def test_the_digest_is_of_what_was_seen(tides, tmp_path, monkeypatch):
    """A changed day changes the fits that saw it, and no other: days 35 to 54, 60 to 79 and 85 to 104 were seen."""
    usual, original = fits(run(["mean"], tmp_path / "usual", **SCHEDULE).folder), tides.levels
    for day, changed in (
        (34, []),
        (35, [0]),
        (54, [0]),
        (55, []),
        (59, []),
        (70, [1]),
        (80, []),
        (104, [2]),
        (105, []),
    ):
        monkeypatch.setattr(tides, "levels", lambda day=day: original() + 1e-12 * (np.arange(tides.DAYS) == day))
        lines = fits(run(["mean"], tmp_path / str(day), **SCHEDULE).folder)
        for digest in ("data", "fitted"):
            pairs = zip(usual[:3], lines[:3], strict=True)
            assert [k for k, (was, now) in enumerate(pairs) if was[digest] != now[digest]] == changed, (day, digest)


def test_the_same_backtest_has_the_same_digests(tides, tmp_path):
    """Of rules and of agents."""
    first, again = (fits(run(["mean", AGENT], tmp_path / k, refit=40).folder) for k in "ab")
    assert [(a["data"], a["fitted"]) for a in first] == [(b["data"], b["fitted"]) for b in again]
    assert len({line["fitted"] for line in first if line["contestant"] == "ppo"}) == 2


def test_found_parameters_are_kept(tides, tmp_path):
    """In a folder per fit; nothing where nothing is learned."""
    folder = run(["mean", "zero"], tmp_path, refit=40).folder
    record = json.loads((folder / "fits" / "mean" / "0" / "100" / "fit.json").read_text())
    assert record["learned"] == {"mean": pytest.approx(tides.levels()[:100].mean())}
    assert record["contestant"] == "mean"
    assert json.loads((folder / "fits" / "zero" / "0" / "100" / "fit.json").read_text())["learned"] == {}


def test_policies_lie_where_the_line_says(tides, tmp_path):
    """An agent's fit is a policy that loads, and its digests are those that were found."""
    folder = run([AGENT], tmp_path, refit=40, seeds=2).folder
    lines = [line for line in fits(folder) if line["contestant"] == "ppo"]
    assert [(line["seed"], line["period"]) for line in lines] == [("0", "60"), ("0", "100"), ("1", "60"), ("1", "100")]
    for line in lines:
        record = json.loads((folder / "fits" / "ppo" / line["seed"] / line["period"] / "fit.json").read_text())
        assert load_policy(folder / line["policy"]).learned() == record["learned"]


def test_warm_refits_of_agents_start_from_the_last_weights(tides, tmp_path):
    """With as many steps as told; cold ones start afresh, with as many as the first."""
    warm = run([AGENT], tmp_path / "warm", refit=40, warm=True, refit_steps=48)
    first, second = warm.children
    assert (first.config["init"], first.config["steps"]) == (None, 96)
    assert (second.config["init"], second.config["steps"]) == (str(first.folder / "policy"), 48)
    cold = run([AGENT], tmp_path / "cold", refit=40)
    assert [child.config["init"] for child in cold.children] == [None, None]
    assert [child.config["steps"] for child in cold.children] == [96, 96]


@pytest.mark.parametrize("warm", [False, True])
def test_warm_refits_of_planners_are_handed_the_last_one(tides, tmp_path, warm):
    """Cold: the contestant as it was entered, which has seen nothing."""
    run(["mean"], tmp_path, refit=25, warm=warm)
    last = [np.pi, tides.levels()[:60].mean(), tides.levels()[:85].mean()]
    assert tides.started == pytest.approx(last if warm else [np.pi] * 3)


def test_cold_is_the_default():
    """And so is an expanding window."""
    assert Schedule() == Schedule(every=None, purge=0, embargo=0, window=None, warm=False)


def test_fits_of_other_backtests_are_refused_where_they_have_seen_the_days(tides, tmp_path):
    """Trained until day 99 it cannot be scored from day 60, whatever its problem's test split; from 100 it can."""
    folder = run([AGENT], tmp_path, refit=40).folder
    first, last = (folder / line["policy"] for line in fits(folder) if line["contestant"] == "ppo")
    run([{"name": str(first.parent)}], tmp_path)
    with pytest.raises(LeakageError, match="2020-04-10 or later"):
        run([{"name": str(last.parent)}], tmp_path)
    run([{"name": str(last.parent)}], tmp_path, start="2020-04-10")


def test_the_report_says_what_fits_have_seen(tides, tmp_path):
    """Of those that learned from it; stored policies are not fitted, and rules that learn nothing are left out."""
    folder = run([AGENT, "mean"], tmp_path, refit=40, seeds=2).folder
    table = read(folder).findings.tables[-1]
    assert (table.title, [line[0] for line in table.rows]) == ("What fits have seen", ["mean", "ppo"])
    dates = ["2020-01-01 to 2020-02-29", "2020-01-01 to 2020-04-09"]
    assert [line[1:6] for line in table.rows] == [[2, *dates, 60, 100], [4, *dates, 60, 100]]
    first = folder / "children" / "ppo-0-0"
    stored = run([{"name": str(first)}, "zero"], tmp_path, refit=40).folder
    assert "ppo-0-0" not in {line["contestant"] for line in fits(stored)}
    assert "What fits have seen" not in {table.title for table in read(stored).findings.tables}


def test_books_are_kept_on_nobodys_time(tides, tmp_path, monkeypatch):
    """What it takes to write a fit down is no part of what its contestant spends."""
    began = time.process_time()

    def busy(*arguments):
        while time.process_time() < began + 0.3:
            pass

    monkeypatch.setattr(Fits, "keep", busy)
    results = walked(["mean"], tmp_path)
    assert time.process_time() - began > 0.3
    assert all(row.cpu_seconds < 0.25 for row in results.rows)
