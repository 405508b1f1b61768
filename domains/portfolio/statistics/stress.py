"""How strategies fared when markets fell: stretches fixed by dates that everybody knows, not chosen by results."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Window(NamedTuple):
    """A stretch of falling markets: the days after ``peak`` up to ``trough``, both included as ISO dates."""

    name: str
    peak: str
    trough: str


# Highest and lowest close of the S&P 500 around each of them.
WINDOWS = (
    Window("dot-com 2000-02", "2000-03-24", "2002-10-09"),
    Window("crisis 2007-09", "2007-10-09", "2009-03-09"),
    Window("covid 2020", "2020-02-19", "2020-03-23"),
    Window("rates 2022", "2022-01-03", "2022-10-12"),
)


def inside(dates: NDArray[np.datetime64]) -> list[tuple[Window, slice]]:
    """The windows that lie wholly within ``dates`` [T], with the days after the peak up to the trough."""
    found = []
    for window in WINDOWS:
        peak, trough = np.datetime64(window.peak, "D"), np.datetime64(window.trough, "D")
        if len(dates) and dates[0] <= peak + 1 and trough <= dates[-1]:
            found.append((window, slice(*(int(x) for x in np.searchsorted(dates, [peak, trough], side="right")))))
    return found
