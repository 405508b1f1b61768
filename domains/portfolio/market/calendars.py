"""Whether dates are the sessions of an exchange."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headway.errors import DataError


def require_sessions(dates: NDArray[np.datetime64], calendar: str, first: str, last: str, where: str) -> None:
    """Raise DataError unless ``dates`` are the sessions of ``calendar`` from ``first`` to ``last`` (YYYY-MM-DD)."""
    import exchange_calendars

    exchange = exchange_calendars.get_calendar(calendar, start=first)
    sessions = exchange.sessions_in_range(first, last).to_numpy().astype("datetime64[D]")
    odd = np.setxor1d(sessions, dates)
    if len(odd):
        raise DataError(
            f"the dates are not the sessions of {calendar}",
            where=where,
            got=f"{len(odd)} dates on one side only: {', '.join(map(str, odd[:5]))}",
            expected=f"{len(sessions)} sessions",
            hint="end at a past session, or name the exchange of these prices in `calendar`",
        )
