"""What each figure of a report shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from headway.pipelines.comparison.results import Results
from headway.pipelines.reporting.gap_charts import gap_charts
from headway.pipelines.reporting.learning import Learning
from headway.pipelines.reporting.looks import COLOURS, Look
from headway.pipelines.reporting.plots import Axis, Floats, Mark, Plot, Values, thinned, titled

APART = 4  # times the least value: values so far apart are drawn on a logarithmic axis


def comparison(results: Results, looks: Mapping[str, Look]) -> list[Plot]:
    """The figures of a comparison or backtest that its results have data for."""
    plots = gap_charts(results, looks)
    if not (results.findings and results.findings.charts):  # else the problem has said what is worth drawing
        plots += [_series(results, name, looks) for name in _shared_series(results)]
    return plots


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
    y = Axis(name, scale=_scale([mark.y for mark in marks]))
    return Plot(
        name.replace("_", " ").capitalize(), "One line per contestant and seed.", over(results.periods), y, marks
    )


def _scale(values: Sequence[Values]) -> Literal["linear", "log"]:
    """Logarithmic where all values are positive and far apart."""
    known = np.concatenate([np.asarray(found, float) for found in values])
    known = known[np.isfinite(known)]
    return "log" if len(known) and known.min() > 0 and known.max() > APART * known.min() else "linear"


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
    value = Axis(titled("validation objective", unit), unit, scale=_scale([lesson.objective for lesson in lessons]))
    clocks = [("steps", "steps", "environment steps"), ("cpu", "CPU-s", "CPU-seconds")]
    if not timed:
        clocks[1] = ("seconds", "s", "wall seconds")
    return [
        Plot(
            f"Learning, over {by if by == 'steps' else clock}",
            caption,
            Axis(clock, short, ".3~s" if by == "steps" else ".3~r"),
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
