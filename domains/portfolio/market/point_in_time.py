"""Data that was known at some time: scores, sentiment, filings; joined to a market as of each close."""

from __future__ import annotations

import dataclasses
import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component
from headway.domains.portfolio.market.known import Known
from headway.domains.portfolio.market.market import Market
from headway.domains.portfolio.market.tables import (
    FIRST_ROW,
    column_of,
    dates_of,
    numbers_of,
    read_table,
    refuse,
    times_of,
)
from headway.domains.portfolio.market.texts import TEXT_MODEL, encoded
from headway.errors import DataError

if TYPE_CHECKING:
    import pandas as pd


@component
class PointInTime:
    """Rows (available_at, date, asset, name, value): what a value describes, and since when it is known.

    path : .csv, .csv.gz or .parquet
    available_at, date, asset, name, value : names of its columns; name None: all rows are of one signal, called as the
        value column is. Times are the exchange's local ones; a date without a time counts from its midnight
    close : time of day at which decisions are taken
    stale : calendar days after its date from which a value is no longer used; None: never
    early : allow rows that are available before the date they describe (forecasts); otherwise they are refused
    text : name of a column of texts instead of values; each is turned into ``numbers`` numbers by ``model``
    cache : folder of encoded texts; None: ``$XDG_CACHE_HOME/headway/texts``

    At the close of a day an asset's value is that of the latest date described by rows with
    ``available_at <= close``; of several for that date, the one available last. So a revision is seen from its own
    ``available_at`` on, and a late revision of an old date does not replace a newer one. Nothing is filled: where no
    row is available, or it is stale, the value is NaN.
    """

    path: Path
    available_at: str = "available_at"
    date: str = "date"
    asset: str = "asset"
    name: str | None = "name"
    value: str = "value"
    close: datetime.time = datetime.time(16)
    stale: Annotated[int, Field(ge=1)] | None = None
    early: bool = False
    text: str | None = None
    numbers: Annotated[int, Field(ge=1)] = 4
    model: str = TEXT_MODEL
    cache: Path | None = None

    def join(self, market: Market) -> Market:
        """The market with these signals beside those it has, and a caveat that says where they come from.

        Raises
        ------
        DataError
            A cell cannot be read, lies in the future, is available before its date, or stands there twice; or no
            row is about an asset of the market.
        """
        rows = self._rows()
        if not np.isin(rows.asset, market.assets).any():
            got, expected = sorted(set(map(str, rows.asset)))[:10], f"some of {', '.join(market.assets)}"
            raise DataError("no row is about an asset of the market", where=self.path, got=got, expected=expected)
        names = np.unique(rows.name)
        values = np.stack([self._signal(market, rows, str(name)) for name in names], axis=2)
        old = market.rest.get("signals"), market.rest.get("signal_names")
        joined = values if old[0] is None else np.concatenate([old[0], values], axis=2)
        known = names if old[1] is None else np.concatenate([old[1], names])
        caveat = f"Signals {', '.join(map(str, names))}: the user's own ({self.path.name}), as available at each close."
        return dataclasses.replace(
            market,
            rest={**market.rest, "signals": joined, "signal_names": known.astype(str)},
            caveats=(*market.caveats, caveat),
        )

    def _rows(self) -> Known:
        """The table, checked; one row per signal (a text gives several). Raises DataError."""
        path, frame = self.path, read_table(self.path)
        available = times_of(path, at := column_of(path, frame, self.available_at))
        date, asset = dates_of(path, column_of(path, frame, self.date)), column_of(path, frame, self.asset)
        content = column_of(path, frame, self.text or self.value)
        own = str(content.name)  # of all rows
        name = frame.assign(name=own)["name"] if self.name is None else column_of(path, frame, self.name)
        if not self.early:
            hint = "set early=true if this is a forecast that was published before its date"
            refuse(path, at, available < date, "the described date or later", what="known before its date", hint=hint)
        self._refuse_twice(available, date, asset, name)
        rows = Known(available, date, asset.astype(str).to_numpy(), name.astype(str).to_numpy(), np.zeros(len(date)))
        if self.text is not None:
            return rows.spread(encoded(content.fillna("").astype(str).tolist(), self.model, self.numbers, self.cache))
        numbers = numbers_of(path, content)
        refuse(path, content, ~np.isfinite(numbers), "a finite number (leave a row out where there is none)")
        return rows._replace(value=numbers)

    def _refuse_twice(
        self, available: NDArray[Any], date: NDArray[Any], asset: pd.Series[Any], name: pd.Series[Any]
    ) -> None:
        import pandas as pd

        key = pd.DataFrame({"available_at": available, "date": date, "asset": asset, "name": name})
        twice = np.flatnonzero(key.duplicated())
        if len(twice):
            raise DataError(
                "a value stands there twice",
                where=f"{self.path}, row {twice[0] + FIRST_ROW}",
                got=", ".join(str(part) for part in key.iloc[twice[0]]),
                expected="one row per available_at, date, asset and name",
                hint="a revision has an available_at of its own",
            )

    def _signal(self, market: Market, rows: Known, name: str) -> NDArray[np.float64]:
        """float64 [T, N]: one signal as of each close."""
        since_midnight = np.timedelta64(self.close.hour * 60 + self.close.minute, "m")
        closes: NDArray[np.datetime64] = np.add(market.dates.astype("datetime64[s]"), since_midnight)
        own = rows.where(rows.name == name)
        columns = [own.where(own.asset == asset).as_of(closes, self.stale) for asset in market.assets]
        return np.stack(columns, axis=1)
