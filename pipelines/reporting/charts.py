"""What each figure of a report shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from textwrap import fill

import numpy as np

from headway.pipelines.comparison.results import Results, Row
from headway.pipelines.reporting import curves
from headway.pipelines.reporting.curves import Curve, Learning
from headway.pipelines.reporting.plots import COLOURS, Axis, Floats, Look, Mark, Plot, Values, gap_axis, thinned

NAME = 22  # letters of a contestant's name on a line beside an axis
SCATTER = 0.22  # height of the strip that the answers of a contestant are spread over, in rows


def comparison(results: Results, looks: Mapping[str, Look]) -> list[Plot]:
    """The figures of a comparison or backtest that its results have data for."""
    plots = [*_gaps(results, looks)]
    if lines := curves.anytime(results):
        plots.append(_anytime(results, lines, looks))
    if results.instances["n"] > 1 and (lines := curves.profile(results)):
        plots.append(_profile(results, lines, looks))
    if not (results.findings and results.findings.charts):  # else the problem has said what is worth drawing
        plots += [_series(results, name, looks) for name in _shared_series(results)]
    return plots


def rows_axis(names: Sequence[str]) -> Axis:
    """A row per contestant, the first one above."""
    shown = [fill(name, NAME, break_long_words=False) for name in reversed(names)]
    return Axis(names=shown, limits=(-0.6, len(names) - 0.4))


def basis(results: Results, row: Row) -> str:
    """What the numbers of a row rest on."""
    seeds = f"{row.seeds} seed{'s' * (row.seeds != 1)}"
    return f"n = {row.solved} of {row.n} instances, {seeds}" if results.budget else f"{seeds}, one history"


def _percent(results: Results) -> float:
    return 100.0 if results.problem["gap"] == "ratio" else 1.0


def _axis(results: Results, values: Sequence[Values]) -> Axis:
    return gap_axis(results.problem["gap"] == "ratio", results.problem["unit"], values)


# -- gaps -----------------------------------------------------------------------------------------
def _gaps(results: Results, looks: Mapping[str, Look]) -> list[Plot]:
    """A row per contestant: its mean gap with the interval, over the gaps of its answers."""
    rows = [row for row in results.rows if np.isfinite([row.gap, row.gap_low, row.gap_high]).all()]
    if not rows:
        return []
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
        note = f"{100 * results.confidence:g} % interval of the mean; {basis(results, row)}"
        marks.append(Mark(name, look, [factor * row.gap], [at], *ends, shape="interval", group=name, note=note))
    y = Axis(
        names=[fill(row.contestant, NAME, break_long_words=False) for row in reversed(rows)],
        limits=(-0.6, len(rows) - 0.4),
    )
    dots = "Small dots: one answer each. " if points else ""
    mean = "gap of the means" if factor > 1 else "mean gap"
    caption = f"{dots}Large dot and bar: the {mean} with its interval. Further left is better."
    shown = _axis(results, [mark.x for mark in marks] + [m.high for m in marks] + [m.low for m in marks])
    return [Plot("Gaps", caption, replace(shown, zero=True), y, marks, height=max(1.9, 0.9 + 0.3 * len(rows)))]


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
            note=basis(results, rows[label]),
        )
        for label, line in lines.items()
    ]
    caption = (
        "Mean gap of the answer held at each moment, with its interval; lower is better. A curve begins (dot) once "
        "there is an answer to every instance. Loading is not counted."
    )
    clock = Axis("CPU-seconds per instance", "CPU-s", ".3~g", "log")
    return Plot("Quality over time", caption, clock, _axis(results, [mark.y for mark in marks]), marks)


def _profile(results: Results, lines: Mapping[str, Curve], looks: Mapping[str, Look]) -> Plot:
    factor, last = _percent(results), max(float(line.x[-1]) for line in lines.values())
    marks = []
    for label, line in lines.items():
        x, y = np.append(line.x, last), np.append(100 * line.y, 100 * line.y[-1])
        x, y = thinned(factor * np.append(x[:1], x), np.append(0, y))
        marks.append(Mark(label, looks[label], x, y, shape="steps", group=label))
    caption = "How many of all answers are within a gap of the reference; higher and further left is better."
    shares = Axis("share of all answers, %", "% of all answers", ".3~g", limits=(0, 102))
    return Plot("Performance profile", caption, _axis(results, [mark.x for mark in marks]), shares, marks)


# -- over periods ---------------------------------------------------------------------------------
def _shared_series(results: Results) -> list[str]:
    """Names of series with one value per period; what each adds to the objective is noise to the eye."""
    length = len(results.periods)
    names: dict[str, None] = {}
    for entries in results.series.values():
        for entry in entries:
            names |= {k: None for k, v in entry.items() if isinstance(v, list) and len(v) == length}
    return [name for name in names if name != "objective"]


def _series(results: Results, name: str, looks: Mapping[str, Look]) -> Plot:
    marks = []
    for label, entries in results.series.items():
        for entry in (e for e in entries if name in e):
            x, y = thinned(results.periods, np.array(entry[name], float))
            look = looks[label]._replace(width=0.6 * looks[label].width)
            said = label if len(entries) == 1 else f"{label}, seed {entry['seed']}"
            marks.append(Mark(said, look, x, y, group=label))
    values = np.concatenate([mark.y for mark in marks])
    values = values[np.isfinite(values)]
    logarithmic = len(values) and values.min() > 0 and values.max() > 4 * values.min()
    y = Axis(name, scale="log" if logarithmic else "linear")
    return Plot(
        name.replace("_", " ").capitalize(), "One line per contestant and seed.", over(results.periods), y, marks
    )


def over(periods: Values) -> Axis:
    """The axis of these periods: dates, or numbers."""
    dated = len(periods) > 0 and isinstance(periods[0], str)
    return Axis(scale="date", form="%Y-%m-%d") if dated else Axis("period")


# -- training -------------------------------------------------------------------------------------
def trainings(lessons: Sequence[Learning], looks: Mapping[str, Look], sense: str, unit: str) -> list[Plot]:
    """Validation objective over steps and over time, a line per training."""
    if not lessons:
        return []
    timed = all(len(lesson.cpu) for lesson in lessons)
    better = "lower" if sense == "min" else "higher"
    caption = f"Mean objective on validation instances, {better} is better. A line per training, a dot at its best."
    value = Axis(f"validation objective, {unit}" if unit else "validation objective", unit)
    clocks = [("steps", "steps", "environment steps"), ("cpu", "CPU-s", "CPU-seconds")]
    if not timed:
        clocks[1] = ("seconds", "s", "wall seconds")
    return [
        Plot(
            f"Learning, over {by if by == 'steps' else clock}",
            caption,
            Axis(clock, short, ".3~s" if by == "steps" else ".3~g"),
            value,
            [_lesson(lesson, _look(lesson, lessons, looks), by, sense) for lesson in lessons],
            named=not looks,
        )
        for by, short, clock in clocks
    ]


def _look(lesson: Learning, lessons: Sequence[Learning], looks: Mapping[str, Look]) -> Look:
    labels = list(dict.fromkeys(each.label for each in lessons))
    return looks.get(lesson.label, Look(labels.index(lesson.label) % (COLOURS - 1), "-", 1.5))


def _lesson(lesson: Learning, look: Look, by: str, sense: str) -> Mark:
    x, y = thinned(getattr(lesson, by), lesson.objective)
    return Mark(f"{lesson.label}, seed {lesson.seed}", look, x, y, group=lesson.label, dot=_best(y, sense))


def _best(objective: Floats, sense: str) -> int | None:
    if not np.isfinite(objective).any():
        return None
    return int(np.nanargmin(objective) if sense == "min" else np.nanargmax(objective))
