"""A market: the daily return table that a price provider hands over, checked."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway.domains.portfolio.market.instance import DAILY, OPTIONAL, PricePath
from headway.errors import DataError

LARGEST_MOVE = 0.8  # a larger absolute daily return is taken for a data error unless declared


@dataclass(frozen=True, eq=False)
class Market:
    """Daily total returns of a universe, its source, and what a reader must be told about it.

    Attributes
    ----------
    dates : datetime64[D] [T], strictly increasing
    assets : names, N of them
    returns : float64 [T, N], simple returns of each day
    cash : float64 [T], what cash earned on each day
    source : where the prices come from
    caveats : sentences that belong into every report made on these prices
    splits : (first scored date, last training date, last validation date), where the source names them
    rest : the other fields of a `PricePath` without their batch axis, for days [T]; those left out are neutral
    dated : whether the dates are real ones, so that what cash earned on them can be looked up
    """

    dates: NDArray[np.datetime64]
    assets: tuple[str, ...]
    returns: NDArray[np.float64]
    cash: NDArray[np.float64]
    source: str
    caveats: tuple[str, ...] = ()
    splits: tuple[datetime.date, datetime.date, datetime.date] | None = None
    rest: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    dated: bool = True

    @classmethod
    def from_view(cls, view: PricePath) -> Market:
        """The market as far as a view (a batch of one) shows it."""
        names = tuple(str(name) for name in view.assets[0])
        rest = {name: getattr(view, name)[0] for name in OPTIONAL}
        return cls(view.dates[0], names, view.returns[0], view.cash[0], "prefix of a path", rest=rest)

    @cached_property
    def _opening(self) -> NDArray[np.float64]:
        """float64 [T, N]: prices before each day."""
        before = np.cumprod(1 + self.returns, axis=0) / (1 + self.returns)
        opening: NDArray[np.float64] = self.rest["level"] * before
        return opening

    def cut(self, rows: NDArray[np.intp], start: NDArray[np.int64]) -> PricePath:
        """Paths of the days ``rows`` [B, T], each without a gap, whose first decisions are at ``start`` [B]."""
        batch = len(rows)
        rest = {name: array[rows] for name, array in self.rest.items() if name in DAILY}
        if "level" in self.rest:
            rest["level"] = self._opening[rows[:, 0]]
        if "signal_names" in self.rest:
            rest["signal_names"] = np.tile(self.rest["signal_names"], (batch, 1))
        return PricePath.of(
            dates=self.dates[rows],
            assets=np.tile(np.array(self.assets, str), (batch, 1)),
            returns=self.returns[rows],
            cash=self.cash[rows],
            start=start,
            **rest,
        )


@dataclass(frozen=True, eq=False)
class PriceTable:
    """Closing prices as a provider reads them: dates [T + 1], total-return prices [T + 1, N].

    ``rows``: int [T + 1, N], which row of the user's file holds each price, 0 for none; None where rows mean nothing.
    """

    dates: NDArray[np.datetime64]
    assets: tuple[str, ...]
    prices: NDArray[np.float64]
    rows: NDArray[np.intp] | None = None

    def market(self, source: str, *, largest: float = LARGEST_MOVE, **details: Any) -> Market:
        """The market of these prices, after both checks; cash earns nothing until it is given a rate."""
        self.check_prices(source)
        self.check_moves(source, largest)
        returns = self.prices[1:] / self.prices[:-1] - 1
        rest = {"level": self.prices[0], **details.pop("rest", {})}
        return Market(self.dates[1:], self.assets, returns, np.zeros(len(returns)), source, rest=rest, **details)

    def check_prices(self, source: str, gaps: bool = False) -> None:
        """Raise DataError with date and column of the first thing that is no date or price; ``gaps`` allow NaN."""
        self._check_axes(source)
        missing = np.isnan(self.prices)
        if missing.all(axis=0).any():
            names = [self.assets[i] for i in np.flatnonzero(missing.all(axis=0))]
            raise DataError("a column has no prices at all", where=source, got=names, expected="prices for every asset")
        wrong = ~((np.isfinite(self.prices) & (self.prices > 0)) | (missing if gaps else False))
        self._refuse(source, wrong, self.prices, "a finite price above zero")

    def check_moves(self, source: str, largest: float) -> None:
        """Raise DataError where a price moves by ``largest`` or more in a day."""
        moves = np.zeros(self.prices.shape)
        moves[1:] = self.prices[1:] / self.prices[:-1] - 1
        hint = "declare the split in `actions`, adjust the prices, or declare such days with largest_move"
        self._refuse(source, np.abs(moves) >= largest, moves, f"a daily return within +-{largest}", hint)

    def _check_axes(self, source: str) -> None:
        if len(self.dates) < 2 or not self.assets:
            shape = f"{len(self.dates)} dates x {len(self.assets)} assets"
            raise DataError("too little data", where=source, got=shape, expected="at least 2 dates and 1 asset")
        if len(set(self.assets)) < len(self.assets):
            raise DataError("an asset appears twice", where=source, got=sorted(self.assets), expected="unique names")
        late = np.flatnonzero(~(np.diff(self.dates) > np.timedelta64(0, "D")))
        if len(late):
            day = int(late[0]) + 1
            raise DataError(
                "dates are not sorted and unique",
                where=f"{source}{self._row(day, 0)}, column date",
                got=f"{self.dates[day]} after {self.dates[day - 1]}",
                expected="a later date in every row",
            )

    def _refuse(
        self, source: str, bad: NDArray[np.bool_], values: NDArray[np.float64], rule: str, hint: str | None = None
    ) -> None:
        if bad.any():
            day, column = (int(i) for i in np.argwhere(bad)[0])
            place = f"{source}{self._row(day, column)}, {self.dates[day]}, column {self.assets[column]}"
            raise DataError("a price is impossible", where=place, got=values[day, column], expected=rule, hint=hint)

    def _row(self, day: int, column: int) -> str:
        row = 0 if self.rows is None else self.rows[day, column]
        return f", row {row}" if row else ""
