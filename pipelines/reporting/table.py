"""The leaderboard: rows as text, with the geometry of their confidence bars."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from headway.pipelines.comparison.results import Results, Row, fair
from headway.pipelines.reporting import formats
from headway.pipelines.reporting.looks import Look

WIDTH = 100.0  # of a bar, in its own units
FAR = 10.0  # a contestant whose interval ends so many times the median away does not set the scale of the bars


class Bar(NamedTuple):
    """A confidence bar: zero line, interval and estimate as positions 0-100; ``over`` where it leaves the scale."""

    zero: float
    low: float
    high: float
    value: float
    over: str  # "", "left" or "right"


class Line(NamedTuple):
    """One row of the leaderboard, ready to print."""

    row: Row
    look: Look
    gap: str
    interval: str
    bar: Bar | None
    objective: str
    feasible: str
    incidents: str
    cpu: str
    wall: str
    load: str
    training: str
    metrics: list[tuple[str, str]]


class Leaderboard(NamedTuple):
    """The lines, best first, and what the columns hold."""

    lines: list[Line]
    metrics: list[str]
    trained: bool
    timed: bool
    loaded: bool
    note: str
    unit: str
    gap_unit: str


def leaderboard(results: Results, looks: Mapping[str, Look]) -> Leaderboard:
    """The table of a comparison or backtest."""
    rows, problem = results.rows, results.problem
    ratio = problem["gap"] == "ratio"
    names = list(dict.fromkeys(name for row in rows for name in row.metrics))
    metrics = {name: _metric_column(rows, name) for name in names}
    places = formats.decimals([x for row in fair(rows) for x in (row.gap, row.gap_low, row.gap_high)], 3)
    objective = formats.decimals([row.objective for row in fair(rows)], 4)

    def gap(value: float) -> str:
        return formats.percent(value) if ratio else formats.fixed(value, places)

    return Leaderboard(
        lines=[
            Line(
                row=row,
                look=looks[row.contestant],
                gap=gap(row.gap),
                interval=_interval(row.gap_low, row.gap_high, gap),
                bar=_bar(row, _scale(rows)),
                objective=formats.fixed(row.objective, objective),
                feasible=formats.share(row.feasible),
                incidents=", ".join(f"{count}{formats.THIN}× {status}" for status, count in row.incidents.items()),
                cpu=formats.seconds(row.cpu_seconds),
                wall=formats.seconds(row.seconds),
                load=formats.seconds(row.load_seconds),
                training=formats.seconds(row.training_seconds),
                metrics=[metrics[name](row) for name in names],
            )
            for row in rows
        ],
        metrics=[name.replace("_", " ") for name in names],
        trained=any(math.isfinite(row.training_seconds) for row in rows),
        timed=any(math.isfinite(row.cpu_seconds) for row in rows),
        loaded=any(math.isfinite(row.load_seconds) for row in rows),
        note=_note(results),
        unit=problem["unit"],
        gap_unit="" if ratio else problem["unit"],
    )


def _note(results: Results) -> str:
    """What the columns mean."""
    how = "ratio of means" if results.problem["gap"] == "ratio" else "difference of means"
    units = "instances, paired" if results.budget else "blocks of time, paired"
    return (
        f"Gap: how much worse than the reference ({results.reference['name']}), {how}. "
        f"Intervals: {100 * results.confidence:g}{formats.THIN}%, bootstrap over {units}. "
        "CPU, wall and loading: mean time per instance. Training: CPU time, all seeds together."
    )


def _metric_column(rows: Sequence[Row], name: str) -> Callable[[Row], tuple[str, str]]:
    """How a measure of a row is printed: its mean, and its interval if it has one."""
    places = formats.decimals([row.metrics.get(name, math.nan) for row in fair(rows)], 3)

    def text(value: float) -> str:
        return formats.fixed(value, places)

    def cell(row: Row) -> tuple[str, str]:
        low, high = (math.nan if x is None else x for x in row.metric_intervals.get(name, (None, None)))
        return text(row.metrics.get(name, math.nan)), _interval(low, high, text)

    return cell


def _interval(low: float, high: float, text: Callable[[float], str]) -> str:
    return f"{text(low)} to {text(high)}" if math.isfinite(low) and math.isfinite(high) else ""


def _scale(rows: Sequence[Row]) -> tuple[float, float]:
    """Least and largest gap that bars show: a contestant far off must not squeeze all others to a point."""
    known = [row for row in fair(rows) if math.isfinite(row.gap_low) and math.isfinite(row.gap_high)]
    reach = sorted(max(abs(row.gap_low), abs(row.gap_high)) for row in known)
    limit = FAR * max(reach[len(reach) // 2], 1e-12) if reach else 1.0
    return (
        max(min((row.gap_low for row in known), default=0.0), -limit) if known else 0.0,
        1.05 * max([row.gap_high for row in known if row.gap_high <= limit], default=limit) or 1.0,
    )


def _bar(row: Row, scale: tuple[float, float]) -> Bar | None:
    if not (math.isfinite(row.gap_low) and math.isfinite(row.gap_high)):
        return None
    least, most = min(scale[0], 0.0), max(scale[1], 1e-12)

    def place(value: float) -> float:
        return round(WIDTH * min(1.0, max(0.0, (value - least) / (most - least))), 2)

    over = "right" if row.gap_high > most else "left" if row.gap_low < least else ""
    return Bar(place(0.0), place(row.gap_low), place(row.gap_high), place(row.gap), over)
