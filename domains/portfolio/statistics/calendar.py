"""Net returns by year, by month, and in times of stress."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway.domains.portfolio.statistics.daily import growth, mean, total
from headway.findings import Attempt, Cell, Column, Study, Table

Dates = NDArray[np.datetime64]

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
NAME = Column("contestant", "text")


def by_year(study: Study[Any, Any], dates: Dates) -> Table:
    """Every contestant in every calendar year; the first and the last may be cut off."""
    years = dates.astype("datetime64[Y]")
    found = np.unique(years)
    rows: list[Sequence[Cell]] = [
        (label, *(_compounded(attempts, years == year) for year in found)) for label, attempts in study.attempts.items()
    ]
    columns = (NAME, *(Column(str(year), "percent", 1) for year in found))
    return Table("Net return by year", columns, rows, "Means over seeds. The first and last year may be in part.", True)


def by_month(label: str, attempt: Attempt[Any], dates: Dates) -> Table:
    """One attempt in every month, a row a year; the last column is the year."""
    months, logs = dates.astype("datetime64[M]"), growth(attempt.evaluation)
    rows: list[Sequence[Cell]] = []
    for year in np.unique(dates.astype("datetime64[Y]")):
        within = [months == year.astype("datetime64[M]") + k for k in range(12)]
        cells = [total(logs[days]) if days.any() else math.nan for days in within]
        rows.append((str(year), *cells, total(logs[np.any(within, axis=0)])))
    columns = (Column("year", "text"), *(Column(month, "percent", 1) for month in (*MONTHS, "year")))
    return Table(f"Net return by month: {label}", columns, rows, "", True)


def stressed(study: Study[Any, Any], dates: Dates) -> Table | None:
    """Every contestant in each stretch of stress; None where the backtest has none of them."""
    spans = [span for span in study.spans if span.kind == "stress"]
    if not spans:
        return None
    rows: list[Sequence[Cell]] = [
        (label, *(_compounded(attempts, span.part) for span in spans)) for label, attempts in study.attempts.items()
    ]
    columns = (NAME, *(Column(span.name, "percent", 1) for span in spans))
    days = "; ".join(f"{span.name}: {dates[span.part][0]} to {dates[span.part][-1]}" for span in spans)
    return Table("Times of stress", columns, rows, f"Net return over all of each. {days}.", True)


def _compounded(attempts: Sequence[Attempt[Any]], days: Any) -> float:
    return mean([total(growth(attempt.evaluation)[days]) for attempt in attempts])
