from __future__ import annotations

import dataclasses
import html.parser
import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.errors import DataError
from headway.pipelines.comparison.results import Decision, Results, Row, Score, Trace
from headway.pipelines.report import report
from headway.pipelines.reporting import curves, formats, table
from headway.pipelines.reporting.content import content
from headway.pipelines.reporting.learning import learning
from headway.pipelines.reporting.looks import looks
from headway.pipelines.reporting.sections import Section
from headway.runs import Run

NAN = math.nan


def a_row(name: str, kind: str = "classical", **changes: Any) -> Row:
    """A row of a table whose numbers do not matter to the test, but for those in ``changes``."""
    plain = {
        "rank": 1,
        "n": 2,
        "seeds": 1,
        "feasible": 1.0,
        "solved": 2,
        "objective": 10.0,
        "gap": 0.05,
        "gap_se": 0.01,
        "gap_low": 0.03,
        "gap_high": 0.07,
        "reference": "optimum",
        "seconds": 1.0,
        "cpu_seconds": 0.5,
        "load_seconds": 0.25,
    }
    return Row(name, kind, **(plain | changes))  # type: ignore[arg-type]


def some_results(**changes: Any) -> Results:
    """Two contestants on two instances with optima 10 and 30; `fast` answers once, `slow` improves."""
    traces = [
        Trace("fast", 0, 0, [(0.1, 0.1, 12.0, True)]),
        Trace("fast", 0, 1, [(0.2, 0.2, 36.0, True)]),
        Trace("slow", 0, 0, [(0.3, 0.3, 99.0, False), (0.4, 0.4, 14.0, True), (0.8, 0.8, 10.0, True)]),
        Trace("slow", 0, 1, [(0.5, 0.5, 33.0, True)]),
    ]
    scores = [
        Score("fast", 0, 0, True, 12.0, "finished"),
        Score("fast", 0, 1, True, 36.0, "finished"),
        Score("slow", 0, 0, True, 10.0, "finished"),
        Score("slow", 0, 1, False, NAN, "hang"),
    ]
    facts: dict[str, Any] = {
        "verb": "compare",
        "verdict": "The classical solver wins: slow is 1 % better than fast (95 % interval 0.5 % to 2 %, bootstrap).",
        "decision": Decision("slow", "classical", "fast", "classical", 0.01, 0.005, 0.02, 0.9, True),
        "problem": {"name": "toy/walk", "options": {}, "unit": "metres", "sense": "min", "gap": "ratio"},
        "instances": {"n": 2, "source": "test split, seed 0", "seed": 0, "digests": ["aa" * 32, "bb" * 32]},
        "seeds": [0],
        "confidence": 0.95,
        "resamples": 100,
        "reference": {
            "name": "optimum",
            "kind": "optimum",
            "source": "by hand",
            "rederived": True,
            "values": [10.0, 30.0],
        },
        "rows": [a_row("slow", incidents={"hang": 1}), a_row("fast", rank=2, gap=0.2, gap_low=0.2, gap_high=0.2)],
        "scores": scores,
        "traces": traces,
        "budget": {"cpu": 1.0, "threads": 1, "wall": None, "memory": 2**32},
    }
    return Results(**(facts | changes))


def a_run(root: Path, results: Results | None = None, *, verb: str = "compare", **config: Any) -> Run:
    """A finished run with these results."""
    config = {"contestants": [{"name": "slow"}, {"name": "fast"}]} | config
    with Run.create(verb, config, problem="toy/walk", root=root) as run:
        if results:
            results.write(run.folder)
    return run


def a_training(root: Path, objectives: list[float], seed: int = 0) -> Run:
    """A training run on a registered problem that validated every 100 steps."""
    config = {"agent": {"name": "ppo"}, "seed": seed, "steps": 1000}
    with Run.create("train", config, problem="routing/cvrp", root=root) as run:
        for k, objective in enumerate(objectives):
            run.log(100 * k, {"validation/objective": objective})
            run.log(100 * k, {"train/loss": 1.0})
        curve = [{"step": 100 * k, "cpu_seconds": 2.0 * k} for k in range(len(objectives))]
        (run.folder / "training.json").write_text(json.dumps({"curve": curve}))
    return run


def parts(runs: list[Run]) -> list[Section]:
    """What a report says of each run."""
    return list(content(runs).sections)


class Outline(html.parser.HTMLParser):
    """Tags in order, text by tag, and whether every element is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += attrs
        if tag not in ("meta", "img"):
            self.open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in set(self.open):
            self.texts[tag][-1] += data


# -- the page -----------------------------------------------------------------------------------------
def test_the_first_line_says_who_won(tmp_path: Path) -> None:
    """The first heading is the verdict, what it rests on comes next, and every element is closed."""
    run = a_run(tmp_path, some_results())
    path = report(run)
    assert path == run.folder / "report.html"
    page = Outline(path.read_text())
    assert page.open == []
    assert page.texts["h1"] == ["The classical solver wins: slow is 1\u00a0% better than fast."]
    assert page.texts["p"][0] == "95\u00a0% interval 0.5\u00a0% to 2\u00a0%, bootstrap."
    assert [h for h in page.texts["h2"]] == ["Leaderboard", "Figures", "Provenance"]


def test_the_page_needs_no_network(tmp_path: Path) -> None:
    """Nothing is fetched, the page itself forbids it, and a picture with a script in it is inert."""
    hostile = '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    results = some_results(pictures=[{"contestant": "slow", "instance": 1, "file": "pictures/slow-1.svg"}])
    run = a_run(tmp_path, results)
    (run.folder / "pictures").mkdir()
    (run.folder / "pictures" / "slow-1.svg").write_text(hostile)
    text = report(run).read_text()
    page = Outline(text)
    links = [value or "" for name, value in page.attributes if name in ("src", "href", "xlink:href", "action")]
    assert all(link.startswith(("data:", "#")) for link in links)
    assert not re.search(r"""(src|href|url|import)\s*[=(]\s*["']?\s*(https?:)?//""", text)
    assert "default-src 'none'" in text
    assert "alert(1)" not in text
    assert "slow, instance 1" in text


def test_what_a_run_says_is_escaped(tmp_path: Path) -> None:
    """Markup in a label, a note or a configuration is shown, not obeyed."""
    label = "<script>alert('x')</script>"
    results = some_results(
        rows=[a_row(label)], scores=[], notes=[label], traces=[Trace(label, 0, 0, [(0.1, 0.1, 11.0, True)])]
    )
    text = report(a_run(tmp_path, results, note=label)).read_text()
    assert "<script>alert" not in text
    assert text.count("&lt;script&gt;") >= 4


def test_the_page_is_made_from_the_folder_alone(tmp_path: Path) -> None:
    """Two reports of one folder are the same, wherever they are written, and the folder is not touched."""
    run = a_run(tmp_path / "runs", some_results())
    before = {path: path.read_bytes() for path in run.folder.rglob("*")}
    first = report(run.folder, tmp_path / "a" / "one.html").read_text()
    second = report(str(run.folder), tmp_path / "two.html").read_text()
    assert first == second
    assert {path: path.read_bytes() for path in run.folder.rglob("*")} == before


def test_caveats_provenance_and_the_way_back_are_printed(tmp_path: Path) -> None:
    """Notes, commit, versions, processor, configuration and the command that repeats the run are there."""
    run = a_run(tmp_path, some_results(notes=["The prices are made up."]))
    text, facts = report(run).read_text(), run.provenance
    assert "Read with care" in text
    assert "The prices are made up." in text
    assert f"headway compare config={run.folder / 'config.yaml'}<" in text
    assert facts["config_sha256"][:16] in text
    assert facts["cpu"]["model"] in text
    assert facts["packages"]["torch"] in text
    assert "aa" * 32 in text
    assert "optimum (by hand; re-derived here)" in text


def test_a_number_keeps_its_per_cent_sign(tmp_path: Path) -> None:
    """No line of prose breaks between the two."""
    text = report(a_run(tmp_path, some_results(notes=["Costs 5 % of all & more."]))).read_text()
    assert "Costs 5\u00a0% of all &amp; more." in text


def test_seeds_are_those_that_ran(tmp_path: Path) -> None:
    """The training seeds of one agent count, even where everybody else ran once."""
    scores = [
        Score("slow", 0, 0, True, 10.0, "finished"),
        *(Score("fast", k, 0, True, 12.0, "finished") for k in (0, 1)),
    ]
    run = a_run(tmp_path, some_results(scores=scores, traces=[]))
    (section,) = parts([run])
    assert ("Contestants' seeds", "0, 1") in section.facts


def test_the_command_line_can_be_pasted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is quoted for a shell, and the module behind `headway` goes by that name."""
    monkeypatch.setattr("sys.argv", ["/somewhere/pipelines/cli.py", "compare", 'contestants=[{"name": "slow"}]'])
    (section,) = parts([a_run(tmp_path, some_results())])
    assert section.argv == """headway compare 'contestants=[{"name": "slow"}]'"""


def test_several_runs_make_one_page_with_an_index(tmp_path: Path) -> None:
    """Each run has a section, and the index leads with each verdict."""
    runs = [a_run(tmp_path, some_results(verdict=f"Verdict {k} (n).")) for k in range(2)]
    page = Outline(report(runs, tmp_path / "all.html").read_text())
    assert page.texts["h1"][1:] == ["Verdict 0.", "Verdict 1."]
    assert ["Verdict 0." in item for item in page.texts["li"][:3]] == [False, True, False]
    assert [value for name, value in page.attributes if name == "href"] == ["#side-1", "#run-1", "#run-2"]


@pytest.mark.parametrize("place", ["{root}/{name}", "runs-of-another-folder/{name}"])
def test_trainings_join_the_comparison_they_were_entered_in(tmp_path: Path, place: str) -> None:
    """Learning curves of a contestant stand in its comparison, whatever folder the page is made from."""
    trained = a_training(tmp_path, [3.0, 2.0])
    folder = place.format(root=tmp_path, name=trained.id)
    entered = {"contestants": [{"name": folder, "label": "slow"}, {"name": "fast"}]}
    compared = a_run(tmp_path, some_results(), **entered)
    page = Outline(report([compared, trained]).read_text())
    assert len(page.texts["h1"]) == 1
    assert {"Learning, over steps", "Learning, over CPU-seconds"} <= set(page.texts["h3"])


def test_a_training_alone_has_a_report(tmp_path: Path) -> None:
    """Its first line says what was reached, over all seeds."""
    runs = [a_training(tmp_path, [9.0, 7.5, 8.0]), a_training(tmp_path, [9.0, 8.5], seed=1)]
    page = Outline(report(runs, tmp_path / "t.html").read_text())
    assert page.texts["h1"] == [
        "Trained 2 policies for routing/cvrp: best validation objective 7.500 to 8.500 distance."
    ]


@pytest.mark.parametrize("objectives", [[], [NAN, NAN]])
def test_a_training_that_came_to_nothing_has_a_report(tmp_path: Path, objectives: list[float]) -> None:
    """A run that was killed at once, or never had a feasible policy, is shown as far as it came."""
    page = Outline(report(a_training(tmp_path, objectives)).read_text())
    assert page.texts["h1"] == ["Trained 1 policy for routing/cvrp."]


def test_a_comparison_that_nobody_solved_has_a_report(tmp_path: Path) -> None:
    """Without any feasible answer there is a table and no curve."""
    rows = [a_row("slow", objective=NAN, gap=NAN, gap_low=NAN, gap_high=NAN, gap_se=NAN, feasible=0.0, solved=0)]
    results = some_results(
        verdict="Nobody won: no answer.",
        decision=None,
        rows=rows,
        scores=[Score("slow", 0, 0, False, NAN, "crash")],
        traces=[Trace("slow", 0, 0, [])],
    )
    page = Outline(report(a_run(tmp_path, results)).read_text())
    assert page.texts["h1"] == ["Nobody won: no answer."]
    assert "Figures" not in page.texts["h2"]


def test_damage_is_an_error(tmp_path: Path) -> None:
    """A folder that is no run, and results that are no JSON, are refused with their place."""
    with pytest.raises(DataError, match="not a run folder"):
        report(tmp_path)
    run = a_run(tmp_path)
    (run.folder / "results.json").write_text("{")
    with pytest.raises(DataError, match=r"results\.json"):
        report(run)
    assert not (run.folder / "report.html").exists()


def test_a_run_without_results_is_an_error(tmp_path: Path) -> None:
    """A comparison that was killed has no report yet, and no empty one."""
    run = a_run(tmp_path)
    with pytest.raises(DataError, match="nothing to report"):
        report(run)
    assert not (run.folder / "report.html").exists()


# -- the table ----------------------------------------------------------------------------------------
def board(rows: list[Row], **changes: Any) -> table.Leaderboard:
    results = some_results(rows=rows, **changes)
    return table.leaderboard(results, looks(rows))


def test_oracles_are_labelled_and_unranked(tmp_path: Path) -> None:
    """An oracle has its name, the word oracle, and no rank."""
    rows = [a_row("slow"), a_row("seer", "oracle", rank=None, oracle=True)]
    text = report(a_run(tmp_path, some_results(rows=rows))).read_text()
    seer = re.search(r'<tr class="oracle">(.*?)</tr>', text, re.DOTALL)
    assert seer is not None
    assert f">{formats.NONE}<" in seer.group(1)
    assert '<span class="kind">oracle</span>' in seer.group(1)


def test_incidents_and_infeasibility_are_shown() -> None:
    """A share of feasible answers below one, and how runs ended badly, stand in the row."""
    line = board([a_row("slow", feasible=0.9995, incidents={"hang": 2, "crash": 1})]).lines[0]
    assert line.feasible == f"99.9{formats.THIN}%"
    assert line.incidents == f"2{formats.THIN}× hang, 1{formats.THIN}× crash"


def test_bars_share_one_scale() -> None:
    """Zero, low, high and estimate lie on one scale for all rows: here 0 to 1.05 times 10 %."""
    lines = board(
        [a_row("a", gap=0.0, gap_low=0.0, gap_high=0.0), a_row("b", gap=0.05, gap_low=0.02, gap_high=0.1)]
    ).lines
    assert lines[0].bar == table.Bar(0.0, 0.0, 0.0, 0.0, "")
    assert lines[1].bar == table.Bar(0.0, 19.05, 95.24, 47.62, "")


def test_a_contestant_far_off_leaves_the_scale() -> None:
    """One row at 5000 % does not squeeze those around 1 % to a point."""
    near = [a_row(name, gap=0.01, gap_low=0.005, gap_high=0.015) for name in "abc"]
    far = a_row("d", gap=50.0, gap_low=49.0, gap_high=51.0)
    lines = board([*near, far]).lines
    assert lines[3].bar is not None
    assert lines[3].bar.over == "right"
    assert lines[0].bar is not None
    assert lines[0].bar.high > 90


def test_digits_are_those_of_the_column() -> None:
    """Numbers of a column have as many places as its largest deserves, so that they can be compared."""
    rows = [a_row("a", objective=1234.5678), a_row("b", objective=9.87654)]
    assert [line.objective for line in board(rows).lines] == [f"1{formats.THIN}235", "10"]
    rows = [a_row("a", objective=9.87654), a_row("b", objective=0.1)]
    assert [line.objective for line in board(rows).lines] == ["9.877", "0.100"]


def test_gaps_that_are_differences_have_the_unit_in_the_heading() -> None:
    """Where the reference may be near zero, gaps are numbers in the problem's unit."""
    problem = {"name": "toy/walk", "options": {}, "unit": "metres", "sense": "min", "gap": "difference"}
    found = board([a_row("a", gap=-0.5, gap_low=-1.0, gap_high=0.25)], problem=problem)
    assert (found.lines[0].gap, found.gap_unit) == (f"{formats.MINUS}0.50", "metres")
    assert found.lines[0].interval == f"{formats.MINUS}1.00 to 0.25"


def test_columns_without_content_are_left_out() -> None:
    """No column for training or loading where nobody trained or loaded; metrics with their intervals."""
    rows = [a_row("a", load_seconds=NAN, metrics={"sharpe": 1.234}, metric_intervals={"sharpe": (0.5, 2.0)})]
    found = board(rows)
    assert (found.trained, found.loaded, found.timed) == (False, False, True)
    assert found.lines[0].metrics == [("1.23", "0.50 to 2.00")]


# -- the curves ---------------------------------------------------------------------------------------
def test_anytime_is_the_gap_of_the_means_of_incumbents() -> None:
    """Worked by hand: `slow` has both answers from 0.5 on; (14 + 33) / 40 - 1, then (10 + 33) / 40 - 1."""
    found = curves.anytime(some_results())
    np.testing.assert_allclose(found["slow"].x, [0.5, 0.8, 1.0])
    np.testing.assert_allclose(found["slow"].y, [47 / 40 - 1, 43 / 40 - 1, 43 / 40 - 1])
    np.testing.assert_allclose(found["fast"].x, [0.2, 1.0])
    np.testing.assert_allclose(found["fast"].y, [0.2, 0.2])


def test_anytime_leaves_out_what_cannot_be_measured() -> None:
    """An instance without a reference, or that a contestant never solves, is not in its curve."""
    results = some_results()
    base = dict(results.reference) | {"values": [10.0, None]}
    np.testing.assert_allclose(curves.anytime(dataclasses.replace(results, reference=base))["fast"].y, [0.2, 0.2])
    unsolved = [*results.traces[:3], Trace("slow", 0, 1, [(0.5, 0.5, 33.0, False)])]
    found = curves.anytime(dataclasses.replace(results, traces=unsolved))["slow"]
    np.testing.assert_allclose(found.y, [0.4, 0.0, 0.0])  # instance 0 alone: 14, then 10, against 10


def test_a_maximised_objective_has_its_gap_the_right_way_round() -> None:
    """Where more is better, an answer below the reference has a positive gap."""
    problem = dict(some_results().problem) | {"sense": "max"}
    found = curves.anytime(some_results(problem=problem))
    np.testing.assert_allclose(found["fast"].y, [-0.2, -0.2])


def test_profiles_count_what_is_missing() -> None:
    """`slow` is optimal on one instance and hangs on the other: half of its answers, at gap 0."""
    found = curves.profile(some_results())
    np.testing.assert_allclose(found["slow"][:2], ([0.0], [0.5]))
    np.testing.assert_allclose(found["fast"][:2], ([0.2, 0.2], [0.5, 1.0]))


def test_learning_curves_have_three_clocks(tmp_path: Path) -> None:
    """Steps and objective come from the metrics, CPU-seconds from the training's summary."""
    found = learning(a_training(tmp_path, [3.0, 2.0, 2.5], seed=7), "mine")
    assert found is not None
    assert (found.label, found.seed) == ("mine", 7)
    np.testing.assert_array_equal(found.steps, [0, 100, 200])
    np.testing.assert_array_equal(found.cpu, [0.0, 2.0, 4.0])
    np.testing.assert_array_equal(found.objective, [3.0, 2.0, 2.5])
    assert (np.diff(found.seconds) >= 0).all()


def test_series_are_drawn_for_every_contestant(tmp_path: Path) -> None:
    """A backtest's wealth is a figure with one line per contestant; per-period rewards are not drawn."""
    wealth = {name: [{"seed": 0, "wealth": [1.0, 1.1, 9.0], "objective": [0.1, 0.2, 0.3]}] for name in ("slow", "fast")}
    results = some_results(
        verb="backtest", budget=None, series=wealth, periods=["2020-01-01", "2020-01-02", "2020-01-03"]
    )
    page = Outline(report(a_run(tmp_path, results)).read_text())
    assert "Wealth" in page.texts["h3"]
    assert "Objective" not in page.texts["h3"]
    assert {"slow", "fast"} <= set(page.texts["title"])


# -- numbers ------------------------------------------------------------------------------
def test_looks_tell_kinds_apart() -> None:
    """Contestants have a colour each; ablations and oracles share one and differ in their dashes."""
    found = looks([a_row("a"), a_row("b", "learned"), a_row("c", "ablation"), a_row("d", "oracle")])
    assert len({look.series for look in found.values()}) == 3
    assert [look.dash for look in found.values()] == ["-", "-", ":", "--"]
    assert found["b"].width > found["a"].width


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.000734, "734 µs"),
        (0.0123, "12.3 ms"),
        (0.4969, "0.497 s"),
        (11.0, "11.0 s"),
        (119.0, "119 s"),
        (231.6, "3.86 min"),
        (7200.0, "2.00 h"),
        (0.0, "0 µs"),
        (NAN, formats.NONE),
    ],
)
def test_durations(value: float, text: str) -> None:
    """Three significant digits in the unit that suits."""
    assert formats.seconds(value).replace(formats.THIN, " ") == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0.00 %"), (-1e-6, "0.00 %"), (0.01234, "1.23 %"), (0.319, "31.9 %"), (1.777, "178 %"), (-0.05, "−5.00 %")],
)
def test_percentages(value: float, text: str) -> None:
    """Fewer places where the value is large, a true minus, and no minus before zero."""
    assert formats.percent(value).replace(formats.THIN, " ") == text


@given(st.floats(-1e12, 1e12) | st.sampled_from([math.inf, -math.inf, math.nan]))
def test_numbers_keep_their_value(value: float) -> None:
    """What is printed reads back as the number, to the digits shown."""
    text = formats.number(value).replace(formats.THIN, "").replace(formats.MINUS, "-")
    if not math.isfinite(value):
        assert text == formats.NONE
    else:
        assert float(text) == pytest.approx(value, rel=6e-4, abs=6e-9)


@given(st.floats(0, 1))
def test_shares_are_never_rounded_up_to_all(value: float) -> None:
    """100 % is printed only where nothing is missing."""
    assert (formats.share(value) == f"100{formats.THIN}%") == (value > 1 - 1e-11)
