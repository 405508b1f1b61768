"""A backtest part by part: which parts there are, what is measured in each, and what is refused."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from backtests import row, run, walked

from headway.errors import ConfigError
from headway.pipelines.comparison.results import read
from headway.pipelines.comparison.spans import calendar, stretches

CRASH = {"crash": ("2020-03-10", "2020-03-19")}


def days(first, count):
    return np.datetime64(first) + np.arange(count)


@pytest.mark.parametrize(
    ("clock", "names"),
    [
        (days("2016-01-01", 1800), ["2016", "2017", "2018", "2019", "2020"]),
        (days("2019-11-20", 400), ["2019 Q4", "2020 Q1", "2020 Q2", "2020 Q3", "2020 Q4"]),
        (days("2018-02-22", 100), ["2018-02", "2018-03", "2018-04", "2018-05", "2018-06"]),
        (days("2018-02-02", 5), ["2018-02"]),
        (np.arange(12), [f"{k} of 6" for k in range(1, 7)]),
        (np.arange(2).astype("timedelta64[h]"), ["1 of 2", "2 of 2"]),
        (np.arange(0), []),
    ],
)
def test_the_calendar_has_a_few_parts(clock, names):
    """The longest unit that gives four of them; they follow each other, and leave nothing out."""
    found = calendar(clock)
    assert [span.name for span in found] == names
    assert np.concatenate([np.arange(len(clock))[span.part] for span in found] or [[]]).tolist() == list(
        range(len(clock))
    )


def test_usual_stretches_must_be_held_whole():
    """Others are left out; one that is asked for by the same name takes the place of the usual one."""
    usual = {"a": ("2020-01-05", "2020-01-07"), "b": ("2019-12-31", "2020-01-02"), "c": ("2020-01-09", "2020-01-11")}
    clock = days("2020-01-01", 10)
    assert [(span.name, span.part) for span in stretches(clock, usual, {})] == [("a", slice(4, 7))]
    assert [span.part for span in stretches(clock, usual, {"a": ("2020-01-02", "2020-01-02")})] == [slice(1, 2)]


def test_parts_are_measured_like_the_whole(tides, tmp_path):
    """Means over the days of each; over all of them they give the objective."""
    results = walked(["zero"], tmp_path, stress=CRASH)
    cost = np.array(results.series["zero"][0]["objective"])
    assert [(part["kind"], part["name"], part["periods"]) for part in results.spans] == [
        ("calendar", "2020-03", 31), ("calendar", "2020-04", 29), ("stress", "crash", 10), ("all", "all", 60),
    ]  # fmt: skip
    march, april, crash, everything = (part["measures"]["zero"]["objective"] for part in results.spans)
    assert march[0] == pytest.approx(cost[:31].mean())
    assert april[0] == pytest.approx(cost[31:].mean())
    assert crash[0] == pytest.approx(cost[9:19].mean())
    assert everything[0] == pytest.approx(row(results, "zero").objective)
    assert everything[1:3] == pytest.approx(row(results, "zero").metric_intervals["objective"])
    same = np.array(results.series["same"][0]["objective"])
    assert march[3] == pytest.approx((cost - same)[:31].mean())
    assert (results.spans[2]["first"], results.spans[2]["last"]) == ("2020-03-10", "2020-03-19")


def test_few_blocks_have_no_intervals(tides, tmp_path):
    """Sixteen days and four blocks are the least; nothing is said of ten days."""
    results = walked(["zero"], tmp_path, stress=CRASH)
    crash, everything = (part["measures"]["zero"]["objective"] for part in results.spans[2:])
    assert crash[1] is None
    assert crash[5] is None
    assert everything[1] < everything[0] < everything[2]


def test_parts_are_a_table_of_their_own(tides, tmp_path):
    """In the report, after what the problem found, and as CSV."""
    folder = run(["zero"], tmp_path, stress=CRASH).folder
    results = read(folder)
    assert [table.title for table in results.findings.tables] == [
        "Hits", "Objective by part", "Objective in times of stress",
    ]  # fmt: skip
    stress = results.findings.tables[2]
    assert [column.name for column in stress.columns] == ["part", "from", "to", "periods", "zero", "same"]
    assert [line[0] for line in stress.rows] == ["crash", "all"]
    with (folder / "spans.csv").open(newline="") as file:
        lines = [line for line in csv.DictReader(file) if (line["name"], line["contestant"]) == ("crash", "zero")]
    assert [line["measure"] for line in lines] == ["objective", "hit"]
    assert float(lines[0]["value"]) == pytest.approx(stress.rows[0][4])
    assert lines[0]["low"] == ""


def test_the_problem_is_handed_the_parts(tides, tmp_path):
    """With the slices that cut them out of its series."""
    walked(["zero"], tmp_path, stress=CRASH)
    (study,) = tides.studies
    assert [(span.kind, span.name, span.part) for span in study.spans] == [
        ("calendar", "2020-03", slice(0, 31)),
        ("calendar", "2020-04", slice(31, 60)),
        ("stress", "crash", slice(9, 19)),
    ]


@pytest.mark.parametrize(
    ("first", "last"), [("2020-02-10", "2020-03-10"), ("2020-04-10", "2020-05-02"), ("2020-03-10", "2020-03-09")]
)
def test_stretches_outside_are_refused_before_anything_runs(tides, tmp_path, first, last):
    """Before the first decision, after the last day, or without a day."""
    with pytest.raises(ConfigError, match=r"within 2020-03-01 to 2020-04-29"):
        walked(["zero"], tmp_path / "runs", stress={"crash": (first, last)})
    assert not (tmp_path / "runs").exists()


def test_stretches_that_cannot_be_read_are_refused(tides, tmp_path):
    """With their place in the configuration."""
    with pytest.raises(ConfigError, match=r"stress.crash"):
        walked(["zero"], tmp_path, stress={"crash": ("Easter", "2020-04-20")})
