"""What a problem found in a backtest (`headway.findings`), as printed tables and figures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from headway.findings import Cell, Chart, Column, Findings, Line, Table
from headway.pipelines.reporting import formats
from headway.pipelines.reporting.charts import over
from headway.pipelines.reporting.looks import COLOURS, PLAIN, Look
from headway.pipelines.reporting.plots import LONG, Axis, Mark, Plot, thinned

SHADE = 60  # per cent of colour in the cell that is furthest from zero


class Printed(NamedTuple):
    """A cell: its text, its interval under it, whether it is a number, and its shade (per cent, by sign)."""

    text: str
    interval: str
    number: bool
    shade: int


class Row(NamedTuple):
    """A row: how its contestant is drawn, if it is one, and its cells."""

    look: Look | None
    cells: Sequence[Printed]


class Sheet(NamedTuple):
    """A table, ready to print."""

    title: str
    headings: Sequence[tuple[str, bool]]  # and whether numbers stand below
    rows: Sequence[Row]
    caption: str


def tables(findings: Findings, looks: Mapping[str, Look]) -> list[Sheet]:
    """Every table as text; rows named after a contestant get its colour."""
    return [_sheet(table, looks) for table in findings.tables]


def plots(findings: Findings, looks: Mapping[str, Look]) -> list[Plot]:
    """Every chart as a figure; lines have the colours of their contestants."""
    return [_plot(found, looks) for found in findings.charts]


# -- tables -----------------------------------------------------------------------------------------
def _sheet(table: Table, looks: Mapping[str, Look]) -> Sheet:
    sizes = [abs(cell) for row in table.rows for cell in row if isinstance(cell, (int, float))]
    largest = max((size for size in sizes if math.isfinite(size)), default=0.0)
    rows = [
        Row(
            looks.get(str(row[0])),
            [_printed(cell, column, largest * table.shaded) for cell, column in zip(row, table.columns, strict=True)],
        )
        for row in table.rows
    ]
    title = f"{table.title}, %" if table.shaded else table.title
    return Sheet(title, [(column.name, column.form != "text") for column in table.columns], rows, table.caption)


def _printed(cell: Cell, column: Column, largest: float) -> Printed:
    """``largest`` is that of a shaded table, whose title has the unit; 0 for any other."""
    if isinstance(cell, str):
        return Printed(cell, "", False, 0)
    value, low, high = (cell, math.nan, math.nan) if isinstance(cell, (int, float)) else cell

    def text(number: float) -> str:
        return _text(number, column, unit=not largest)

    interval = f"{text(low)} to {text(high)}" if math.isfinite(low) and math.isfinite(high) else ""
    shade = round(SHADE * value / largest) if largest and math.isfinite(value) else 0
    return Printed(text(value), interval, True, shade)


def _text(number: float, column: Column, *, unit: bool) -> str:
    if column.form != "percent" or not math.isfinite(number):
        return formats.fixed(number, column.places)
    return formats.fixed(100 * number, column.places) + unit * f"{formats.THIN}%"


# -- charts -----------------------------------------------------------------------------------------
def _plot(found: Chart, looks: Mapping[str, Look]) -> Plot:
    y = Axis(found.unit, found.unit if len(found.unit) <= LONG else "", scale=found.scale)
    if found.stacked:
        marks = [_area(found, line, k) for k, line in enumerate(found.lines)]
    else:
        marks = [_line(found, line, looks) for line in found.lines]
    height = 3.4 if found.stacked else 2.7
    return Plot(found.title, found.caption, over(found.periods), y, marks, height, named=found.stacked)


def _line(found: Chart, line: Line, looks: Mapping[str, Look]) -> Mark:
    look = looks.get(line.contestant or "", PLAIN)
    look = Look(look.series, "--", 1.0) if line.dashed else look._replace(width=0.7 * look.width)
    x, y, low, high = thinned(found.periods, line.values, line.low, line.high)
    return Mark(line.label, look, x, y, low, high, group=line.contestant or line.label)


def _area(found: Chart, line: Line, place: int) -> Mark:
    """In a colour of its own."""
    x, y = thinned(found.periods, line.values)
    return Mark(line.label, Look(place % COLOURS, "-", 1.0), x, y, shape="area")
