"""The leaderboard: rows as text, with the geometry of their confidence bars."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from headway.pipelines.reporting import formats
from headway.pipelines.reporting.charts import Look
from headway.pipelines.results import Results, Row

WIDTH = 100.0  # of a bar, in its own units


class Bar(NamedTuple):
    """A confidence bar: zero line, interval and estimate as positions 0-100; ``over`` where it leaves the scale."""

    zero: float
    low: float
    high: float
    value: float
    over: bool


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
    note: str
    unit: str
    gap_unit: str


def leaderboard(results: Results, looks: dict[str, Look]) -> Leaderboard:
    """The table of a comparison or backtest."""
    scale = _scale(results.rows)
    names = list(dict.fromkeys(name for row in results.rows for name in row.metrics))
    return Leaderboard(
        lines=[_line(results, row, looks[row.contestant], scale, names) for row in results.rows],
        metrics=[name.replace("_", " ") for name in names],
        trained=any(math.isfinite(row.training_seconds) for row in results.rows),
        timed=any(math.isfinite(row.cpu_seconds) for row in results.rows),
        note=_note(results),
        unit=results.problem["unit"],
        gap_unit="" if results.problem["gap"] == "ratio" else results.problem["unit"],
    )


def _line(results: Results, row: Row, look: Look, scale: tuple[float, float], metrics: Sequence[str]) -> Line:
    kind = results.problem["gap"]
    low, high = (formats.gap(x, kind) for x in (row.gap_low, row.gap_high))
    incidents = ", ".join(f"{count}{formats.THIN}× {status}" for status, count in row.incidents.items())
    return Line(
        row=row,
        look=look,
        gap=formats.gap(row.gap, kind),
        interval="" if formats.NONE in (low, high) else f"{low} to {high}",
        bar=_bar(row, scale),
        objective=formats.number(row.objective),
        feasible=formats.share(row.feasible),
        incidents=incidents,
        cpu=formats.seconds(row.cpu_seconds),
        wall=formats.seconds(row.seconds),
        load=formats.seconds(row.load_seconds),
        training=formats.seconds(row.training_seconds),
        metrics=[_metric(row, name) for name in metrics],
    )


def _note(results: Results) -> str:
    """What the columns mean."""
    how = "ratio of means" if results.problem["gap"] == "ratio" else "mean difference"
    return (
        f"Gap: how much worse than the reference ({results.reference['name']}), {how} over the instances. "
        f"Intervals: {100 * results.confidence:g}{formats.THIN}%, paired bootstrap; an arrow leaves the scale. "
        f"Objective: mean. CPU, wall and loading: mean time per instance. Training: CPU time, all seeds together."
    )


def _metric(row: Row, name: str) -> tuple[str, str]:
    """A measure and its interval, if it has one."""
    interval: Any = row.metric_intervals.get(name)
    known = interval and None not in interval
    return (
        formats.number(row.metrics.get(name, math.nan), 3),
        f"{formats.number(interval[0], 3)} to {formats.number(interval[1], 3)}" if known else "",
    )


def _scale(rows: Sequence[Row]) -> tuple[float, float]:
    """Least and largest gap that bars show: a contestant far off must not squeeze all others to a point."""
    lows = [row.gap_low for row in rows if math.isfinite(row.gap_low)]
    highs = sorted(row.gap_high for row in rows if math.isfinite(row.gap_high))
    if not highs:
        return 0.0, 1.0
    fair = [high for high in highs if high <= 6 * max(float(np.median(highs)), 1e-12)]
    return min(0.0, *lows), 1.08 * max(*fair, 0.0, 1e-9)


def _bar(row: Row, scale: tuple[float, float]) -> Bar | None:
    if not (math.isfinite(row.gap_low) and math.isfinite(row.gap_high)):
        return None
    least, most = scale

    def place(value: float) -> float:
        return round(WIDTH * min(1.0, max(0.0, (value - least) / (most - least))), 2)

    return Bar(place(0.0), place(row.gap_low), place(row.gap_high), place(row.gap), over=row.gap_high > most)
