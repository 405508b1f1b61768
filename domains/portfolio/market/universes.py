"""Universes of tickers that are often used, with fixed dates, so that all who fetch one have the same days."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from headway.datasets import File

END = datetime.date(2025, 12, 31)


class Universe(NamedTuple):
    """Tickers, separated by blanks, and the first day of their prices: a session after the youngest was listed."""

    tickers: str
    start: datetime.date


UNIVERSES: Mapping[str, Universe] = {
    # The nine Select Sector SPDR funds listed together on 1998-12-22: none was chosen afterwards.
    "sectors": Universe("XLB XLE XLF XLI XLK XLP XLU XLV XLY", datetime.date(1999, 1, 4)),
    # The seventeen country funds (WEBS, now iShares) listed together on 1996-03-18.
    "countries": Universe(
        "EWA EWC EWD EWG EWH EWI EWJ EWK EWL EWM EWN EWO EWP EWQ EWS EWU EWW", datetime.date(1996, 4, 1)
    ),
    # The members of the Dow Jones Industrial Average since 2024-11-08; the youngest, Visa, was listed on 2008-03-19.
    "dow": Universe(
        "AAPL AMGN AMZN AXP BA CAT CRM CSCO CVX DIS GS HD HON IBM JNJ JPM KO MCD MMM MRK MSFT NKE NVDA PG SHW TRV "
        "UNH V VZ WMT",
        datetime.date(2008, 4, 1),
    ),
}


def listed() -> Mapping[str, File]:
    """File name -> how it is made: a Parquet table of adjusted closes, which `data=file` reads."""
    return {f"{name}.parquet": File(f"yahoo:{name}", write=partial(write, name)) for name in UNIVERSES}


def write(name: str, path: Path, **options: Any) -> None:
    """Fetch a universe through `Yahoo`, checked against the sessions of the exchange, and write its table.

    options : of `Yahoo`

    Raises
    ------
    DataError
        Prices are missing, incomplete or impossible.
    """
    from headway.domains.portfolio.market.yahoo import Yahoo

    tickers, start = UNIVERSES[name]
    usual: dict[str, Any] = {"tickers": tuple(tickers.split()), "start": start, "end": END}
    Yahoo(**usual | options).closes().rename_axis("date").to_parquet(path)
