"""Price providers by name, and the price histories that ship inside skfolio."""

from __future__ import annotations

import csv
import datetime
import gzip
import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from headway.components import component
from headway.domains.portfolio.market.instance import PricePath
from headway.domains.portfolio.market.market import Market, PriceTable
from headway.errors import DataError

PROVIDERS: Mapping[str, str] = {
    "sp500": "headway.domains.portfolio.market.providers:SP500",
    "factors": "headway.domains.portfolio.market.providers:Factors",
    "file": "headway.domains.portfolio.market.files:File",
    "yahoo": "headway.domains.portfolio.market.yahoo:Yahoo",
    "olps": "headway.domains.portfolio.market.olps:OLPS",
    "synthetic": "headway.domains.portfolio.market.synthetic:Synthetic",
}


class Provider(ABC):
    """Where prices come from: a component whose fields say which."""

    @abstractmethod
    def market(self) -> Market:
        """The checked history.

        Raises
        ------
        DataError
            Prices are missing, incomplete or impossible; nothing is replaced or filled.
        """


class Simulator(Provider):
    """A provider that can draw as many markets as are asked for: every split has its own, from unseen seeds.

    Its `market` is one long path of a seed that no split draws from; cash earns what the provider says.
    """

    @abstractmethod
    def paths(self, rng: np.random.Generator, n: int, lookback: int, scored: int) -> PricePath:
        """``n`` paths of ``lookback`` known and ``scored`` later days."""


@component
class SP500(Provider):
    """20 large US stocks, daily, 1990-01-02 to 2022-12-28 (skfolio's ``load_sp500_dataset``)."""

    caveats: ClassVar[tuple[str, ...]] = (
        "Survivorship: these 20 stocks were chosen in 2022, so every long-only result is flattered "
        "(1/N made about 16 % a year where the index made 7 % without dividends).",
        "Rounding: adjusted prices are rounded to 0.001, up to 0.4 % of AAPL's price before 2004 and "
        "61 % of RRC's days without a move in 1990-94; scored days therefore start in 1996.",
        "Closing prices only: trades are filled at the close.",
    )

    def market(self) -> Market:
        splits = (datetime.date(1996, 1, 1), datetime.date(2012, 12, 31), datetime.date(2015, 12, 31))
        return _bundled("sp500_dataset").market("skfolio sp500_dataset", caveats=self.caveats, splits=splits)


@component
class Factors(Provider):
    """5 US factor funds (MTUM QUAL SIZE USMV VLUE), daily, 2014-2022 (``load_factors_dataset``)."""

    caveats: ClassVar[tuple[str, ...]] = (
        "Five funds on one market over nine years: little breadth, and wide intervals.",
        "Closing prices only: trades are filled at the close.",
    )

    def market(self) -> Market:
        splits = (datetime.date(2016, 1, 1), datetime.date(2018, 6, 29), datetime.date(2020, 8, 31))
        return _bundled("factors_dataset").market("skfolio factors_dataset", caveats=self.caveats, splits=splits)


@cache
def _bundled(name: Literal["sp500_dataset", "factors_dataset"]) -> PriceTable:
    header, rows = packaged_csv("skfolio", f"datasets/data/{name}.csv.gz")
    dates = np.array([row[0] for row in rows], "datetime64[D]")
    return PriceTable(dates, tuple(header[1:]), np.array([row[1:] for row in rows], np.float64))


def packaged_csv(package: str, inside: str) -> tuple[list[str], list[list[str]]]:
    """Header and rows of a gzipped CSV inside an installed package, which is not imported.

    Importing skfolio costs a second and more (it loads cvxpy and scikit-learn); its data file costs
    a tenth of that.
    """
    spec = importlib.util.find_spec(package)
    folder = Path(spec.origin).parent if spec and spec.origin else None
    if folder is None or not (folder / inside).is_file():
        raise DataError(
            "a data file that ships with a package is not there",
            where=f"{package}/{inside}",
            got="no such file",
            expected=f"the file, as in {package}'s releases",
            hint=f"reinstall the version of {package} in requirements.lock",
        )
    with gzip.open(folder / inside, "rt", encoding="utf-8", newline="") as stream:
        header, *rows = list(csv.reader(stream))
    return header, rows
