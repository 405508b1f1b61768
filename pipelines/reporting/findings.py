"""What a problem found in a backtest (`headway.findings`), as printed tables and drawn figures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from markupsafe import Markup

from headway.findings import Cell, Chart, Column, Findings, Line, Table
from headway.pipelines.reporting import formats
from headway.pipelines.reporting.axes import dates_or_numbers, plain_log
from headway.pipelines.reporting.charts import Figure, Look
from headway.pipelines.reporting.figures import SERIES, chart

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHADE = 60  # per cent of colour in the cell that is furthest from zero
PLAIN = Look(len(SERIES) - 1, "-", 1.5)


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


def figures(findings: Findings, looks: Mapping[str, Look]) -> list[Figure]:
    """Every chart, drawn in the colours of the page."""
    return [Figure(found.title, found.caption, _drawn(found, looks)) for found in findings.charts]


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
def _drawn(found: Chart, looks: Mapping[str, Look]) -> Markup:
    def draw(axes: Axes) -> None:
        periods = dates_or_numbers(found.periods)
        if found.stacked:
            _areas(axes, periods, found.lines)
        else:
            for line in found.lines:
                _line(axes, periods, line, looks.get(line.contestant or "", PLAIN))
        if found.scale == "log":
            axes.set_yscale("log")
            plain_log(axes.yaxis)
        axes.set_ylabel(found.unit)

    return chart(found.title, draw, height=3.3 if found.stacked else 2.7)


def _line(axes: Axes, periods: Any, line: Line, look: Look) -> None:
    dash, width = ("--", 0.9) if line.dashed else (look.dash, 0.7 * look.width)
    axes.plot(periods, line.values, color=look.colour, ls=dash, lw=width, gid=f"tip:{line.label}")
    if len(line.low):
        axes.fill_between(periods, line.low, line.high, color=look.colour, alpha=0.16, lw=0)


def _areas(axes: Axes, periods: Any, lines: Sequence[Line]) -> None:
    """Areas as steps, each in a colour of its own, with a legend below."""
    values = np.array([line.values for line in lines], float)
    colours = [SERIES[k % len(SERIES)] for k in range(len(lines))]
    labels = [line.label for line in lines]
    for area, label in zip(
        axes.stackplot(periods, values, colors=colours, labels=labels, step="post"), labels, strict=True
    ):
        area.set(alpha=0.75, linewidth=0, gid=f"tip:{label}")
    axes.margins(x=0, y=0)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=4, fontsize=7.5, handlelength=1.0)
