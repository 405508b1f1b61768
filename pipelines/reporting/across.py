"""Several runs of one problem, side by side: contestants down, runs across, and what has changed since the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from headway.pipelines.comparison.results import Results, Row
from headway.pipelines.reporting import formats
from headway.pipelines.reporting.changes import Change, changed
from headway.pipelines.reporting.columns import Column, Judged, column
from headway.pipelines.reporting.looks import Look
from headway.pipelines.reporting.plots import Plot
from headway.pipelines.reporting.said import detail, headline, note, plots


class Cell(NamedTuple):
    """A contestant in a run; empty texts where it took no part."""

    gap: str
    interval: str
    objective: str


class Difference(NamedTuple):
    """How a contestant has changed since the first run."""

    text: str
    interval: str
    word: str
    basis: str


class Line(NamedTuple):
    """A contestant: its cell in every run, and its change in every run but the first."""

    contestant: str
    look: Look
    cells: Sequence[Cell]
    differences: Sequence[Difference | None]


@dataclass(frozen=True)
class Across:
    """What is printed about several runs of one problem."""

    anchor: str
    title: str
    headline: str
    detail: str
    columns: Sequence[Column]
    lines: Sequence[Line]
    note: str
    plots: Sequence[Plot]


def across(runs: Sequence[Judged], looks: Mapping[str, Look], anchor: str) -> Across:
    """At least two runs of one verb on one problem, by date; the first one is what the others are held against."""
    ordered = sorted(runs, key=lambda judged: float(judged.run.provenance["started"]))
    first, later = ordered[0], ordered[1:]
    names = list(dict.fromkeys(row.contestant for judged in ordered for row in judged.results.rows))
    columns = [column(first, first), *(column(first, judged) for judged in later)]
    changes = {name: [changed(first.results, judged.results, name) for judged in later] for name in names}
    ratio = first.results.problem["gap"] == "ratio"
    return Across(
        anchor=anchor,
        title=f"Side by side: {first.results.problem['name']}",
        headline=headline(first, columns[1:], changes),
        detail=detail(first, changes),
        columns=columns,
        lines=[
            Line(
                name,
                looks[name],
                [_cell(judged.results, name) for judged in ordered],
                [_difference(change, ratio) for change in changes[name]],
            )
            for name in names
        ],
        note=note(first, columns),
        plots=plots(first, columns[1:], changes, looks),
    )


# -- columns and cells --------------------------------------------------------------------------------
def _cell(results: Results, name: str) -> Cell:
    row: Row | None = next((row for row in results.rows if row.contestant == name), None)
    if row is None:
        return Cell("", "", "")
    ratio = results.problem["gap"] == "ratio"

    def gap(value: float) -> str:
        return formats.percent(value) if ratio else formats.number(value, 3)

    ends = gap(row.gap_low), gap(row.gap_high)
    interval = "" if formats.NONE in ends else " to ".join(ends)
    return Cell(gap(row.gap), interval, formats.number(row.objective))


def _difference(change: Change | None, ratio: bool) -> Difference | None:
    if change is None:
        return None

    def text(value: float) -> str:
        sign = "+" if value > 0 else ""
        return sign + (formats.percent(value) if ratio else formats.number(value, 3))

    low, high = text(change.estimate.low), text(change.estimate.high)
    interval = f"{low} to {high}" if change.word else ""
    return Difference(text(change.estimate.value), interval, change.word or "too few data", change.basis)
