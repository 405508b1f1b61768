"""The synthetic market: its information coefficient is what was asked for, and nothing but the signal tells."""

from __future__ import annotations

import numpy as np
import pytest

from headway.domains.portfolio.allocation.problem import Allocation
from headway.domains.portfolio.market.synthetic import Synthetic
from headway.errors import ConfigError


def correlation(one, other):
    """Across assets (axis 2), pooled over rows and days."""
    one, other = (x - x.mean(axis=2, keepdims=True) for x in (one, other))
    return (one * other).sum() / np.sqrt((one**2).sum() * (other**2).sum())


def next_returns(path, period):
    """Log returns of the next ``period`` days on every ``period``-th day, and the days."""
    growth = np.log1p(path.returns).cumsum(axis=1)
    days = np.arange(0, path.length - period, period)
    return growth[:, days + period] - growth[:, days], days


@pytest.mark.parametrize("ic", [0.0, 0.05, 0.1, 0.2])
def test_the_coefficient_is_what_was_asked_for(ic):
    """200 paths of 100 months: pooled over 200,000 pairs its standard error is 0.0024."""
    path = Synthetic(ic=ic).paths(np.random.default_rng(1), 200, 2, 2100)
    later, days = next_returns(path, 21)
    assert correlation(path.signals[:, days][..., 0], later) == pytest.approx(ic, abs=0.008)


def test_it_is_calibrated_for_other_periods():
    """A signal that fades within days, measured over a week."""
    market = Synthetic(ic=0.15, period=5, half_life=3, assets=6)
    path = market.paths(np.random.default_rng(2), 300, 2, 1000)
    later, days = next_returns(path, 5)
    assert correlation(path.signals[:, days][..., 0], later) == pytest.approx(0.15, abs=0.01)


def test_the_signal_comes_before_what_it_tells():
    """It says nothing of the day that is over (beyond what it said the day before), and fades at its half-life."""
    path = Synthetic(ic=0.2, half_life=10).paths(np.random.default_rng(3), 100, 2, 2000)
    signal, logs = path.signals[..., 0], np.log1p(path.returns)
    news = signal[:, 1:] - 0.5**0.1 * signal[:, :-1]
    assert abs(correlation(news, logs[:, 1:])) < 0.003
    assert correlation(signal[:, :-1], logs[:, 1:]) > 0.04
    assert correlation(signal[:, 10:], signal[:, :-10]) == pytest.approx(0.5, abs=0.02)


def test_volatility_and_premium_are_realistic():
    """Deviations of 20 to 40 % a year, correlations near 0.3, 1/N earns its premium."""
    path = Synthetic(ic=0.0).paths(np.random.default_rng(4), 100, 2, 2520)
    deviation = path.returns.std(axis=1).mean(axis=0) * 252**0.5
    assert 0.18 < deviation.min() < deviation.max() < 0.4
    assert np.corrcoef(path.returns.reshape(-1, 10).T)[np.triu_indices(10, 1)].mean() == pytest.approx(0.3, abs=0.1)
    assert path.returns.mean() * 252 == pytest.approx(0.06, abs=0.01)


def test_splits_are_other_seeds():
    """No split repeats another's returns; the same arguments give the same paths; a backtest has its own path."""
    problem = Allocation(data="synthetic", data_options={"ic": 0.1, "assets": 4}, window=2, lookback=30)
    splits = {split: problem.instances(split, 2) for split in ("train", "validation", "test", "tuning")}
    assert len({path.digest() for path in splits.values()}) == 4
    assert problem.instances("train", 2).digest() == splits["train"].digest()
    assert problem.instances("train", 2, seed=1).digest() != splits["train"].digest()
    history = problem.history()
    assert history.first == 29
    assert history.scored == 5040 - 30
    assert list(history.signal_names[0]) == ["alpha"]
    assert any("Synthetic" in sentence for sentence in problem.caveats)


def test_a_refit_draws_from_what_it_has_seen():
    """`until` cuts windows from the view, signals included, and simulates nothing."""
    problem = Allocation(data="synthetic", window=2, lookback=30)
    view = problem.view(problem.history(), 2000)
    path = problem.until(view).instances("train", 3)
    assert path.dates.max() <= view.dates.max()
    assert np.isin(path.signals, view.signals).all()


def test_impossible_signals_are_refused():
    """Half of it is gone in a tenth of a day: it cannot tell a month."""
    with pytest.raises(ConfigError, match=r"half_life 0\.1"):
        _ = Synthetic(ic=0.9, half_life=0.1).process
