"""Features: values by hand, and nothing of the future in them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from headway.domains.portfolio.allocation.features import NAMES, features

RETURNS = np.random.default_rng(0).normal(5e-4, 0.01, (2, 400, 4))
DAYS = np.array([300, 321, 342])


@given(st.integers(300, 398), st.integers(0, 2**32 - 1))
def test_later_prices_change_nothing(day, seed):
    """Features of days up to t are bit-equal whatever happens after t."""
    other = RETURNS.copy()
    other[:, day + 1 :] = np.random.default_rng(seed).normal(0, 0.05, other[:, day + 1 :].shape)
    days = np.array([300, day]) if day > 300 else np.array([day])
    np.testing.assert_array_equal(features(other, days), features(RETURNS, days))


def test_a_prefix_is_enough():
    """Computed from the days up to t alone, features of t are bit-equal: nothing is scaled over a sample."""
    for i, day in enumerate(DAYS):
        prefix = features(RETURNS[:, : day + 1], DAYS[: i + 1])
        np.testing.assert_array_equal(prefix, features(RETURNS, DAYS)[:, : i + 1])


def test_values_from_their_definitions():
    """Each feature from plain numpy on its window."""
    got = features(RETURNS, DAYS)[1, 2]
    logs = np.log1p(RETURNS[1, :343])
    market = logs.mean(axis=1)
    momenta = [logs[-k:].sum(axis=0) for k in (21, 63, 126, 252)]
    momenta.append(momenta[3] - momenta[0])
    volatilities = [np.log(logs[-k:].std(axis=0)) for k in (21, 63, 126, 252)]
    beta = [np.cov(logs[-252:, i], market[-252:], ddof=0)[0, 1] / market[-252:].var() for i in range(4)]
    own = np.array([*momenta, *volatilities, beta])
    own = (own - own.mean(axis=1, keepdims=True)) / own.std(axis=1, keepdims=True)
    trend = market[-252:].sum() / (market[-252:].std() * np.sqrt(252))
    stress = np.log(market[-63:].std() / market[-252:].std())
    expected = np.concatenate([own, np.full((1, 4), trend), np.full((1, 4), stress)])
    np.testing.assert_allclose(got.T, expected, atol=2e-6)
    assert got.shape == (4, len(NAMES))


def test_short_history_and_flat_prices_stay_finite():
    """A first day, a price that never moves and a single asset give finite numbers."""
    assert np.isfinite(features(np.zeros((1, 5, 3)), np.array([0, 4]))).all()
    assert np.isfinite(features(RETURNS[:, :30, :1], np.array([0, 29]))).all()
