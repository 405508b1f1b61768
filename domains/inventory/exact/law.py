"""Probabilities of whole-numbered demand: sums of periods, fractiles, what is left over."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headway.errors import ConfigError

Floats = NDArray[np.float64]


def checked(pmf: Floats, lead_time: int, *rates: float, discount: float = 1.0) -> None:
    """Refuse parameters that no model can have.

    Raises
    ------
    ConfigError
        Probabilities that are negative or do not sum to 1, a negative or fractional lead time, a cost
        that is negative or not finite, a discount outside (0, 1].
    """
    if np.ndim(pmf) != 1 or not np.all(np.asarray(pmf) >= 0) or not abs(np.sum(pmf) - 1) < 1e-9:
        raise ConfigError("not a law of demand", where="pmf", got=np.shape(pmf), expected="probabilities that sum to 1")
    if lead_time < 0 or lead_time != int(lead_time):
        raise ConfigError("not a lead time", where="lead_time", got=lead_time, expected="whole periods >= 0")
    if not all(np.isfinite(rate) and rate >= 0 for rate in rates):
        raise ConfigError("not a cost", where="costs", got=rates, expected="finite numbers >= 0")
    if not 0 < discount <= 1:
        raise ConfigError("not a discount", where="discount", got=discount, expected="a number in (0, 1]")


def mean(pmf: Floats) -> float:
    """Expected demand of a period."""
    return float(np.arange(len(pmf)) @ pmf)


def total(pmf: Floats, periods: int) -> Floats:
    """Law of the demand of ``periods`` periods together, float64 [(K - 1) * periods + 1]."""
    summed = np.ones(1)
    for _ in range(periods):
        summed = np.convolve(summed, pmf)
    return summed


def fractile(pmf: Floats, periods: int, ratio: float) -> int:
    """The smallest level that the demand of ``periods`` periods does not exceed with probability ``ratio``."""
    reached = np.cumsum(total(pmf, periods)) >= ratio - 1e-12  # the last digits of a sum must not decide
    return int(np.argmax(reached)) if reached.any() else (len(pmf) - 1) * periods


def left_over(pmf: Floats, size: int) -> Floats:
    """P((x - demand)+ = y) for x, y = 0, 1, ..., float64 [size, size]: lower triangular."""
    chance = np.zeros(max(size, len(pmf)))
    chance[: len(pmf)] = pmf
    used = np.arange(size)[:, None] - np.arange(size)  # demand that leaves y of x
    left = np.where(used >= 0, chance[np.maximum(used, 0)], 0.0)
    left[:, 0] = at_least(pmf, size)
    return left


def at_least(pmf: Floats, size: int) -> Floats:
    """P(demand >= x) for x = 0, 1, ..., float64 [size]: summed from the end, so that it is exact where it is small."""
    chance = np.zeros(max(size, len(pmf)))
    chance[: len(pmf)] = pmf
    return np.cumsum(chance[::-1])[::-1][:size]
