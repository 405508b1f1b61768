"""Figures: the same plain data drawn as SVG and by plotly, packed once a page; axes, bands and what hovering says."""

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from plotly.offline import get_plotlyjs
from test_report import Outline, a_row, a_run, a_training, some_results

from headway.contest import stats
from headway.findings import Chart, Findings, Line
from headway.pipelines.comparison.results import Trace
from headway.pipelines.report import report
from headway.pipelines.reporting import charts, curves, findings
from headway.pipelines.reporting.interactive import interactive
from headway.pipelines.reporting.looks import Look, looks
from headway.pipelines.reporting.plots import NEAR, POINTS, ROOM, Axis, Mark, Plot, gap_axis, place, thinned
from headway.pipelines.reporting.static import static

LOOK = Look(2, "-", 1.5)


def plotted(**changes: Any) -> list[Plot]:
    results = some_results(**changes)
    return charts.comparison(results, looks(results.rows))


def literal(value: Any) -> Any:
    """The page's colours as plotly knows them, so that it can check the rest."""
    if isinstance(value, dict):
        return {key: literal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [literal(item) for item in value]
    return "#123456" if isinstance(value, str) and re.fullmatch(r"--\w+(/\d+)?", value) else value


def unpacked(text: str, name: str) -> str:
    packed = re.search(rf'id="{name}">([^<]*)<', text)
    assert packed is not None
    return gzip.decompress(base64.b64decode(packed.group(1))).decode()


# -- on the page --------------------------------------------------------------------------------------
def test_plotly_is_there_once(tmp_path: Path) -> None:
    """However many figures and runs: one copy of the script, whole, and one of the data."""
    runs = [a_run(tmp_path, some_results()), a_run(tmp_path, some_results()), a_training(tmp_path, [3.0, 2.0])]
    text = report(runs, tmp_path / "all.html").read_text()
    places = [int(found) for found in re.findall(r'data-figure="(\d+)"', text)]
    assert places == list(range(len(places)))
    assert len(json.loads(unpacked(text, "figures"))) == len(places) == 9
    assert unpacked(text, "plotly") == get_plotlyjs()
    assert text.count('id="plotly"') == 1
    assert len(text) < 2_300_000


def test_without_scripts_every_figure_is_a_drawing(tmp_path: Path) -> None:
    """Beside each place that a script fills stands the same figure as SVG."""
    text = report(a_run(tmp_path, some_results())).read_text()
    assert text.count('class="live"') == text.count('class="still"') == text.count('class="chart"') == 3


def test_a_page_without_figures_has_no_script(tmp_path: Path) -> None:
    """A comparison that nobody solved is small."""
    rows = [row.__class__(**{**row.__dict__, "gap": np.nan}) for row in some_results().rows]
    text = report(a_run(tmp_path, some_results(rows=rows, scores=[], traces=[]))).read_text()
    assert "script" not in Outline(text).texts


def test_the_same_page_again(tmp_path: Path) -> None:
    """Packing knows no time of day."""
    run = a_run(tmp_path, some_results())
    assert report(run).read_text() == report(run).read_text()


# -- what plotly is given -------------------------------------------------------------------------------
@pytest.mark.parametrize("shape", ["line", "steps", "area", "points", "interval"])
@pytest.mark.parametrize("scale", ["linear", "log", "gap", "date"])
def test_plotly_takes_it(shape: Any, scale: Any) -> None:
    """Every shape on every scale is a figure that plotly accepts, without NaN."""
    x = np.array(["2020-01-01", "2021-06-01", "2024-01-01"]) if scale == "date" else np.array([0.5, 1.0, np.nan])
    band = ([0.5, 1.0, 1.5], [1.5, 2.0, 2.5]) if scale != "date" and shape != "area" else ((), ())
    mark = Mark("a", LOOK, x, [1.0, 2.0, 3.0], *band, shape=shape, dot=0, texts=["u", "v", "w"], note="n = 3")
    if shape == "interval" and scale == "date":
        mark = Mark("a", LOOK, x, [1.0, 2.0, 3.0])
    found = interactive(Plot("t", "c", Axis("x", scale=scale), Axis("y"), [mark]))
    json.dumps(found, allow_nan=False)
    go.Figure(literal(found))


def test_all_figures_of_a_comparison_are_plotly_s(tmp_path: Path) -> None:
    """Gaps, quality over time and profile pass plotly's own checks."""
    found = plotted()
    assert [plot.title for plot in found] == ["Gaps", "Quality over time", "Performance profile"]
    for plot in found:
        go.Figure(literal(interactive(plot)))


def test_hovering_says_value_unit_interval_and_n() -> None:
    """Of a mean: per cent, its interval, how many instances and seeds; of one answer, which one it is."""
    gaps = interactive(plotted()[0])["data"]
    dots, mean = gaps[0], gaps[1]
    assert mean["hovertemplate"] == (
        "<b>fast</b><br>%{customdata[0]:.3~r} % (%{customdata[2]:.3~r} to %{customdata[3]:.3~r})"
        "<br>95 % interval of the mean; n = 2 of 2 instances, 1 seed<extra></extra>"
    )
    assert mean["customdata"] == [[20.0, 20.0, 20.0, 20.0]]
    assert [row[-1] for row in dots["customdata"]] == ["instance 0, seed 0", "instance 1, seed 0"]


def test_what_a_run_says_is_no_markup_in_plotly() -> None:
    """Tags and templates in a name are shown as they stand."""
    said = interactive(Plot("t", "", Axis("x<b>"), Axis(), [Mark("<b>%{y}", LOOK, [1.0], [2.0])]))
    assert said["data"][0]["hovertemplate"].startswith("<b>&lt;b&gt;%\u200b{y}</b>")
    assert said["layout"]["xaxis"]["title"]["text"] == "x&lt;b&gt;"


def test_a_contestant_has_one_colour_everywhere() -> None:
    """In every figure, and grouped, so that it is shown and hidden in all of them."""
    colours: dict[str, set[str]] = {}
    for plot in plotted():
        for trace in interactive(plot)["data"]:
            colour = (trace.get("line") or trace.get("marker") or {}).get("color", trace.get("fillcolor"))
            if colour:
                colours.setdefault(trace["legendgroup"], set()).add(colour.split("/")[0])
    assert colours == {"slow": {"--s0"}, "fast": {"--s1"}}


def test_years_can_be_chosen() -> None:
    """Of four years of days: the last one, the last three, all; of a week, there is nothing to choose."""
    days = [str(day) for day in np.arange("2020-01-01", "2024-01-01", 30, dtype="datetime64[D]")]
    for periods, labels in ((days, ["1 y", "3 y", "all"]), (["2020-01-01", "2020-01-08"], None)):
        chart = Chart("w", "", periods, [Line("a", [1.0] * len(periods))])
        (plot,) = findings.plots(Findings(charts=[chart]), {})
        axis = interactive(plot)["layout"]["xaxis"]
        assert axis["type"] == "date"
        got = axis.get("rangeselector", {}).get("buttons")
        assert (got and [button["label"] for button in got]) == labels


# -- numbers --------------------------------------------------------------------------------------------
def test_the_scale_of_gaps() -> None:
    """Linear to 1 %, then a decade is as long everywhere; odd about zero."""
    np.testing.assert_allclose(
        place([0.0, NEAR / 2, NEAR, 10, 100, -10]), [0, ROOM / 2, ROOM, 1 + ROOM, 2 + ROOM, -1 - ROOM]
    )


def test_small_gaps_need_no_logarithm() -> None:
    """The axis is logarithmic only where gaps are far apart, and in the problem's unit where they are differences."""
    assert gap_axis(True, "m", [np.array([0.1, 4.0])]).scale == "linear"
    assert gap_axis(True, "m", [np.array([0.1, 40.0])]).scale == "gap"
    assert gap_axis(False, "m", [np.array([0.1, 40.0])]).title == "gap to the reference, m"


def test_thinning_keeps_the_ends() -> None:
    """Columns stay together, empty ones empty."""
    x, y, none = thinned(np.arange(5000), np.arange(5000) * 2, ())
    assert len(x) == POINTS
    assert (x[0], x[-1]) == (0, 4999)
    np.testing.assert_array_equal(y, 2 * x)
    assert len(none) == 0


def test_bands_are_those_of_the_gap(tmp_path: Path) -> None:
    """A band holds its curve; its ends, where every instance has one answer, are those of the plain bootstrap."""
    rng = np.random.default_rng(1)
    base, scores = rng.uniform(5, 10, 30), rng.uniform(0, 2, 30)
    traces = [Trace("slow", 0, i, [(0.1, 0.1, float(base[i] + scores[i]), True)]) for i in range(30)]
    reference = dict(some_results().reference) | {"values": list(base)}
    line = curves.anytime(some_results(traces=traces, reference=reference))["slow"]
    expected = stats.gap(base + scores, base)
    assert line.y[-1] == pytest.approx(expected.value)
    assert line.low[-1] == pytest.approx(expected.low, rel=0.05)
    assert line.high[-1] == pytest.approx(expected.high, rel=0.05)


def test_one_instance_has_no_band() -> None:
    """Nothing can be drawn anew."""
    results = some_results(traces=[Trace("slow", 0, 0, [(0.1, 0.1, 11.0, True)])])
    assert len(curves.anytime(results)["slow"].low) == 0


# -- on paper -------------------------------------------------------------------------------------------
def test_drawings_take_their_colours_from_the_page() -> None:
    """No fixed colour, size or id is left, so that pages can be dark, narrow and hold many."""
    svg = static(Plot("A <chart>", "", Axis(), Axis(), [Mark("a & b", LOOK, [0.0, 1.0], [0.0, 1.0])]))
    head = svg[: svg.index(">")]
    assert 'aria-label="A &lt;chart&gt;"' in head
    assert not re.search(r'\s(width|height)="', head)
    assert "var(--s2)" in svg
    assert not re.search(r"(fill|stroke): #", svg)
    assert "<title>a &amp; b</title>" in svg
    assert not re.search(r'<g id="|<style|font-family', svg)


def test_what_is_far_off_does_not_squeeze_the_rest() -> None:
    """Chance at 900 % is named below the figure, whose axis ends near those who count."""
    near = [a_row(name, gap=0.01, gap_low=0.005, gap_high=0.02) for name in ("slow", "fast")]
    far = a_row("chance", "ablation", gap=9.0, gap_low=8.0, gap_high=10.0)
    plot = plotted(rows=[*near, far], scores=[], traces=[])[0]
    assert plot.caption.endswith("Beyond the figure: chance (900 %).")
    assert plot.x.limits is not None
    assert plot.x.limits[1] < 3
    assert "Beyond" not in plotted()[0].caption
