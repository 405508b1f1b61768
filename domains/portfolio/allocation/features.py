"""Twelve features per asset and decision day, from the days up to it only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

NAMES = (
    "momentum_21", "momentum_63", "momentum_126", "momentum_252", "momentum_252_skip_21",
    "volatility_21", "volatility_63", "volatility_126", "volatility_252",
    "beta_252", "market_trend_252", "market_stress_63",
)  # fmt: skip
LONGEST = 252  # days any feature looks back
_MONTHS = (21, 63, 126, 252)


def features(returns: Floats, days: NDArray[np.intp]) -> NDArray[np.float32]:
    """float32 [B, D, N, 12]: what is known of each asset at the close of each of ``days`` [D].

    Momenta are sums of log returns (the fifth leaves out the last month: Jegadeesh and Titman 1993),
    volatilities logs of standard deviations, beta is to the equal-weighted mean; these ten are
    standardised across assets on each day. The last two say how the equal-weighted market is: its
    trend (log growth over its deviation, per root year) and its stress (log ratio of its deviation
    over a quarter to that over a year); they are the same for all assets. Windows are cut off where
    history begins.

    Parameters
    ----------
    returns : float64 [B, T, N], simple daily returns
    """
    since = max(int(days[0]) + 1 - LONGEST, 0)
    # Days first: sums over time then run through memory in order, several times as fast.
    logs = np.log1p(np.ascontiguousarray(returns[:, since:].transpose(1, 0, 2)))
    window = _Windows(logs, days - since)
    market = _Windows(logs.mean(axis=2, keepdims=True), days - since)
    momenta = [window.sum(length) for length in _MONTHS]
    momenta.append(momenta[-1] - momenta[0])
    volatilities = [np.log(window.deviation(length)) for length in _MONTHS]
    beta = window.covariance(market, LONGEST) / market.deviation(LONGEST) ** 2
    trend = market.sum(LONGEST) / (market.deviation(LONGEST) * np.sqrt(LONGEST))
    stress = np.log(market.deviation(63) / market.deviation(LONGEST))
    own = [_standardised(feature) for feature in (*momenta, *volatilities, beta)]
    shared = [np.broadcast_to(feature, own[0].shape) for feature in (trend, stress)]
    return np.stack([*own, *shared], axis=-1).transpose(1, 0, 2, 3).astype(np.float32)


class _Windows:
    """Moments over the windows that end on the given days, from running sums (so no day sees a later one)."""

    def __init__(self, values: Floats, days: NDArray[np.intp]) -> None:
        self.values, self.days = values, days
        self._sums, self._squares = _running(values), _running(values**2)

    def sum(self, length: int) -> Floats:
        """[D, B, N]: sum of the last ``length`` values."""
        return self._over(self._sums, length)

    def deviation(self, length: int) -> Floats:
        """[D, B, N]: standard deviation over the last ``length`` values, at least 1e-6 (a flat price)."""
        days = self._length(length)
        variance = self._over(self._squares, length) / days - (self.sum(length) / days) ** 2
        return np.sqrt(np.maximum(variance, 1e-12))

    def covariance(self, other: _Windows, length: int) -> Floats:
        """[D, B, N]: covariance with ``other`` over the last ``length`` values."""
        days, products = self._length(length), _running(self.values * other.values)
        return self._over(products, length) / days - self.sum(length) / days * other.sum(length) / days

    def _over(self, running: Floats, length: int) -> Floats:
        end = self.days + 1
        difference: Floats = running[end] - running[np.maximum(end - length, 0)]
        return difference

    def _length(self, length: int) -> Floats:
        return np.minimum(self.days + 1, length).astype(np.float64)[:, None, None]


def _running(values: Floats) -> Floats:
    """[T + 1, B, N]: sums of the first 0, 1, ..., T values."""
    out = np.zeros((len(values) + 1, *values.shape[1:]))
    for day, value in enumerate(values):
        np.add(out[day], value, out=out[day + 1])
    return out


def _standardised(feature: Floats) -> Floats:
    centred = feature - feature.mean(axis=2, keepdims=True)
    scale: Floats = np.sqrt((centred**2).mean(axis=2, keepdims=True))
    standardised: Floats = centred / np.maximum(scale, 1e-6)
    return standardised
