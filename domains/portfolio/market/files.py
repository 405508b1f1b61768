"""A user's own prices, from CSV or Parquet: one column an asset, or one row a date and asset."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field

from headway.components import component
from headway.domains.portfolio.market.market import LARGEST_MOVE, Market, PriceTable
from headway.domains.portfolio.market.providers import Provider
from headway.domains.portfolio.market.tables import FIRST_ROW, column_of, dates_of, numbers_of, read_table
from headway.errors import DataError

if TYPE_CHECKING:
    import pandas as pd


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
        frame = read_table(self.path)
        wide = frame if self.asset is None else self._pivoted(frame, self.asset)
        dates = dates_of(self.path, column_of(self.path, wide, self.date))
        names = [str(name) for name in wide.columns if name != self.date]
        prices = [numbers_of(self.path, wide[name]) for name in names]
        values = np.array(prices, np.float64).reshape(len(names), -1).T
        table = PriceTable(dates, tuple(names), values, FIRST_ROW if self.asset is None else None)
        caveats = (f"Prices are the user's own ({self.path.name}), taken as adjusted for splits and dividends.",)
        return table.market(str(self.path), largest=self.largest_move, caveats=caveats)

    def _pivoted(self, frame: pd.DataFrame, asset: str) -> pd.DataFrame:
        """The long table as a wide one; a missing pair of date and asset becomes an empty cell."""
        for name in (self.date, asset, self.price):
            column_of(self.path, frame, name)
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
