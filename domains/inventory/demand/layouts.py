"""Two layouts of a demand table, one column an item ("wide") or one row a date and item ("long"): checked arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.domains.inventory.demand.features import in_units
from headway.domains.inventory.demand.history import DAY, Floats, Singles
from headway.domains.inventory.demand.table import Table
from headway.errors import DataError


class Content(NamedTuple):
    """dates datetime64[D] [T], items str [I], demand float64 [T, I], covariates float32 [T, I, K] of the table."""

    dates: NDArray[np.datetime64]
    items: NDArray[np.str_]
    demand: Floats
    covariates: Singles


def wide(table: Table, date: str, every: int, covariates: Sequence[str], ignore: Sequence[str]) -> Content:
    """Every column but the date, ``covariates`` and ``ignore`` is an item."""
    for name in ignore:
        table.column(name)
    dates = table.dates(date)
    follow(table, date, dates, every)
    items = [name for name in table.header if name not in (date, *covariates, *ignore)]
    if not items:
        where = f"{table.path}, row 1"
        raise DataError("no column is left for an item", where=where, got=list(table.header), expected="one or more")
    demand = np.stack([table.numbers(name, least=0.0) for name in items], axis=1)
    shared = of_dates(table, covariates)[:, None]
    return Content(dates, np.array(items), demand, np.broadcast_to(shared, (*demand.shape, len(covariates))))


def long(table: Table, date: str, item: str, demand: str, every: int, covariates: Sequence[str]) -> Content:
    """One row per date and item, sorted by item or by date: in either case each item's dates come in order."""
    dates, cells, wanted = table.dates(date), table.column(item), table.numbers(demand, least=0.0)
    table.refuse(item, np.array(cells) == "", "the name of an item")
    items = list(dict.fromkeys(cells))  # in order of appearance
    place = {name: at for at, name in enumerate(items)}
    column = np.array([place[cell] for cell in cells])
    rows = [np.flatnonzero(column == at) for at in range(len(items))]
    for name, own in zip(items, rows, strict=True):
        follow(table, date, dates[own], every, own, f" of {name}")
        _same_dates(table, dates[rows[0]], dates[own], items[0], name)
    order = np.stack(rows, axis=1)  # [T, I], the row of each date and item
    return Content(dates[rows[0]], np.array(items), wanted[order], of_dates(table, covariates)[order])


def of_dates(table: Table, names: Sequence[str]) -> Singles:
    """float32 [T, K]: columns of a table of dates, in units of their own deviation."""
    columns = [table.numbers(name) for name in names]
    return in_units(np.stack(columns, axis=1) if columns else np.zeros((len(table.rows), 0)))


def follow(
    table: Table,
    name: str,
    dates: NDArray[np.datetime64],
    every: int,
    rows: NDArray[np.intp] | None = None,
    whose: str = "",
) -> None:
    """Raise DataError where ``dates`` (of these ``rows`` of the table) are not ``every`` days apart, in order."""
    steps = np.diff(dates)
    wrong = np.flatnonzero(steps != every * DAY)
    if not len(wrong):
        return
    at = int(wrong[0]) + 1
    before, after = dates[at - 1], dates[at]
    what = f"dates{whose} are not sorted and unique" if after <= before else f"a gap in the dates{whose}"
    hint = None if after <= before else "give a row to every date, with demand 0 where nothing was asked for"
    place = table.place(at if rows is None else int(rows[at]), name)
    raise DataError(what, where=place, got=f"{after} after {before}", expected=before + every * DAY, hint=hint)


def _same_dates(
    table: Table, one: NDArray[np.datetime64], other: NDArray[np.datetime64], first: str, name: str
) -> None:
    if one[0] != other[0] or one[-1] != other[-1]:
        raise DataError(
            "items differ in their dates",
            where=table.path,
            got=f"{name}: {other[0]} to {other[-1]}",
            expected=f"{one[0]} to {one[-1]}, as {first}",
            hint="give all items the same dates, with demand 0 where nothing was asked for",
        )
