"""What is known of each asset at a decision: twelve features of its prices, and other data (signals)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

NAMES = (
    "momentum_21", "momentum_63", "momentum_126", "momentum_252", "momentum_252_skip_21",
    "volatility_21", "volatility_63", "volatility_126", "volatility_252",
    "beta_252", "market_trend_252", "market_stress_63",
)  # fmt: skip
LONGEST = 252  # days any feature looks back
_MONTHS = (21, 63, 126, 252)


def features(returns: Floats, days: NDArray[np.intp], traded: Flags | None = None) -> NDArray[np.float32]:
    """float32 [B, D, N, 12]: what is known of each asset at the close of each of ``days`` [D].

    Momenta are sums of log returns (the fifth leaves out the last month: Jegadeesh and Titman 1993),
    volatilities logs of standard deviations, beta is to the equal-weighted mean; these ten are
    standardised across assets on each day. The last two say how the equal-weighted market is: its
    trend (log growth over its deviation, per root year) and its stress (log ratio of its deviation
    over a quarter to that over a year); they are the same for all assets. Windows are cut off where
    history begins. Of an asset that does not trade on the day nothing is shown (zeros), and neither
    the standardisation nor the market counts it.

    Parameters
    ----------
    returns : float64 [B, T, N], simple daily returns
    traded : bool [B, T, N]; None: all are
    """
    since = max(int(days[0]) + 1 - LONGEST, 0)
    window = Windows.of(returns, days, LONGEST)
    market = Windows(_market(window.values, traded, since), window.days)
    momenta = [window.sum(length) for length in _MONTHS]
    momenta.append(momenta[-1] - momenta[0])
    volatilities = [np.log(window.deviation(length)) for length in _MONTHS]
    beta = window.covariance(market, LONGEST) / market.deviation(LONGEST) ** 2
    trend = market.sum(LONGEST) / (market.deviation(LONGEST) * np.sqrt(LONGEST))
    stress = np.log(market.deviation(63) / market.deviation(LONGEST))
    shown = None if traded is None else traded[:, days].transpose(1, 0, 2)
    own = [_standardised(feature, shown) for feature in (*momenta, *volatilities, beta)]
    out = np.empty((*returns.shape[:1], len(days), returns.shape[2], len(NAMES)), np.float32)
    for place, feature in enumerate((*own, trend, stress)):
        out[..., place] = feature.transpose(1, 0, 2)
    return out


def signals(values: Floats, days: NDArray[np.intp]) -> NDArray[np.float32]:
    """float32 [B, D, N, 2K]: other data on each of ``days``, standardised across assets, and whether it is known.

    Two features for each signal of ``values`` [B, T, N, K]: the value (0 where there is none), and 1 if there is one.
    """
    today = values[:, days]
    known = ~np.isnan(today)
    standardised = _standardised(np.where(known, today, 0.0), known)
    pairs = np.stack([standardised, known.astype(np.float64)], axis=-1)
    return pairs.reshape(*today.shape[:3], -1).astype(np.float32)


class Windows:
    """Moments over the windows that end on the given days, from running sums (so no day sees a later one)."""

    def __init__(self, values: Floats, days: NDArray[np.intp]) -> None:
        self.values, self.days = values, days
        self._running = {1: _running(values), 2: _running(values**2)}
        self._known: dict[tuple[int, int], Floats] = {}

    @classmethod
    def of(cls, returns: Floats, days: NDArray[np.intp], longest: int) -> Windows:
        """Windows of at most ``longest`` daily log returns, from simple ones [B, T, N]."""
        since = max(int(days[0]) + 1 - longest, 0)
        # Days first: sums over time then run through memory in order, several times as fast.
        return cls(np.log1p(np.ascontiguousarray(returns[:, since:].transpose(1, 0, 2))), days - since)

    def sum(self, length: int) -> Floats:
        """[D, B, N]: sum of the last ``length`` values."""
        return self._moment(1, length)

    def deviation(self, length: int) -> Floats:
        """[D, B, N]: standard deviation over the last ``length`` values, at least 1e-6 (a flat price)."""
        days = self._length(length)
        variance = self._moment(2, length) / days - (self.sum(length) / days) ** 2
        return np.sqrt(np.maximum(variance, 1e-12))

    def covariance(self, other: Windows, length: int) -> Floats:
        """[D, B, N]: covariance with ``other`` over the last ``length`` values."""
        days, products = self._length(length), _running(self.values * other.values)
        return self._over(products, length) / days - self.sum(length) / days * other.sum(length) / days

    def _moment(self, power: int, length: int) -> Floats:
        """Sums of powers over the last ``length`` values; several features ask for the same ones."""
        if (power, length) not in self._known:
            self._known[power, length] = self._over(self._running[power], length)
        return self._known[power, length]

    def _over(self, running: Floats, length: int) -> Floats:
        end = self.days + 1
        difference: Floats = running[_evenly(end)] - running[_evenly(np.maximum(end - length, 0))]
        return difference

    def _length(self, length: int) -> Floats:
        return np.minimum(self.days + 1, length).astype(np.float64)[:, None, None]


def _evenly(days: NDArray[np.intp]) -> Any:
    """``days`` as a slice where they are evenly spaced: a view is had in no time."""
    step = int(days[1] - days[0]) if len(days) > 1 else 1
    even = step > 0 and bool((np.diff(days) == step).all())
    return slice(int(days[0]), int(days[-1]) + 1, step) if even else days


def _running(values: Floats) -> Floats:
    """[T + 1, B, N]: sums of the first 0, 1, ..., T values."""
    out = np.zeros((len(values) + 1, *values.shape[1:]))
    if values.shape[1] == 1:  # the same bits; for wide batches, numpy's own loop takes several times as long
        np.cumsum(values, axis=0, out=out[1:])
        return out
    for day, value in enumerate(values):
        np.add(out[day], value, out=out[day + 1])
    return out


def _market(logs: Floats, traded: Flags | None, since: int) -> Floats:
    """[T, B, 1]: equal-weighted mean over the assets that trade."""
    if traded is None:
        mean: Floats = _sum(logs) / logs.shape[2]
        return mean
    counted = traded[:, since:].transpose(1, 0, 2)
    total = np.where(counted, logs, 0.0).sum(axis=2, keepdims=True)
    average: Floats = total / np.maximum(counted.sum(axis=2, keepdims=True), 1)
    return average


def _sum(values: Floats) -> Floats:
    """[T, B, 1]: sums over the last axis, in half of the time that numpy's own takes on short rows."""
    total: Floats = np.einsum("tbn->tb", values)[:, :, None]
    return total


def _standardised(feature: Floats, shown: Flags | None = None) -> Floats:
    """Zero mean and unit deviation over the third axis, of the values that are ``shown``; 0 for the others."""
    if shown is None:
        centred = feature - _sum(feature) / feature.shape[2]
        scale: Floats = np.sqrt(_sum(centred**2) / feature.shape[2])
    else:
        count = np.maximum(shown.sum(axis=2, keepdims=True), 1)
        mean = np.where(shown, feature, 0.0).sum(axis=2, keepdims=True) / count
        centred = np.where(shown, feature - mean, 0.0)
        scale = np.sqrt((centred**2).sum(axis=2, keepdims=True) / count)
    standardised: Floats = centred / np.maximum(scale, 1e-6)
    return standardised
