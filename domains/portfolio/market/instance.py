"""The instance: a price path as daily returns, with a lookback prefix before the first decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from headway.batch import Instance
from headway.errors import InstanceError

CASH = "cash"  # name of the last weight, and so no asset may be called that
TRADED, SUSPENDED, GONE = 0, 1, 2  # what an asset is on a day, see `PricePath.status`


@dataclass(frozen=True)
class PricePath(Instance):
    """What the market did: everything that chance decides.

    Day ``t`` ends with a close; row ``t`` of ``returns`` is what happened from close ``t-1`` to
    close ``t``. The first decision is taken at the close of day ``start``; days up to it are the
    lookback prefix, days after it are scored.

    Attributes
    ----------
    dates : datetime64[D] [B, T], strictly increasing
    assets : str [B, N], unique in a row, none called "cash"
    returns : float64 [B, T, N], simple total returns of the day (a fraction, > -1)
    cash : float64 [B, T], what cash earned on the day (a fraction, > -1)
    start : int64 [B], index of the day of the first decision, the same in every row
    level : float64 [B, N], closing price before day 0 (> 0), in currency a share; later closes follow from ``returns``
    status : int8 [B, T, N], at the close of the day: ``TRADED``; ``SUSPENDED`` (no price: what is held is kept, no
        order is filled, the return is 0 until the first price after it); ``GONE`` (not listed, before or after: what
        was held is paid out in cash at that close, after the day's return, which is what delisting cost)
    volume : float64 [B, T, N], currency traded on the day; infinity where size moves no price
    signals : float64 [B, T, N, K], other data known at the close of the day (scores, sentiment); NaN for none
    signal_names : str [B, K], unique in a row
    """

    unbounded: ClassVar[frozenset[str]] = frozenset({"volume"})
    missing: ClassVar[frozenset[str]] = frozenset({"signals"})

    dates: NDArray[np.datetime64]
    assets: NDArray[np.str_]
    returns: NDArray[np.float64]
    cash: NDArray[np.float64]
    start: NDArray[np.int64]
    level: NDArray[np.float64]
    status: NDArray[np.int8]
    volume: NDArray[np.float64]
    signals: NDArray[np.float64]
    signal_names: NDArray[np.str_]

    @classmethod
    def of(cls, *, dates: Any, assets: Any, returns: Any, cash: Any, start: Any, **rest: Any) -> Self:
        """A path on which everything not given is neutral: all assets trade, size moves no price, no other data."""
        shape = returns.shape
        neutral = {
            "level": np.full((shape[0], shape[2]), 100.0),
            "status": np.full(shape, TRADED, np.int8),
            "volume": np.full(shape, np.inf),
            "signals": np.zeros((*shape, 0)),
            "signal_names": np.zeros((shape[0], 0), "<U1"),
        }
        return cls(dates=dates, assets=assets, returns=returns, cash=cash, start=start, **neutral | rest)

    def validate(self) -> None:
        """Raise InstanceError where shapes disagree or a value is impossible."""
        self._check_shapes()
        if not len(self):
            return
        first = np.zeros(self.dates.shape, bool)
        first[:, 1:] = np.diff(self.dates, axis=1) <= np.timedelta64(0, "D")
        self.refuse("dates", "a date later than the one before", first | np.isnat(self.dates))
        self.refuse("returns", "a finite return above -1", ~(np.isfinite(self.returns) & (self.returns > -1)))
        self.refuse("cash", "a finite return above -1", ~(np.isfinite(self.cash) & (self.cash > -1)))
        ordered = np.sort(self.assets, axis=1)
        self.refuse("assets", "names that differ", (ordered[:, 1:] == ordered[:, :-1]).any(axis=1))
        self.refuse("assets", f"another name than {CASH!r}", self.assets == CASH)
        self.refuse("start", "0 <= start < number of days - 1", ~((self.start >= 0) & (self.start < self.length - 1)))
        self.refuse("start", "one start for the whole batch", self.start != self.start[0])
        self.refuse("level", "a finite price above zero", ~(np.isfinite(self.level) & (self.level > 0)))
        self.refuse("status", "0 (traded), 1 (suspended) or 2 (gone)", (self.status < TRADED) | (self.status > GONE))
        self.refuse("volume", "an amount >= 0, or infinity", ~(self.volume >= 0))
        self.refuse("signals", "a finite number, or NaN where there is none", np.isinf(self.signals))
        still = (self.status[:, 1:] == GONE) & (self.status[:, :-1] == GONE) & (self.returns[:, 1:] != 0)
        self.refuse("returns", "0 on the days of an asset that is gone", np.pad(still, ((0, 0), (1, 0), (0, 0))))

    def _check_shapes(self) -> None:
        batch, days, assets = (*self.returns.shape, 0, 0, 0)[:3]
        expected = {
            "dates": (batch, days),
            "assets": (batch, assets),
            "returns": (batch, days, assets),
            "cash": (batch, days),
            "start": (batch,),
            "level": (batch, assets),
            "status": (batch, days, assets),
            "volume": (batch, days, assets),
            "signals": (batch, days, assets, self.signals.shape[-1]),
            "signal_names": (batch, self.signals.shape[-1]),
        }
        for name, array in self.arrays().items():
            if array.shape != expected[name]:
                raise self.error(
                    "a field has another shape than the returns imply",
                    where=f"PricePath.{name}",
                    got=array.shape,
                    expected=expected[name],
                )

    @property
    def length(self) -> int:
        """All days T, the prefix included."""
        return int(self.returns.shape[1])

    @property
    def first(self) -> int:
        """Index of the day of the first decision."""
        return int(self.start[0])

    @property
    def scored(self) -> int:
        """Days after the first decision."""
        return self.length - 1 - self.first

    def decisions(self, every: int, lag: int) -> NDArray[np.intp]:
        """Indices of the days at whose close a decision is taken; the last period may be a short one.

        Raises
        ------
        InstanceError
            The path ends before the last decision is traded and a day earned with it.
        """
        remainder = self.scored % every
        if 0 < remainder <= lag:
            raise InstanceError(
                "the path ends before the last decision can earn anything",
                where="PricePath",
                got=f"{self.scored} days after the first decision, {remainder} after the last",
                expected=f"none or more than execution_lag={lag} days after the last decision (every {every} days)",
                hint="cut paths with Allocation.path, which starts as many days later",
            )
        return np.arange(self.first, self.length - 1, every)

    def until(self, day: int) -> PricePath:
        """What is known at the close of day ``day``: the prefix of every row."""
        known = slice(0, day + 1)
        arrays = self.arrays()
        return PricePath.made(arrays | {name: arrays[name][:, known] for name in DAILY})

    def last(self, days: int) -> PricePath:
        """The last ``days`` of every row, as if nothing before them were known."""
        cut, arrays = max(self.length - days, 0), self.arrays()
        before = self.level * np.prod(1 + self.returns[:, :cut], axis=1)
        known = {name: arrays[name][:, cut:] for name in DAILY}
        return PricePath.made(arrays | known | {"level": before, "start": np.maximum(self.start - cut, 0)})

    def prices(self) -> NDArray[np.float64]:
        """float64 [B, T, N]: the close of each day, in currency a share."""
        closes: NDArray[np.float64] = self.level[:, None] * np.cumprod(1 + self.returns, axis=1)
        return closes


DAILY = ("dates", "returns", "cash", "status", "volume", "signals")  # fields with a value a day
OPTIONAL = ("level", "status", "volume", "signals", "signal_names")  # fields that `PricePath.of` fills in
