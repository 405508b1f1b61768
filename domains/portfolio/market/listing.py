"""Assets that are not always traded: suspensions, listings and delistings, from the empty cells of a price table."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from headway.domains.portfolio.market.instance import GONE, SUSPENDED, TRADED
from headway.domains.portfolio.market.market import Market
from headway.errors import DataError

Floats = NDArray[np.float64]


def statuses(prices: Floats) -> NDArray[np.int8]:
    """int8 [T, N]: an empty cell before the first or after the last price is `GONE`, between them `SUSPENDED`."""
    priced = np.isfinite(prices)
    begun = np.logical_or.accumulate(priced, axis=0)
    over = ~np.logical_or.accumulate(priced[::-1], axis=0)[::-1]
    return np.where(priced, TRADED, np.where(begun & ~over, SUSPENDED, GONE)).astype(np.int8)


def carried(prices: Floats) -> Floats:
    """Prices [T, N] with the last one in empty cells, and the first one before it, so that returns there are 0.

    What is carried is a price at which nothing is traded: `statuses` says so.
    """
    row = np.where(np.isfinite(prices), np.arange(len(prices))[:, None], -1)
    last = np.maximum.accumulate(row, axis=0)
    first = np.isfinite(prices).argmax(axis=0)
    return np.take_along_axis(prices, np.where(last < 0, first, last), axis=0)


def delisted(market: Market, status: NDArray[np.int8], paid: float | Mapping[str, float] | None) -> Market:
    """The market with what a delisting did, on the first day after an asset's last price.

    status : int8 [T + 1, N], of the day before the first return, too
    paid : the declared return, for all or by asset: -0.3 is what Shumway (1997) measured where bad performance was
        the reason, 0 is a takeover at the last price

    Raises
    ------
    DataError
        An asset ends early and nothing is declared for it.
    """
    returns = market.returns.copy()
    for day, column in np.argwhere((status[1:] == GONE) & (status[:-1] != GONE)):
        name = market.assets[column]
        declared = paid.get(name) if isinstance(paid, Mapping) else paid
        if declared is None:
            raise DataError(
                "an asset has no prices any more, and nobody said what its holders got",
                where=f"{market.source}, {market.dates[day]}, column {name}",
                got="empty cells up to the end",
                expected="delisting_return, for all assets or for this one",
                hint="-0.3 is usual after bad performance (Shumway 1997), 0 after a takeover at the last price",
            )
        returns[day, column] = declared
    return dataclasses.replace(market, returns=returns)
