"""Prices from Yahoo through yfinance: checked, then kept on disk with a manifest, or refused."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import Field

from headway.components import component, given
from headway.datasets import cache_folder
from headway.domains.portfolio.market.cache import read_cached, write_cached
from headway.domains.portfolio.market.calendars import require_sessions
from headway.domains.portfolio.market.market import LARGEST_MOVE, Market, PriceTable
from headway.domains.portfolio.market.providers import Provider
from headway.errors import DataError

if TYPE_CHECKING:
    import pandas as pd


@component
class Yahoo(Provider):
    """Daily closes, adjusted for splits and dividends, of ``tickers`` from ``start`` to ``end`` (included).

    calendar : exchange whose sessions the dates must equal, by its `exchange_calendars` name
    cache : folder of validated downloads; None: ``$XDG_CACHE_HOME/headway/yahoo``
    refresh : download again although the cache has it

    yfinance itself reports failures in its log only: an unknown ticker is a column of NaN, no network
    an empty table. Here both are a DataError that names the tickers, and no part of it is kept.
    """

    tickers: Annotated[tuple[str, ...], Field(min_length=1)]
    start: datetime.date
    end: datetime.date
    calendar: str = "XNYS"
    largest_move: Annotated[float, Field(gt=0)] = LARGEST_MOVE
    cache: Path | None = None
    refresh: bool = False
    session: Any = given(None)  # a requests or curl_cffi session; tests inject a recorded one

    def market(self) -> Market:
        return self._market(self.closes())

    def closes(self) -> pd.DataFrame:
        """Adjusted closes, a column per ticker in alphabetical order: as kept, or downloaded and checked.

        Raises
        ------
        DataError
            Prices are missing, incomplete or impossible; nothing is kept.
        """
        frame = None if self.refresh else read_cached(self.folder, self.request)
        if frame is None:
            frame = self._download()
            self._check(frame)
            self._market(frame)  # a jump is refused before anything is kept
            write_cached(self.folder, self.request, frame)
        return frame

    def _market(self, frame: pd.DataFrame) -> Market:
        dates = frame.index.to_numpy().astype("datetime64[D]")
        table = PriceTable(dates, tuple(frame.columns), frame.to_numpy(np.float64))
        caveats = (
            "Prices are Yahoo's, adjusted backwards: later dividends and splits change them, so the cached "
            "download and its SHA-256 are what can be repeated.",
            "Survivorship: the tickers were chosen by whoever made the configuration, with today's knowledge.",
        )
        return table.market("Yahoo Finance", largest=self.largest_move, caveats=caveats)

    @property
    def folder(self) -> Path:
        """Where downloads are kept."""
        return self.cache or cache_folder() / "yahoo"

    @property
    def request(self) -> str:
        """What is asked of Yahoo, as canonical JSON: the identity of a cached download."""
        asked = {
            "tickers": sorted(set(self.tickers)),
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "auto_adjust": True,
            "calendar": self.calendar,
        }
        return json.dumps(asked, sort_keys=True)

    def _download(self) -> pd.DataFrame:
        """Adjusted closes, one column a ticker in alphabetical order. Raises DataError."""
        import yfinance

        wanted = sorted(set(self.tickers))
        table = yfinance.download(
            wanted,
            start=self.start,
            end=self.end + datetime.timedelta(days=1),  # yfinance leaves its end out
            auto_adjust=True,
            actions=False,
            progress=False,
            threads=False,
            session=self.session,
        )
        got = [] if table is None or table.empty else [t for t in wanted if ("Close", t) in table.columns]
        missing = [t for t in wanted if t not in got or table["Close"][t].isna().all()]
        if missing:
            raise DataError(
                "Yahoo gave no prices" if len(missing) == len(wanted) else "Yahoo gave prices for some tickers only",
                where=f"yahoo, {self.start} to {self.end}",
                got=f"nothing for {', '.join(missing)}",
                expected="prices for every ticker",
                hint="check the spelling and the network, or leave these tickers out",
            )
        closes: pd.DataFrame = table["Close"][wanted]
        closes.index = closes.index.tz_localize(None).normalize()  # type: ignore[attr-defined]
        return closes

    def _check(self, closes: pd.DataFrame) -> None:
        """Sessions equal the exchange's, and every cell is a positive price. Raises DataError."""
        import pandera.pandas as pandera

        first, last = str(self.start), str(self.end)
        require_sessions(
            closes.index.to_numpy().astype("datetime64[D]"), self.calendar, first, last, f"yahoo, {first} to {last}"
        )
        price = pandera.Column(float, pandera.Check.gt(0), nullable=False)
        schema = pandera.DataFrameSchema(
            dict.fromkeys(closes.columns, price), index=pandera.Index("datetime64[ns]", unique=True, coerce=True),
            strict=True,
        )  # fmt: skip
        try:
            schema.validate(closes, lazy=True)
        except pandera.errors.SchemaErrors as error:
            case = error.failure_cases.iloc[0]
            bad = closes[case["column"]].isna()
            raise DataError(
                "Yahoo's prices are incomplete",
                where=f"yahoo, column {case['column']}, {case['index']}",
                got=f"{case['failure_case']} ({int(bad.sum())} of {len(bad)} cells empty)",
                expected="a price above zero in every session",
                hint="start after the ticker's first session, or leave it out",
            ) from error
