"""Figures of gaps: of every contestant, over time, and as shares of all answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from textwrap import fill

import numpy as np

from headway.pipelines.comparison.results import Results, Row, fair
from headway.pipelines.reporting import curves, formats
from headway.pipelines.reporting.curves import Curve
from headway.pipelines.reporting.looks import Look
from headway.pipelines.reporting.plots import NEAR, Axis, Mark, Plot, Values, gap_axis, thinned

FAR = 30.0  # a contestant so many times the median gap away does not set the scale of a figure
NAME = 22  # letters of a contestant's name on a line beside an axis
SCATTER = 0.22  # height of the strip that the answers of a contestant are spread over, in rows


def gap_charts(results: Results, looks: Mapping[str, Look]) -> list[Plot]:
    """The figures of gaps that a comparison or backtest has data for."""
    plots = []
    if rows := [row for row in results.rows if np.isfinite([row.gap, row.gap_low, row.gap_high]).all()]:
        plots.append(_gaps(results, rows, looks))
    if lines := curves.anytime(results):
        plots.append(_anytime(results, lines, looks))
    if results.instances["n"] > 1 and (lines := curves.profile(results)):
        plots.append(_profile(results, lines, looks))
    return plots


def rows_axis(names: Sequence[str]) -> Axis:
    """A row per contestant, the first one above."""
    shown = [fill(name, NAME, break_long_words=False) for name in reversed(names)]
    return Axis(names=shown, limits=(-0.6, len(names) - 0.4))


# -- scales -----------------------------------------------------------------------------------------
def _percent(results: Results) -> float:
    return 100.0 if results.problem["gap"] == "ratio" else 1.0


def _beyond(results: Results) -> dict[str, float]:
    """Contestants that would squeeze all others to a point, and their gaps: chance, mostly."""
    factor = _percent(results)
    highs = sorted(factor * row.gap_high for row in fair(results.rows) if np.isfinite(row.gap_high))
    limit = FAR * max(highs[len(highs) // 2], NEAR if factor > 1 else 0.0) if highs else 0.0
    return {row.contestant: factor * row.gap for row in results.rows if limit and factor * row.gap_low > limit}


def _scaled(results: Results, values: Mapping[str, Sequence[Values]]) -> tuple[Axis, str]:
    """The axis for gaps by contestant, and the sentence on those that lie beyond it."""
    beyond = {name: gap for name, gap in _beyond(results).items() if name in values}
    if len(beyond) == len(values):
        beyond = {}
    shown = [part for name, parts in values.items() if name not in beyond for part in parts]
    axis = gap_axis(results.problem["gap"] == "ratio", results.problem["unit"], shown)
    far = ", ".join(f"{name} ({formats.number(gap, 3)} {axis.unit})" for name, gap in beyond.items())
    return axis, f" Beyond the figure: {far}." if far else ""


def _basis(results: Results, row: Row) -> str:
    """What the numbers of a row rest on."""
    seeds = f"{row.seeds} seed{'s' * (row.seeds != 1)}"
    return f"n = {row.solved} of {row.n} instances, {seeds}" if results.budget else f"{seeds}, one history"


# -- figures ----------------------------------------------------------------------------------------
def _gaps(results: Results, rows: Sequence[Row], looks: Mapping[str, Look]) -> Plot:
    """A row per contestant: its mean gap with the interval, over the gaps of its answers."""
    factor, points = _percent(results), curves.gaps(results)
    marks: list[Mark] = []
    for at, row in enumerate(reversed(rows)):
        look, name = looks[row.contestant], row.contestant
        if name in points:
            found = points[name]
            spread = at + SCATTER * np.resize([0.0, 1.0, -1.0, 0.5, -0.5], len(found.values))
            x, y, texts = thinned(factor * found.values, spread, found.names)
            marks.append(Mark(f"{name}, one answer", look, x, y, shape="points", group=name, texts=list(texts)))
        ends = ([factor * row.gap_low], [factor * row.gap_high])
        note = f"{100 * results.confidence:g} % interval of the mean; {_basis(results, row)}"
        marks.append(Mark(name, look, [factor * row.gap], [at], *ends, shape="interval", group=name, note=note))
    dots = "Small dots: one answer each. " if points else ""
    mean = "gap of the means" if factor > 1 else "mean gap"
    caption = f"{dots}Large dot and bar: the {mean} with its interval. Further left is better."
    values: dict[str, list[Values]] = {row.contestant: [] for row in rows}
    for mark in marks:
        values[mark.group] += [mark.x, mark.low, mark.high]
    x, far = _scaled(results, values)
    y = rows_axis([row.contestant for row in rows])
    return Plot("Gaps", caption + far, replace(x, zero=True), y, marks, height=max(1.9, 0.9 + 0.3 * len(rows)))


def _anytime(results: Results, lines: Mapping[str, Curve], looks: Mapping[str, Look]) -> Plot:
    factor, rows = _percent(results), {row.contestant: row for row in results.rows}
    marks = [
        Mark(
            label,
            looks[label],
            line.x,
            factor * line.y,
            factor * line.low,
            factor * line.high,
            shape="steps",
            group=label,
            dot=0,
            note=_basis(results, rows[label]),
        )
        for label, line in lines.items()
    ]
    caption = (
        "Mean gap of the answer held at each moment, with its interval; lower is better. A curve begins (dot) once "
        "there is an answer to every instance. Loading is not counted."
    )
    clock = Axis("CPU-seconds per instance", "CPU-s", ".3~r", "log")
    y, far = _scaled(results, {mark.group: [mark.y, mark.low, mark.high] for mark in marks})
    return Plot("Quality over time", caption + far, clock, y, marks)


def _profile(results: Results, lines: Mapping[str, Curve], looks: Mapping[str, Look]) -> Plot:
    factor, last = _percent(results), max(float(line.x[-1]) for line in lines.values())
    marks = []
    for label, line in lines.items():
        x, y = np.append(line.x, last), np.append(100 * line.y, 100 * line.y[-1])
        x, y = thinned(factor * np.append(x[:1], x), np.append(0, y))
        marks.append(Mark(label, looks[label], x, y, shape="steps", group=label))
    caption = "How many of all answers are within a gap of the reference; higher and further left is better."
    shares = Axis("share of all answers, %", "% of all answers", ".3~r", limits=(0, 102))
    axis, far = _scaled(results, {label: [factor * line.x] for label, line in lines.items()})
    return Plot("Performance profile", caption + far, axis, shares, marks)
