"""The Sharpe ratio as an estimate: its standard error, the probability that it is real, the record that would prove it.

Formulas of Bailey and Lopez de Prado (2012), The Sharpe Ratio Efficient Frontier, Journal of Risk 15(2). Ratios are
per period (day, month) and never annualised here: the formulas do not hold for annualised ones. Kurtosis is raw (3 for
a normal law), not excess.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike


class Record(NamedTuple):
    """What the formulas need of a return series: ``ratio`` per period, ``skewness``, raw ``kurtosis``, ``periods``."""

    ratio: float
    skewness: float
    kurtosis: float
    periods: int

    @property
    def spread(self) -> float:
        """Standard error of the ratio x sqrt(periods - 1): sqrt(1 - g3 SR + (g4 - 1) / 4 SR^2), eq. 8."""
        # Never negative: g4 >= 1 + g3^2 for every law (Pearson 1916), of which the bracket is a completed square.
        return math.sqrt(max(0.0, 1 - self.skewness * self.ratio + (self.kurtosis - 1) / 4 * self.ratio**2))

    @property
    def standard_error(self) -> float:
        """Of the ratio, per period."""
        return self.spread / math.sqrt(self.periods - 1)


def record(returns: ArrayLike) -> Record:
    """The record of simple returns [T]; the deviation has n - 1, the standardised moments have n.

    A series that never moves has a ratio of 0 and the moments of a normal law.
    """
    values = np.asarray(returns, float)
    deviation = values.std(ddof=1)
    if deviation < 1e-15:
        return Record(0.0, 0.0, 3.0, len(values))
    standard = (values - values.mean()) / values.std()
    return Record(
        float(values.mean() / deviation), float((standard**3).mean()), float((standard**4).mean()), len(values)
    )


def probabilistic(record: Record, benchmark: float = 0.0) -> float:
    """PSR: the probability that the true ratio is above ``benchmark`` (per period), given this record (eq. 11)."""
    lead = record.ratio - benchmark
    if record.spread == 0:
        return float(lead > 0)
    return normal_below(lead / record.standard_error)


def minimum_track_record(record: Record, benchmark: float = 0.0, confidence: float = 0.95) -> float:
    """MinTRL: periods after which a ratio like this one is above ``benchmark`` with ``confidence`` (eq. 13).

    Infinite where the ratio is not above the benchmark.
    """
    from scipy.stats import norm

    lead = record.ratio - benchmark
    return 1 + (record.spread * float(norm.ppf(confidence)) / lead) ** 2 if lead > 0 else math.inf


def normal_below(z: float) -> float:
    """The share of the standard normal law below ``z``."""
    return 0.5 * math.erfc(-z / math.sqrt(2))
