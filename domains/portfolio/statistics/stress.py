"""How strategies fared when markets fell: stretches fixed by dates that everybody knows, not chosen by results.

Each is from the day after the highest close of the S&P 500 around it to its lowest close. A backtest's configuration
may name others (``stress``).
"""

from __future__ import annotations

from collections.abc import Mapping

STRETCHES: Mapping[str, tuple[str, str]] = {
    "dot-com 2000-02": ("2000-03-25", "2002-10-09"),
    "crisis 2007-09": ("2007-10-10", "2009-03-09"),
    "covid 2020": ("2020-02-20", "2020-03-23"),
    "rates 2022": ("2022-01-04", "2022-10-12"),
}
