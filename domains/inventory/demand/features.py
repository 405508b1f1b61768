"""What is known of a day beforehand, as smooth numbers: its weekday, its time of the year, its calendar."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
YEAR = 365.25  # days
EARLY = 0.6  # share of the periods that units are taken from: those that train by default


def seasons(dates: NDArray[np.datetime64], every: int) -> tuple[Singles, tuple[str, ...]]:
    """float32 [T, K] and names: seven 0/1 columns of the weekday of daily data, sine and cosine of the year."""
    days = dates.astype("datetime64[D]").astype(np.int64)
    angle = 2 * np.pi * days / YEAR
    year = np.stack([np.sin(angle), np.cos(angle)], axis=1)
    if every != 1:
        return year.astype(np.float32), ("year_sin", "year_cos")
    weekday = np.eye(7)[(days + 3) % 7]  # day 0, 1970-01-01, was a Thursday
    return np.concatenate([weekday, year], axis=1).astype(np.float32), (*WEEKDAYS, "year_sin", "year_cos")


def around(
    listed: NDArray[np.datetime64], column: Singles, dates: NDArray[np.datetime64], days: Sequence[int]
) -> Singles:
    """float32 [T, len(days)]: the value of a column so many days after each date; 0 where it is not listed."""
    wanted = dates[:, None] + np.array(days, "timedelta64[D]")
    place = np.minimum(np.searchsorted(listed, wanted), len(listed) - 1)
    return np.where(listed[place] == wanted, column[place], np.float32(0))


def one_of_each(labels: NDArray[np.str_]) -> tuple[Singles, tuple[str, ...]]:
    """float32 [1, I, K] and names: for each label that occurs a column that is 1 for the items that bear it."""
    names, which = np.unique(labels, return_inverse=True)
    return np.eye(len(names), dtype=np.float32)[which][None], tuple(str(name) for name in names)


def in_units(columns: Floats) -> Singles:
    """Columns [T, ...] as they are where all values are 0 or 1, else in standard deviations from the mean.

    Mean and deviation are those of the first 60 % of the periods, so that later ones change nothing in them.
    """
    early = columns[: max(1, int(EARLY * len(columns)))]
    mean, std = early.mean(axis=0), early.std(axis=0)
    flag = ((early == 0) | (early == 1)).all(axis=0)
    scaled = (columns - mean) / np.where(std > 0, std, 1.0)
    return np.where(flag, columns, scaled).astype(np.float32)
