"""What cash earns: the one-month Treasury bill rate that ships inside arch, day by day."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from headway.domains.portfolio.market.providers import packaged_csv

DAYS_PER_MONTH = 21
LAST_MONTH = np.datetime64("2018-11", "M")  # where the bundled series ends


def treasury_bills(dates: NDArray[np.datetime64], after: float) -> NDArray[np.float64]:
    """float64 [T]: daily simple return of cash, in fractions.

    Kenneth French's monthly RF (July 1926 to November 2018, in percent per month, bundled with
    arch) is spread evenly over 21 trading days a month. The rate of a month is known when the month
    begins, so it is no look-ahead. From December 2018 on, ``after`` is earned per year.

    Parameters
    ----------
    dates : datetime64[D] [T]
    after : annual rate where the series has ended (and before it began)
    """
    rates = _monthly()
    months = dates.astype("datetime64[M]")
    known = np.isin(months, list(rates))
    monthly = np.array([rates.get(month, 0.0) for month in months])
    beyond = (1 + after) ** (1 / 252) - 1
    return np.where(known, (1 + monthly) ** (1 / DAYS_PER_MONTH) - 1, beyond)


@cache
def _monthly() -> dict[np.datetime64, float]:
    header, rows = packaged_csv("arch", "data/frenchdata/frenchdata.csv.gz")
    month, rate = header.index("Date"), header.index("RF")
    return {np.datetime64(f"{r[month][:4]}-{r[month][4:]}", "M"): float(r[rate]) / 100 for r in rows}
