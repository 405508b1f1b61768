"""Weights that scores tilt: rules that need no network, worked out for all decisions of a batch at once."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from headway.domains.portfolio.allocation.features import Windows

Floats = NDArray[np.float64]
Base = Literal["equal_weight", "inverse_volatility", "hierarchical", "held"]

DAYS = 252  # that volatilities and covariances are estimated from
_FLOOR = 0.1  # of the median variance or volatility: a price that hardly moved yet is not an asset without risk


def bases(kind: Base, returns: Floats, days: NDArray[np.intp]) -> Floats | None:
    """float64 [B, D, N], sums 1: what is tilted at the close of each of ``days``; None where it needs no history."""
    if kind == "inverse_volatility":
        return _inverse_volatility(returns, days)
    return _hierarchical(returns, days) if kind == "hierarchical" else None


def _inverse_volatility(returns: Floats, days: NDArray[np.intp]) -> Floats:
    deviation = Windows.of(returns, days, DAYS).deviation(DAYS).transpose(1, 0, 2)
    inverse = 1 / np.maximum(deviation, _FLOOR * np.median(deviation, axis=2, keepdims=True) + 1e-12)
    weights: Floats = inverse / inverse.sum(axis=2, keepdims=True)
    return weights


def _hierarchical(returns: Floats, days: NDArray[np.intp]) -> Floats:
    """Recursive bisection of hierarchical risk parity (Lopez de Prado 2016, section 3), along another order.

    Assets are ordered by the leading eigenvector of their correlations once the market (the first one) is taken
    out, instead of by single linkage: neighbours are alike too, and all decisions are worked out at once.
    """
    weights = np.empty((len(returns), len(days), returns.shape[2]))
    for place, day in enumerate(days):
        weights[:, place] = _bisected(_covariances(returns[:, max(day + 1 - DAYS, 0) : day + 1]))
    return weights


def _covariances(returns: Floats) -> Floats:
    """[B, N, N]"""
    centred = returns - returns.mean(axis=1, keepdims=True)
    covariances: Floats = np.matmul(centred.transpose(0, 2, 1), centred) / returns.shape[1]
    variances = np.einsum("bii->bi", covariances)  # a writable view
    np.maximum(variances, _FLOOR**2 * np.median(variances, axis=1, keepdims=True) + 1e-12, out=variances)
    return covariances


def _bisected(covariances: Floats) -> Floats:
    """Weights [B, N]: halves of the ordered assets share in proportion to the other half's variance, and so on."""
    variances = np.einsum("bii->bi", covariances)
    deviation = np.sqrt(variances)
    correlations = covariances / (deviation[:, :, None] * deviation[:, None, :])
    place = np.argsort(np.linalg.eigh(correlations)[1][:, :, -2:-1].copy(), axis=1, kind="stable")[:, :, 0]
    ordered = np.take_along_axis(np.take_along_axis(covariances, place[:, :, None], 1), place[:, None, :], 2)
    weights = np.ones(place.shape)
    pieces = [(0, place.shape[1])]
    while pieces:
        first, last = pieces.pop()
        if last - first < 2:
            continue
        middle = (first + last) // 2
        left, right = (_variance(ordered[:, a:b, a:b]) for a, b in ((first, middle), (middle, last)))
        weights[:, first:middle] *= (right / (left + right))[:, None]
        weights[:, middle:last] *= (left / (left + right))[:, None]
        pieces += [(first, middle), (middle, last)]
    out = np.empty_like(weights)
    np.put_along_axis(out, place, weights, axis=1)
    return out


def _variance(covariances: Floats) -> Floats:
    """[B]: variance of the inverse-variance portfolio of each block."""
    inverse = 1 / np.einsum("bii->bi", covariances)
    inverse /= inverse.sum(axis=1, keepdims=True)
    variance: Floats = np.einsum("bi,bij,bj->b", inverse, covariances, inverse)
    return variance
