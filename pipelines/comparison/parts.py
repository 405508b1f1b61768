"""What a backtest's parts tell: every contestant's measures in each, with intervals, as a table, CSV and JSON.

Of a part the objective is what it would be if the whole history were like it: the mean of the scorer's series there.
Seeds are averaged and time is resampled as for all of it, in blocks of the same mean length; a part of fewer than four
blocks has no intervals.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.clock import shown
from headway.findings import Cell, Column, Measure, Span, Table
from headway.pipelines.comparison.resampled import OBJECTIVE
from headway.pipelines.comparison.timeline import Timeline
from headway.storage.files import write_rows

FILE = "spans.csv"
TITLES = {"stress": "Objective in times of stress", "calendar": "Objective by part", "part": "Objective by part"}


class Part(NamedTuple):
    """A span, its first and last moment, how many periods it has, and contestant -> measure -> what was measured."""

    span: Span
    first: str
    last: str
    periods: int
    measures: Mapping[str, Mapping[str, Measure]]


def parts(timeline: Timeline, clock: NDArray[Any], spans: Sequence[Span]) -> list[Part]:
    """One for each span of a clock [T] that is not empty, then all of the backtest."""
    whole = Span("all", "all", slice(0, len(clock)))
    everyone = [(span, timeline.within(span.part)) for span in spans] + [(whole, timeline)]
    return [_part(span, part, clock[span.part]) for span, part in everyone if len(clock[span.part])]


def records(found: Sequence[Part]) -> list[dict[str, Any]]:
    """As JSON; of each measure value, low, high, lead over the reference, its low and high."""
    return [
        {
            "kind": part.span.kind,
            "name": part.span.name,
            "first": part.first,
            "last": part.last,
            "periods": part.periods,
            "measures": {who: {n: list(m) for n, m in known.items()} for who, known in part.measures.items()},
        }
        for part in found
    ]


def write(found: Sequence[Part], folder: Path) -> Path:
    """``spans.csv``: a row per part, contestant and measure; what is not known is left blank."""
    header = ["kind", "name", "first", "last", "periods", "contestant", "measure", *Measure._fields]
    rows = [
        [part.span.kind, part.span.name, part.first, part.last, part.periods, who, name, *_known(measure)]
        for part in found
        for who, known in part.measures.items()
        for name, measure in known.items()
    ]
    return write_rows(folder / FILE, [header, *rows])


def tables(found: Sequence[Part], unit: str) -> list[Table]:
    """The objective by part of the calendar, and in times of stress: a row a part, a column a contestant."""
    if not found:
        return []
    *within, whole = found
    titles = dict.fromkeys(TITLES[part.span.kind] for part in within)
    chosen = {title: [part for part in within if TITLES[part.span.kind] == title] for title in titles}
    return [_table(title, [*some, whole], unit) for title, some in chosen.items()]


def _part(span: Span, timeline: Timeline, clock: NDArray[Any]) -> Part:
    return Part(span, shown(clock[0]), shown(clock[-1]), len(clock), _measured(timeline))


def _measured(timeline: Timeline) -> dict[str, dict[str, Measure]]:
    return {label: known for label in timeline.tracks if (known := timeline.measures(label))}


def _known(measure: Measure) -> list[float | str]:
    return ["" if math.isnan(value) else value for value in measure]


def _table(title: str, found: Sequence[Part], unit: str) -> Table:
    labels = list(dict.fromkeys(label for part in found for label in part.measures))
    cells = {label: [_cell(part.measures.get(label)) for part in found] for label in labels}
    columns = [Column("part", "text"), Column("from", "text"), Column("to", "text"), Column("periods", places=0)]
    columns += [Column(label, places=_places(column)) for label, column in cells.items()]
    rows = [
        (part.span.name, part.first, part.last, float(part.periods), *(cells[label][k] for label in labels))
        for k, part in enumerate(found)
    ]
    return Table(title, columns, rows, f"{unit}; of a part as if all of the history were like it.".lstrip("; "))


def _cell(measures: Mapping[str, Measure] | None) -> Cell:
    if not measures:
        return ""
    found = measures[OBJECTIVE]
    return found.value if math.isnan(found.low) else (found.value, found.low, found.high)


def _places(cells: Sequence[Cell]) -> int:
    """Decimal places that leave the largest of them four digits."""
    values = [abs(cell[0] if isinstance(cell, tuple) else cell) for cell in cells if not isinstance(cell, str)]
    largest = max((value for value in values if math.isfinite(value)), default=0.0)
    return int(np.clip(3 - math.floor(math.log10(largest)), 0, 6)) if largest else 2
