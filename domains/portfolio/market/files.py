"""A user's own prices, from CSV or Parquet: one column an asset, or one row a date and asset."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import Field

from headway.components import component
from headway.domains.portfolio.market.market import LARGEST_MOVE, Market, PriceTable
from headway.domains.portfolio.market.providers import Provider
from headway.errors import DataError, UnknownNameError

if TYPE_CHECKING:
    import pandas as pd


FIRST_ROW = 2  # row 1 is the header


@component
class File(Provider):
    """Closing prices, adjusted for splits and dividends, in a table with a date column.

    path : .csv, .csv.gz or .parquet
    date : name of the date column (YYYY-MM-DD); dates sorted and unique
    asset : name of the column that holds the asset; None: every other column is an asset ("wide")
    price : name of the price column of a long table
    largest_move : absolute daily return from which a price is taken for an error

    Every cell must be a finite price above zero: nothing is filled, dropped or carried forward.
    """

    path: Path
    date: str = "date"
    asset: str | None = None
    price: str = "close"
    largest_move: Annotated[float, Field(gt=0)] = LARGEST_MOVE

    def market(self) -> Market:
        frame = _read(self.path)
        wide = frame if self.asset is None else self._pivoted(frame, self.asset)
        dates = _dates(self.path, _column(self.path, wide, self.date))
        names = [str(name) for name in wide.columns if name != self.date]
        prices = [_numbers(self.path, wide[name]) for name in names]
        values = np.array(prices, np.float64).reshape(len(names), -1).T
        table = PriceTable(dates, tuple(names), values, FIRST_ROW if self.asset is None else None)
        caveats = (f"Prices are the user's own ({self.path.name}), taken as adjusted for splits and dividends.",)
        return table.market(str(self.path), largest=self.largest_move, caveats=caveats)

    def _pivoted(self, frame: pd.DataFrame, asset: str) -> pd.DataFrame:
        """The long table as a wide one; a missing pair of date and asset becomes an empty cell."""
        for name in (self.date, asset, self.price):
            _column(self.path, frame, name)
        twice = np.flatnonzero(frame.duplicated([self.date, asset]))
        if len(twice):
            row = frame.iloc[twice[0]]
            raise DataError(
                "an asset has two prices on one date",
                where=f"{self.path}, row {twice[0] + FIRST_ROW}",
                got=f"{row[asset]} on {row[self.date]}",
                expected="one row per date and asset",
            )
        wide = frame.pivot(index=self.date, columns=asset, values=self.price)
        return wide.reset_index()


def _read(path: Path) -> pd.DataFrame:
    """The table; cells of a CSV are text, so that a bad one can be quoted as it stands."""
    import pandas as pd

    try:
        if path.suffix == ".parquet":
            frame = pd.read_parquet(path)
            return frame if isinstance(frame.index, pd.RangeIndex) else frame.reset_index()
        raw = pd.read_csv(path, header=None, dtype=str, skip_blank_lines=False, keep_default_na=False)
    except (OSError, ValueError) as error:  # pandas' and pyarrow's own errors are ValueErrors
        raise DataError(
            "the price table cannot be read", where=path, got=error, expected="a CSV or Parquet file"
        ) from error
    header = [str(name).strip() for name in raw.iloc[0]]
    if len(set(header)) < len(header):
        raise DataError("a column appears twice", where=f"{path}, row 1", got=header, expected="unique names")
    return raw.iloc[1:].set_axis(header, axis=1).reset_index(drop=True)


def _column(path: Path, frame: pd.DataFrame, name: str) -> pd.Series[Any]:
    if name not in frame.columns:
        raise UnknownNameError("column", name, map(str, frame.columns), where=f"{path}, row 1")
    return frame[name]


def _dates(path: Path, column: pd.Series[Any]) -> np.ndarray[Any, np.dtype[np.datetime64]]:
    import pandas as pd

    dates = pd.to_datetime(column, errors="coerce", format=None if column.dtype.kind == "M" else "ISO8601")
    _refuse(path, column, dates.isna().to_numpy(), "a date, YYYY-MM-DD")
    return dates.to_numpy().astype("datetime64[D]")


def _numbers(path: Path, column: pd.Series[Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Prices as floats; an empty cell is NaN, which `PriceTable.check` refuses with its place."""
    import pandas as pd

    numbers = pd.to_numeric(column, errors="coerce").to_numpy(np.float64)
    text = column.fillna("").astype(str).str.strip().str.lower()
    empty = text.isin(["", "nan", "na", "null", "none"]).to_numpy()
    _refuse(path, column, np.isnan(numbers) & ~empty, "a number")
    return numbers


def _refuse(path: Path, column: pd.Series[Any], bad: np.ndarray[Any, np.dtype[np.bool_]], expected: str) -> None:
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        where = f"{path}, row {row + FIRST_ROW}, column {column.name}"
        raise DataError("a cell cannot be read", where=where, got=repr(column.iloc[row]), expected=expected)
