"""The six markets on which on-line portfolio selection is compared, as price relatives without names or dates."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from headway.components import component
from headway.domains.portfolio.market.market import Market
from headway.domains.portfolio.market.providers import Provider
from headway.domains.portfolio.market.synthetic import FIRST_DAY
from headway.domains.portfolio.market.tables import numbers_of, read_table, refuse


@component
class OLPS(Provider):
    """Daily price relatives of the OLPS toolbox (Li, Sahoo and Hoi 2016; Apache-2.0).

    folder : where ``olps_<name>.csv.gz`` or ``olps_<name>.csv`` lies: a header, then one row a day of close / previous
        close, one column an asset
    name : nyse_o (36 stocks, 1962-84), nyse_n (23, 1985-2010), tse (88, 1994-98), sp500 (25, 1998-2003), msci (24
        indices, 2006-10) or djia (30, 2001-03)
    """

    folder: Path
    name: Literal["nyse_o", "nyse_n", "tse", "sp500", "msci", "djia"] = "nyse_o"

    def market(self) -> Market:
        packed, plain = (self.folder / f"olps_{self.name}{suffix}" for suffix in (".csv.gz", ".csv"))
        path = plain if plain.exists() else packed
        frame = read_table(path)
        relatives = np.stack([numbers_of(path, frame[name]) for name in frame.columns], axis=1)
        for name, column in zip(frame.columns, relatives.T, strict=True):
            wrong = ~(np.isfinite(column) & (column > 0))
            refuse(path, frame[name], wrong, "a finite number above zero", what="a price relative is impossible")
        dates = np.busday_offset(FIRST_DAY, np.arange(len(relatives)))
        caveats = (
            f"OLPS {self.name}: anonymous assets chosen with hindsight, so long-only results are flattered.",
            "The data has no dates; those shown are invented business days.",
            "Published results on these markets are before costs and fill orders at the close that was seen.",
        )
        names = tuple(map(str, frame.columns))
        return Market(
            dates, names, relatives - 1, np.zeros(len(dates)), f"OLPS {self.name}", caveats=caveats, dated=False
        )
