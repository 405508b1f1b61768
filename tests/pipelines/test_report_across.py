"""Several runs: which are chosen, what forbids a comparison, and what has changed between them."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_report import Outline, a_row, a_run, a_training, some_results

from headway.contest import stats
from headway.contest.stats import Estimate
from headway.errors import ConfigError, DataError
from headway.pipelines.commands.reporting import report as command
from headway.pipelines.comparison.results import Results, Score
from headway.pipelines.configuration.schema import ReportConfig
from headway.pipelines.report import report
from headway.pipelines.reporting.changes import Change, changed, measure, terms
from headway.pipelines.reporting.choosing import chosen
from headway.pipelines.reporting.content import content
from headway.runs import Run

DAYS = [f"2020-01-{day:02d}" for day in range(1, 31)]


def scored(values: list[float], *, digests: list[str] | None = None, **changes: Any) -> Results:
    """`slow` with these objectives, one an instance."""
    n = len(values)
    facts = {"n": n, "source": "test split, seed 0", "seed": 0, "digests": digests or [f"{k:064d}" for k in range(n)]}
    reference = dict(some_results().reference) | {"values": [10.0] * n}
    scores = [Score("slow", 0, k, True, value, "finished") for k, value in enumerate(values)]
    rows = [a_row("slow", n=n, solved=n)]
    return some_results(**({"instances": facts, "reference": reference, "scores": scores, "rows": rows} | changes))


def tracked(daily: list[float], **changes: Any) -> Results:
    """A backtest of `slow` with this objective a day, more is better."""
    problem = dict(some_results().problem) | {"sense": "max", "gap": "difference"}
    series = {"slow": [{"seed": 0, "objective": daily}]}
    plain = {"verb": "backtest", "budget": None, "series": series, "periods": DAYS[: len(daily)], "problem": problem}
    return scored([float(np.mean(daily))], **(plain | changes))


def dated(run: Run, day: str) -> Run:
    """The same run, started on another day."""
    facts = run.provenance | {"started": float(np.datetime64(day, "s").astype(int))}
    (run.folder / "provenance.json").write_text(json.dumps(facts))
    return run


# -- changes ------------------------------------------------------------------------------------------
def test_a_change_is_the_paired_gap_between_two_runs() -> None:
    """By hand: 8 instances of 10, each 1 % worse, is 1 % worse, whatever the order of the instances."""
    before, after = [10.0] * 8, [10.1] * 8
    found = changed(scored(before), scored(after), "slow")
    assert found is not None
    assert found.estimate.value == pytest.approx(0.01)
    assert (found.word, found.basis) == ("worse", "8 instances")
    rng = np.random.default_rng(0)
    old, new = rng.uniform(9, 11, 12), rng.uniform(9, 11, 12)
    keys = [f"{k:064d}" for k in range(12)]
    found = changed(scored(list(old)), scored(list(new[::-1]), digests=keys[::-1]), "slow")
    expected = stats.gap(new, old, resamples=100)
    assert found is not None
    assert found.estimate.value == pytest.approx(expected.value)
    assert found.word == "no clear change"


def test_only_common_instances_count() -> None:
    """Of instances that one run alone has, or did not solve, nothing can be said."""
    before = scored([10.0, 20.0, 30.0])
    after = scored([11.0, 22.0], digests=["0" * 63 + "1", "f" * 64])
    found = changed(before, after, "slow")
    assert found is not None
    assert (found.basis, found.word) == ("1 instance", None)
    assert found.estimate.value == pytest.approx(11 / 20 - 1)
    lost = [Score("slow", 0, 0, False, 5.0, "hang"), *after.scores[1:]]
    assert changed(before, dataclasses.replace(after, scores=lost), "slow") is None
    assert changed(before, after, "nobody") is None


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [(0.1, 0.2, "worse"), (-0.2, -0.1, "better"), (-0.1, 0.1, "no clear change"), (0.0, 0.0, "the same")],
)
def test_words_follow_the_interval(low: float, high: float, word: str) -> None:
    """A change is claimed only where the interval leaves out zero."""
    assert Change(Estimate(0.0, 0.1, low, high), "").word == word


def test_rounding_is_no_change() -> None:
    """Sums in another order differ in the last digit."""
    found = changed(scored([10.0, 20.0, 30.0]), scored([10.0 + 2e-15, 20.0, 30.0]), "slow")
    assert found is not None
    assert (found.word, found.estimate.value) == ("the same", 0.0)


def test_backtests_are_paired_day_by_day() -> None:
    """A constant 0.01 a day less of what should be more is 0.01 worse, for certain."""
    daily = list(np.random.default_rng(0).normal(size=30))
    found = changed(tracked(daily), tracked([value - 0.01 for value in daily]), "slow")
    assert found is not None
    assert found.word == "worse"
    np.testing.assert_allclose(found.estimate[:1] + found.estimate[2:], 0.01)
    other = tracked(daily, instances=dict(tracked(daily).instances) | {"digests": ["f" * 64]})
    assert changed(tracked(daily), other, "slow") is None


# -- terms --------------------------------------------------------------------------------------------
def test_what_forbids_a_comparison_is_named() -> None:
    """Other options, instances, budgets and references, each in words; nothing of a repetition."""
    base = scored([10.0, 20.0])
    assert terms(base, scored([11.0, 19.0])) == []
    problem = dict(base.problem) | {"options": {"customers": 50}}
    assert terms(base, scored([1.0, 2.0], problem=problem)) == ["customers is 50, not its default"]
    assert terms(base, scored([1.0, 2.0], digests=["0" * 64, "f" * 64])) == ["other instances (1 of 2 are the same)"]
    budget = {"cpu": 0.5, "threads": 2, "wall": None, "memory": 1}
    assert terms(base, scored([1.0, 2.0], budget=budget)) == [
        "0.5 CPU-s per instance, not 1",
        "2 threads per instance, not 1",
    ]
    assert measure(base, scored([1.0, 2.0])) == []
    other = dict(base.reference) | {"values": [10.0, 11.0]}
    assert measure(base, scored([1.0, 2.0], reference=other)) == ["gaps are to other values of 'optimum'"]
    named = dict(base.reference) | {"name": "bound"}
    assert measure(base, scored([1.0, 2.0], reference=named)) == ["gaps are to bound, not to optimum"]


def test_runs_stand_side_by_side_by_date(tmp_path: Path) -> None:
    """The earliest is the first; what cannot be compared is marked, and kept out of the headline."""
    late = dated(a_run(tmp_path, scored([10.1] * 8), name="late"), "2026-03-01")
    early = dated(a_run(tmp_path, scored([10.0] * 8), name="early"), "2026-01-01")
    other = dated(a_run(tmp_path, scored([11.0] * 8, budget={"cpu": 9.0, "threads": 1, "memory": 1})), "2026-04-01")
    (side,) = content([late, other, early]).sides
    assert [column.name for column in side.columns] == [early.id, late.id, other.id]
    assert side.headline == f"3 runs of toy/walk, 1 of them under other terms: slow is worse in {late.id}."
    assert [column.terms for column in side.columns] == [[], [], ["9 CPU-s per instance, not 1"]]
    (line,) = side.lines
    assert [found and found.word for found in line.differences] == ["worse", "worse"]
    (plot,) = side.plots
    assert [list(mark.x) for mark in plot.marks] == [[pytest.approx(1.0)], [pytest.approx(10.0)]]


def test_runs_without_anything_in_common(tmp_path: Path) -> None:
    """Nothing is said of a change."""
    runs = [a_run(tmp_path, scored([10.0, 12.0])), a_run(tmp_path, scored([9.0], digests=["f" * 64]))]
    (side,) = content(runs).sides
    assert side.headline.endswith("each under other terms: nothing can be said of a change.")
    assert not side.plots
    assert (
        "≠ other instances (0 of 1 are the same)"
        in Outline(report(runs, tmp_path / "a.html").read_text()).texts["span"]
    )


def test_a_contestant_has_one_colour_in_all_runs(tmp_path: Path) -> None:
    """Also where another one leads."""
    rows = [a_row("fast"), a_row("slow", rank=2)]
    runs = [a_run(tmp_path, some_results()), a_run(tmp_path, some_results(rows=rows))]
    first, second = content(runs).sections
    assert first.legend == {name: second.legend[name] for name in first.legend}


def test_other_verbs_and_problems_are_no_repetitions(tmp_path: Path) -> None:
    """A backtest and a comparison, or two problems, do not stand side by side."""
    runs = [a_run(tmp_path, scored([1.0, 2.0])), a_run(tmp_path, tracked([1.0] * 20), verb="backtest")]
    assert content(runs).sides == []


# -- choosing -----------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of three days, in folders of different depth."""
    root: Path = tmp_path_factory.mktemp("shelf")
    for folder, day in (("a", "2026-01-01"), ("deep/er", "2026-02-01"), ("b", "2026-03-01")):
        run = dated(a_run(root / folder, scored([10.0, 11.0])), day)
        (run.folder / "children").mkdir()
        a_training(run.folder / "children", [1.0])
    dated(a_training(root, [3.0, 2.0]), "2026-03-02")
    return root


@pytest.mark.parametrize(
    ("wanted", "days"),
    [
        ({"problem": "toy/walk"}, [1, 2, 3]),
        ({"verb": "train"}, [3]),
        ({"since": "2026-02-01"}, [2, 3, 3]),
        ({"until": "2026-02-01"}, [1, 2]),
        ({"until": "2026-02-01T00:00"}, [1]),
        ({"problem": "toy/walk", "latest": 2}, [2, 3]),
        ({"name": "*-compare-*", "since": "2026-01-15", "until": "2026-02-15"}, [2]),
    ],
)
def test_runs_are_found_by_what_they_are(shelf: Path, wanted: dict[str, Any], days: list[int]) -> None:
    """By problem, verb, date (both days included) and name; however deep, by date, without children."""
    found = chosen(ReportConfig(runs=shelf, **wanted))
    months = [int(str(np.datetime64(int(run.provenance["started"]), "s"))[5:7]) for run in found]
    assert months == days


def test_nothing_found_is_an_error(shelf: Path) -> None:
    """It names what was asked for."""
    with pytest.raises(DataError, match="toy/nowhere"):
        chosen(ReportConfig(runs=shelf, problem="toy/nowhere"))


@pytest.mark.parametrize("tokens", [[], ["runs=x"], ["a", "problem=toy/walk"], ["since=2026-02-31"], ["since=soon"]])
def test_either_folders_or_a_selection(tokens: list[str]) -> None:
    """Neither, both, and days that do not exist are refused."""
    with pytest.raises(ConfigError):
        command(tokens)


def test_the_command_says_which_runs(shelf: Path, tmp_path: Path) -> None:
    """For programs: the file, and the runs in it."""
    found = command(["problem=toy/walk", f"runs={shelf}", "since=2026-02-01", f"out={tmp_path / 'a.md'}"]).data
    assert found["report"] == str(tmp_path / "a.md")
    assert len(found["runs"]) == 2
