"""A user's own prices, from CSV or Parquet: one column an asset, or one row a date and asset."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component
from headway.domains.portfolio.market.actions import read_actions
from headway.domains.portfolio.market.calendars import require_sessions
from headway.domains.portfolio.market.instance import GONE, SUSPENDED, TRADED
from headway.domains.portfolio.market.layouts import read_long, read_wide
from headway.domains.portfolio.market.listing import carried, delisted, statuses
from headway.domains.portfolio.market.market import LARGEST_MOVE, Market
from headway.domains.portfolio.market.providers import Provider

Return = Annotated[float, Field(gt=-1)]


@component
class File(Provider):
    """Closing prices in a table with a date column.

    path : .csv, .csv.gz or .parquet
    date : name of the date column (YYYY-MM-DD); dates sorted and unique
    asset : name of the column that holds the asset; None: every other column is an asset ("wide")
    price : name of the price column of a long table
    volume : name of the volume column of a long table; what follows an asset's name in a wide one ("_volume"); None:
        size moves no price
    volume_unit : volumes count shares, or currency
    actions : table of splits and dividends (`read_actions`); None: prices are adjusted already
    gaps : what an empty price means. ``refuse``: an error; ``suspend``: the asset is not traded that day, not yet
        listed before its first price, and delisted after its last one
    delisting_return : what holders got after the last price, for all assets or by name; needed where one ends early
    calendar : exchange whose sessions the dates must be (its `exchange_calendars` name); None: any dates
    largest_move : absolute daily return from which a price is taken for an error
    """

    path: Path
    date: str = "date"
    asset: str | None = None
    price: str = "close"
    volume: str | None = None
    volume_unit: Literal["shares", "currency"] = "shares"
    actions: Path | None = None
    gaps: Literal["refuse", "suspend"] = "refuse"
    delisting_return: Return | dict[str, Return] | None = None
    calendar: str | None = None
    largest_move: Annotated[float, Field(gt=0)] = LARGEST_MOVE

    def market(self) -> Market:
        source = str(self.path)
        if self.asset is None:
            table, volume = read_wide(self.path, self.date, self.volume)
        else:
            table, volume = read_long(self.path, self.date, self.asset, self.price, self.volume)
        table.check_prices(source, gaps=self.gaps == "suspend")
        if self.calendar is not None:
            first, last = str(table.dates[0]), str(table.dates[-1])
            require_sessions(table.dates, self.calendar, first, last, f"{source}, column {self.date}")
        status, prices = statuses(table.prices), carried(table.prices)
        rest: dict[str, NDArray[Any]] = {"status": status[1:]}
        if volume is not None:
            value = volume if self.volume_unit == "currency" else volume * table.prices
            rest["volume"] = np.where(status == TRADED, value, 0.0)[1:]
        if self.actions is not None:
            prices = read_actions(self.actions, table.dates, table.assets, status == TRADED).total_return(prices)
        full = dataclasses.replace(table, prices=prices)
        market = full.market(source, largest=self.largest_move, caveats=self._caveats(status), rest=rest)
        return delisted(market, status, self.delisting_return)

    def _caveats(self, status: NDArray[np.int8]) -> tuple[str, ...]:
        """What a reader of any figure on these prices must know."""
        adjusted = "taken as adjusted for splits and dividends"
        if self.actions is not None:
            adjusted = f"made total returns by the splits and dividends declared in {self.actions.name}"
        said = [f"Prices are the user's own ({self.path.name}), {adjusted}."]
        ends, gaps = int((status[-1] == GONE).sum()), int((status == SUSPENDED).sum())
        if gaps:
            said.append(f"Empty prices: on {gaps} days an asset is not traded, and keeps its price until the next one.")
        if ends:
            paid = self.delisting_return
            said.append(f"Delisting: {ends} assets end early; after the last price a return of {paid} is declared.")
        return tuple(said)
