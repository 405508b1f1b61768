"""Values, what they describe and since when they are known; and which of them is the last one at a time."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Known(NamedTuple):
    """R values: known since ``available`` (datetime64[s]), for ``date`` (datetime64[D]), of an asset, under a name."""

    available: NDArray[np.datetime64]
    date: NDArray[np.datetime64]
    asset: NDArray[Any]
    name: NDArray[Any]
    value: NDArray[np.float64]

    def where(self, rows: NDArray[Any]) -> Known:
        """Some of the rows, by mask or by index."""
        return Known(*(column[rows] for column in self))

    def spread(self, values: NDArray[np.float64]) -> Known:
        """K rows for each, named name_0, name_1, ..., with values [R, K]."""
        count = values.shape[1]
        names = np.array([f"{name}_{k}" for name in self.name for k in range(count)], object)
        rows = self.where(np.repeat(np.arange(len(self.value)), count))
        return rows._replace(name=names, value=values.ravel())

    def as_of(self, closes: NDArray[np.datetime64], stale: int | None = None) -> NDArray[np.float64]:
        """float64 [T]: the last value at each of ``closes`` (datetime64[s], sorted), NaN where there is none.

        The last value is that of the latest date among the rows available by then, and for that date the one
        available last. It is no longer used more than ``stale`` days after its date.
        """
        rows = self.where(np.lexsort((self.date, self.available)))
        newest = np.maximum.accumulate(rows.date) == rows.date  # rows that replace all before them
        rows = rows.where(newest)
        place = np.searchsorted(rows.available, closes, side="right") - 1
        found = place >= 0
        if stale is not None and found.any():
            found &= closes.astype("datetime64[D]") - rows.date[place] <= np.timedelta64(stale, "D")
        out = np.full(len(closes), np.nan)
        out[found] = rows.value[place[found]]
        return out
