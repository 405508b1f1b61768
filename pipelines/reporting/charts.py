"""What each figure of a report shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from markupsafe import Markup
from matplotlib.ticker import FuncFormatter, NullLocator, StrMethodFormatter

from headway.pipelines.comparison.results import Results, Row
from headway.pipelines.reporting import curves
from headway.pipelines.reporting.axes import dates_or_numbers, plain_log
from headway.pipelines.reporting.curves import Curve, Learning
from headway.pipelines.reporting.figures import SERIES, chart

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINEAR = 0.01  # below this gap (1 %) the axis is linear, beyond it logarithmic
GAPS = (-1, -0.3, -0.1, -0.03, -0.01, 0, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 100)  # where it has ticks


class Look(NamedTuple):
    """How a contestant is drawn, in every figure and in the table; ``series`` numbers its colour."""

    series: int
    dash: str
    width: float

    @property
    def dashes(self) -> str:
        """``dash`` as SVG has it."""
        return {"-": "", "--": "5 3", ":": "2 2", "-.": "5 2 1 2"}[self.dash]

    @property
    def colour(self) -> str:
        """The colour to draw with (see `figures`)."""
        return SERIES[self.series]


class Figure(NamedTuple):
    """A chart with its heading and the sentence that says how to read it."""

    title: str
    caption: str
    svg: Markup


def looks(rows: Iterable[Row]) -> dict[str, Look]:
    """A colour per contestant in the order of the table; the last one, dotted, for ablations and oracles."""
    found, colour = {}, 0
    for row in rows:
        if row.kind in ("ablation", "oracle"):
            found[row.contestant] = Look(len(SERIES) - 1, ":" if row.kind == "ablation" else "--", 1.3)
            continue
        learned = row.kind in ("learned", "hybrid")
        found[row.contestant] = Look(
            colour % (len(SERIES) - 1), "-" if colour < len(SERIES) - 1 else "-.", 2.4 if learned else 1.5
        )
        colour += 1
    return found


def comparison(results: Results, found: Mapping[str, Look]) -> list[Figure]:
    """The figures of a comparison or backtest that its results have data for."""
    figures = []
    if lines := curves.anytime(results):
        figures.append(_anytime(results, lines, found))
    if results.instances["n"] > 1 and (lines := curves.profile(results)):
        figures.append(_profile(results, lines, found))
    if not (results.findings and results.findings.charts):  # else the problem has said what is worth drawing
        figures += [_series(results, name, found) for name in _shared_series(results)]
    return figures


def _anytime(results: Results, lines: Mapping[str, Curve], found: Mapping[str, Look]) -> Figure:
    def draw(axes: Axes) -> None:
        for label, line in lines.items():
            look = found[label]
            axes.step(*line, where="post", color=look.colour, ls=look.dash, lw=look.width, gid=f"tip:{label}")
            axes.plot(
                line.x[0], line.y[0], "o", color=look.colour, ms=4, gid=f"tip:{label}, first answer to every instance"
            )
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.set_xlabel("CPU-seconds per instance")
        _gap_axis(axes, "y", results, [line.y for line in lines.values()])

    caption = (
        "Mean gap of the answer held at each moment; lower is better. A curve begins (dot) once there is an answer to "
        "every instance. Loading is not counted."
    )
    return Figure("Quality over time", caption, chart("Gap over CPU-seconds", draw))


def _profile(results: Results, lines: Mapping[str, Curve], found: Mapping[str, Look]) -> Figure:
    last = max(float(line.x[-1]) for line in lines.values())

    def draw(axes: Axes) -> None:
        for label, line in lines.items():
            look = found[label]
            x, y = np.append(line.x, last), np.append(100 * line.y, 100 * line.y[-1])
            axes.step(
                np.append(x[:1], x),
                np.append(0, y),
                where="post",
                color=look.colour,
                ls=look.dash,
                lw=look.width,
                gid=f"tip:{label}",
            )
        axes.set_ylim(0, 102)
        axes.set_ylabel("share of all answers, %")
        _gap_axis(axes, "x", results, [line.x for line in lines.values()])

    caption = "How many of all answers are within a gap of the reference; higher and further left is better."
    return Figure("Performance profile", caption, chart("Share of answers within a gap", draw))


def _gap_axis(axes: Axes, which: Literal["x", "y"], results: Results, values: Sequence[Any]) -> None:
    """Gaps on a scale that is linear near zero and logarithmic beyond, in per cent where they are ratios."""
    ratio = results.problem["gap"] == "ratio"
    unit = "%" if ratio else results.problem["unit"]
    label = f"gap to the reference, {unit}" if len(unit) < 12 else f"gap to the reference\n{unit}"
    axes.set(**{f"{which}label": label})
    if not ratio:
        return
    low, high = min(float(v.min()) for v in values), max(float(v.max()) for v in values)
    ticks = [t for t in GAPS if 1.5 * low <= t <= 1.5 * max(high, LINEAR)]
    scale = {"linthresh": LINEAR, "linscale": 0.6}
    (axes.set_xscale if which == "x" else axes.set_yscale)("symlog", **scale)
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_ticks(ticks, [f"{100 * t:g}" for t in ticks])
    axis.set_minor_locator(NullLocator())
    # A little room beside zero, so that a line along it is seen whole.
    axes.set(**{f"{which}lim": (1.3 * low if low < 0 else -0.0006, max(1.3 * high, LINEAR))})


# -- over periods ---------------------------------------------------------------------------------
def _shared_series(results: Results) -> list[str]:
    """Names of series with one value per period; what each adds to the objective is noise to the eye."""
    length = len(results.periods)
    names: dict[str, None] = {}
    for entries in results.series.values():
        for entry in entries:
            names |= {k: None for k, v in entry.items() if isinstance(v, list) and len(v) == length}
    return [name for name in names if name != "objective"]


def _series(results: Results, name: str, found: Mapping[str, Look]) -> Figure:
    def draw(axes: Axes) -> None:
        lines = [(label, e[name]) for label, entries in results.series.items() for e in entries if name in e]
        x, y = dates_or_numbers(results.periods), [np.array(v, float) for _, v in lines]
        shown = np.unique(np.linspace(0, len(x) - 1, curves.CURVE_POINTS * 2).astype(int))
        for (label, _), line in zip(lines, y, strict=True):
            look = found[label]
            axes.plot(x[shown], line[shown], color=look.colour, ls=look.dash, lw=0.6 * look.width, gid=f"tip:{label}")
        everything = np.concatenate([line[np.isfinite(line)] for line in y])
        if len(everything) and everything.min() > 0 and everything.max() > 4 * everything.min():
            axes.set_yscale("log")
            plain_log(axes.yaxis)
        axes.set_ylabel(name)

    caption = "One line per contestant and seed."
    return Figure(name.replace("_", " ").capitalize(), caption, chart(f"{name} over time", draw))


# -- training -------------------------------------------------------------------------------------
def trainings(lessons: Sequence[Learning], found: Mapping[str, Look], sense: str, unit: str) -> list[Figure]:
    """Validation objective over steps and over time, a line per training."""
    if not lessons:
        return []
    timed = all(len(lesson.cpu) for lesson in lessons)
    by, clock = ("cpu", "CPU-seconds") if timed else ("seconds", "wall seconds")
    what = f"Mean objective{f' ({unit})' if unit else ''} on validation instances"
    better = "lower" if sense == "min" else "higher"
    caption = f"{what}, {better} is better. A line per training, a dot at its best."
    over_steps = _learning(lessons, found, "steps", "environment steps", sense)
    over_time = _learning(lessons, found, by, clock, sense)
    return [
        Figure("Learning, over steps", caption, over_steps),
        Figure(f"Learning, over {clock}", f"The same over {clock}.", over_time),
    ]


def _learning(lessons: Sequence[Learning], found: Mapping[str, Look], by: str, clock: str, sense: str) -> Markup:
    labels = list(dict.fromkeys(lesson.label for lesson in lessons))

    def draw(axes: Axes) -> None:
        for lesson in lessons:
            look = found.get(lesson.label, Look(labels.index(lesson.label) % (len(SERIES) - 1), "-", 1.5))
            x, y, tip = getattr(lesson, by), lesson.objective, f"tip:{lesson.label}, seed {lesson.seed}"
            axes.plot(x, y, color=look.colour, lw=1.5, alpha=0.85, gid=tip)
            if np.isfinite(y).any():
                best = np.nanargmin(y) if sense == "min" else np.nanargmax(y)
                axes.plot(x[best], y[best], "o", color=look.colour, ms=4, gid=f"{tip}: {y[best]:.4g}")
        axes.set_xlabel(clock)
        axes.set_ylabel("validation objective")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x / 1000:g}k" if abs(x) >= 1000 else f"{x:g}"))

    return chart(f"Validation objective over {clock}", draw)
