"""A user's own demand, from CSV: one column an item, or one row a date and item; and a calendar beside it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component
from headway.domains.inventory.demand.features import around, one_of_each, seasons
from headway.domains.inventory.demand.history import History, Provider, Singles
from headway.domains.inventory.demand.layouts import Content, long, of_dates, wide
from headway.domains.inventory.demand.table import Table
from headway.errors import ConfigError, DataError

CENSORED = "Demand is taken as recorded: where a shop was sold out, more may have been wanted than the data say."
OBSERVED = (
    "Covariates of a day count as known when its order is placed; weather is the observed one and stands in for a "
    "forecast, which flatters every method that uses it."
)


@component
class File(Provider):
    """Demand of items on consecutive dates, and what was known of those dates beforehand.

    path : .csv or .csv.gz
    date : name of the date column (YYYY-MM-DD); dates sorted, unique, ``every`` days apart
    item : name of the column that holds the item; None: every other column is an item ("wide")
    demand : name of the demand column of a long table
    covariates : columns of this table that are known beforehand
    ignore : columns of a wide table that are neither items nor covariates
    calendar : a second table, one row a date, whose columns are covariates; it may begin earlier and end later
    calendar_columns : those of its columns that are used; None: all but the date
    nearby : for columns of the calendar that are planned (holidays, not weather): days before (negative) and after a
        date whose value is a covariate of the date too, 0 where the calendar does not reach
    seasons : whether the weekday (of daily data) and the time of the year are covariates too
    identity : whether each item has a 0/1 covariate of its own, so that a shared model can tell items apart
    every : days in a period
    delimiter : what separates cells, in both tables

    Every demand must be a finite number, 0 or more, on every date: nothing is filled, dropped or carried forward.
    """

    path: Path
    date: str = "date"
    item: str | None = None
    demand: str = "demand"
    covariates: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    calendar: Path | None = None
    calendar_columns: tuple[str, ...] | None = None
    nearby: dict[str, tuple[int, ...]] = dataclasses.field(default_factory=dict)
    seasons: bool = True
    identity: bool = False
    every: Annotated[int, Field(ge=1)] = 1
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","

    def __post_init__(self) -> None:
        if self.calendar is None and (self.calendar_columns is not None or self.nearby):
            where, expected = "demand_options.calendar", "calendar=<a CSV> beside calendar_columns and nearby"
            raise ConfigError("columns of a calendar that is not named", where=where, expected=expected)

    def history(self) -> History:
        """The demand, and as covariates: the table's own, the calendar's, and the seasons."""
        found = self._content(Table.read(self.path, self.delimiter))
        parts: list[tuple[Singles, tuple[str, ...]]] = [(found.covariates, self.covariates)]
        parts += [self._calendar(self.calendar, found.dates)] if self.calendar else []
        parts += [seasons(found.dates, self.every)] if self.seasons else []
        parts += [one_of_each(found.items)] if self.identity else []
        covariates = np.concatenate([_each(part, found) for part, _ in parts], axis=2)
        observed = (OBSERVED,) if self.covariates or self.calendar else ()
        return History(
            dates=found.dates,
            items=found.items,
            demand=found.demand,
            covariates=covariates,
            names=tuple(name for _, names in parts for name in names),
            source=self.path.name,
            caveats=(f"Demand is the user's own ({self.path.name}). {CENSORED}", *observed),
            every=self.every,
        )

    def _content(self, table: Table) -> Content:
        if self.item is None:
            return wide(table, self.date, self.every, self.covariates, self.ignore)
        return long(table, self.date, self.item, self.demand, self.every, self.covariates)

    def _calendar(self, path: Path, dates: NDArray[np.datetime64]) -> tuple[Singles, tuple[str, ...]]:
        """The calendar's columns on these dates, float32 [T, K], and their names."""
        table = Table.read(path, self.delimiter)
        listed = table.dates(self.date)
        late = np.zeros(len(listed), bool)
        late[1:] = listed[1:] <= listed[:-1]
        table.refuse(self.date, late, "a date later than the one above")
        missing = dates[~np.isin(dates, listed)]
        if len(missing):
            expected = f"all dates of {self.path}"
            raise DataError("the calendar lacks a date", where=path, got=f"no row of {missing[0]}", expected=expected)
        names = self.calendar_columns
        names = tuple(name for name in table.header if name != self.date) if names is None else names
        columns = [of_dates(table, names)[np.searchsorted(listed, dates)]]
        for name, days in self.nearby.items():
            columns.append(around(listed, of_dates(table, (name,))[:, 0], dates, days))
            names += tuple(f"{name}{day:+d}" for day in days)
        return np.concatenate(columns, axis=1), names


def _each(part: Singles, found: Content) -> Singles:
    """Covariates of the dates [T, K], the items [1, I, K], or of both already, as float32 [T, I, K]."""
    shared = part if part.ndim == 3 else part[:, None]
    return np.broadcast_to(shared, (*found.demand.shape, part.shape[-1]))
