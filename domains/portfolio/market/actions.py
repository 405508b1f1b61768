"""Corporate actions: splits and dividends that turn the prices of a tape into what a holder earned."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.domains.portfolio.market.tables import FIRST_ROW, column_of, dates_of, numbers_of, read_table, refuse
from headway.errors import DataError

Floats = NDArray[np.float64]

KINDS = ("split", "dividend")


class Actions(NamedTuple):
    """Per day and asset: shares that one becomes, and currency paid a share (of those there are on the day)."""

    split: Floats
    dividend: Floats

    def total_return(self, prices: Floats) -> Floats:
        """Prices [T, N] as of one share bought on the first day whose dividends buy more of it at each close."""
        growth = np.ones(prices.shape)
        growth[1:] = self.split[1:] * (prices[1:] + self.dividend[1:]) / prices[:-1]
        adjusted: Floats = prices[0] * growth.cumprod(axis=0)
        return adjusted


def read_actions(
    path: Path, dates: NDArray[np.datetime64], assets: tuple[str, ...], priced: NDArray[np.bool_]
) -> Actions:
    """A table with the columns date (ex-date), asset, kind (split or dividend) and value, as arrays like the prices.

    A split's value is the number of shares that one becomes (4 for 4:1, 0.1 for a reverse 1:10). Actions before the
    first or after the last date are left out.

    Raises
    ------
    DataError
        A row names an unknown asset or kind, an impossible value, or a day within the prices without one; or stands
        there twice.
    """
    frame = read_table(path)
    day, asset, kind, amount = (column_of(path, frame, name) for name in ("date", "asset", "kind", "value"))
    when, value = dates_of(path, day), numbers_of(path, amount)
    refuse(path, asset, ~asset.isin(assets).to_numpy(), f"one of {', '.join(assets)}", what="an unknown asset")
    refuse(path, kind, ~kind.isin(KINDS).to_numpy(), " or ".join(KINDS), what="an unknown kind of corporate action")
    refuse(path, amount, ~(np.isfinite(value) & (value > 0)), "a number above zero", what="an impossible action")
    twice = np.flatnonzero(frame.assign(date=when).duplicated(["date", "asset", "kind"]))
    if len(twice):
        got = f"{kind.iloc[twice[0]]} of {asset.iloc[twice[0]]} on {when[twice[0]]}"
        where = f"{path}, row {twice[0] + FIRST_ROW}"
        raise DataError("an action stands there twice", where=where, got=got, expected="one a day")
    inside = (when >= dates[0]) & (when <= dates[-1])
    row = np.minimum(np.searchsorted(dates, when), len(dates) - 1)
    column = np.array([assets.index(name) for name in asset], int)
    lost = inside & ~((dates[row] == when) & priced[row, column])
    refuse(path, day, lost, "a day on which the asset has a price", what="an action on a day without a price")
    arrays = {"split": np.ones(priced.shape), "dividend": np.zeros(priced.shape)}
    for name, array in arrays.items():
        rows = inside & (kind == name).to_numpy()
        array[row[rows], column[rows]] = value[rows]
    return Actions(**arrays)
