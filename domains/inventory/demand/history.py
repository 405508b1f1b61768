"""A history: real demand of many items on the same days, with what was known of those days beforehand."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headway.errors import DataError

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, eq=False)
class History:
    """Demand of I items in T periods that follow each other without a gap.

    Attributes
    ----------
    dates : datetime64[D] [T], first day of each period, ``every`` days apart
    items : str [I], unique
    demand : float64 [T, I], units of goods, >= 0
    covariates : float32 [T, I, K], what is known of a period and item when that period's order is placed
    names : names of the K covariates
    source : where it comes from
    caveats : sentences that belong into every report made on it
    every : days in a period
    """

    dates: NDArray[np.datetime64]
    items: NDArray[np.str_]
    demand: Floats
    covariates: Singles
    names: tuple[str, ...] = ()
    source: str = "a history"
    caveats: tuple[str, ...] = ()
    every: int = 1

    def __post_init__(self) -> None:
        self._check_shapes()
        self._check_dates()
        self._refuse(
            np.asarray(~((self.demand >= 0) & (self.demand < np.inf))), self.demand, "a finite number, 0 or more"
        )
        self._refuse(np.asarray(~np.isfinite(self.covariates).all(axis=2)), self.demand, "finite covariates")

    def __len__(self) -> int:
        return len(self.dates)

    def until(self, period: int) -> History:
        """The first ``period`` periods."""
        known = slice(0, period)
        return self._with(dates=self.dates[known], demand=self.demand[known], covariates=self.covariates[known])

    def only(self, items: NDArray[np.intp] | list[int]) -> History:
        """These items alone, by index."""
        return self._with(items=self.items[items], demand=self.demand[:, items], covariates=self.covariates[:, items])

    def _with(self, **arrays: NDArray[np.generic]) -> History:
        return History(**{**vars(self), **arrays})

    def _check_shapes(self) -> None:
        periods, items = self.demand.shape
        if not periods or not items:
            got = f"{periods} periods x {items} items"
            raise DataError("a history without demand", where=self.source, got=got, expected="one of each, or more")
        if self.covariates.shape != (periods, items, len(self.names)) or len(self.dates) != periods:
            got = f"covariates {self.covariates.shape}, {len(self.dates)} dates"
            expected = f"covariates {(periods, items, len(self.names))}, {periods} dates"
            raise DataError("arrays of another size than the demand", where=self.source, got=got, expected=expected)
        if len(np.unique(self.items)) < len(self.items):
            raise DataError("an item appears twice", where=self.source, got=list(self.items), expected="unique names")

    def _check_dates(self) -> None:
        steps = np.diff(self.dates)
        wrong = np.flatnonzero(steps != self.every * DAY)
        if len(wrong):
            before, after = self.dates[wrong[0]], self.dates[wrong[0] + 1]
            raise DataError(
                "a gap in the dates" if after > before else "dates are not sorted and unique",
                where=self.source,
                got=f"{after} after {before}",
                expected=str(before + self.every * DAY),
            )

    def _refuse(self, bad: NDArray[np.bool_], values: Floats, expected: str) -> None:
        if bad.any():
            period, item = (int(i) for i in np.argwhere(bad)[0])
            where = f"{self.source}, {self.dates[period]}, {self.items[item]}"
            raise DataError("an impossible demand", where=where, got=values[period, item], expected=expected)


class Provider(ABC):
    """Where a history comes from: a component whose fields say which."""

    @abstractmethod
    def history(self) -> History:
        """The checked history.

        Raises
        ------
        DataError
            Demand is missing, incomplete or impossible; nothing is replaced or filled.
        """
