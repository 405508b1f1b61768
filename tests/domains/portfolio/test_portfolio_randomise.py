"""Training markets made from the real one: only training, only from its days, and with the moments they promise."""

from __future__ import annotations

import numpy as np
import pytest

from headway.domains.portfolio.allocation.problem import Allocation
from headway.domains.portfolio.market.instance import SUSPENDED, PricePath
from headway.domains.portfolio.market.randomise import Bootstrap, Perturb, blocks
from headway.errors import ConfigError, UnknownNameError


def problem(**options):
    return Allocation(window=4, lookback=100, **options)


def test_only_training_is_randomised():
    """Validation and test windows are the real ones, bit for bit; training ones are not, and repeat with their seed."""
    real = problem()
    for name in ("bootstrap", "perturb"):
        other = problem(randomise=name)
        for split in ("validation", "test"):
            assert other.instances(split, 2).digest() == real.instances(split, 2).digest()
        train = other.instances("train", 2)
        assert train.digest() != real.instances("train", 2).digest()
        assert train.digest() == other.instances("train", 2).digest()
        train.validate()


def test_bootstrapped_days_are_training_days():
    """Every day is a real one up to the end of the training split, all assets and cash together."""
    bootstrapped = problem(randomise="bootstrap", randomise_options={"block": 5})
    path, market = bootstrapped.instances("train", 3), bootstrapped.market
    days = {(*row, cash): i for i, (row, cash) in enumerate(zip(market.returns.tolist(), market.cash, strict=True))}
    taken = np.array(
        [
            [days[(*row, cash)] for row, cash in zip(r.tolist(), c, strict=True)]
            for r, c in zip(path.returns, path.cash, strict=True)
        ]
    )
    assert taken.max() <= bootstrapped.spans["train"].last
    assert (np.diff(taken, axis=1) == 1).mean() == pytest.approx(0.8, abs=0.08)
    np.testing.assert_array_equal(path.dates, problem().instances("train", 3).dates)


def test_blocks_have_their_mean_length():
    """Runs of consecutive days of mean length 10, every day equally likely."""
    rows = blocks(np.random.default_rng(0), (40, 2000), 50, 10.0)
    steps = np.diff(rows, axis=1) % 50
    assert (steps != 1).mean() == pytest.approx(0.1 * 49 / 50, abs=0.004)
    np.testing.assert_allclose(np.bincount(rows.ravel(), minlength=50) / rows.size, 0.02, atol=0.003)


def test_perturbed_drift_and_volatility(path):
    """Scales and shifts have the noise they are asked for, and are fixed over a path."""
    rng = np.random.default_rng(0)
    returns = np.expm1(rng.normal(5e-4, 0.01, (500, 400)))
    real = path(returns)
    other = Perturb(noise=0.3).apply(real, None, None, rng)
    before, after = np.log1p(real.returns[0]), np.log1p(other.returns[0])
    scale = after.std(axis=0) / before.std(axis=0)
    shift = (after.mean(axis=0) - before.mean(axis=0)) / before.std(axis=0) * np.sqrt(252)
    assert np.log(scale).std() == pytest.approx(0.3, rel=0.12)
    assert shift.std() == pytest.approx(0.3, rel=0.12)
    np.testing.assert_allclose(after - after.mean(axis=0), scale * (before - before.mean(axis=0)), atol=1e-14)


def test_halts_stay_and_are_refused_by_the_bootstrap(path):
    """Days without a price earn nothing after `perturb`; the bootstrap cannot say what a halt would become."""
    real = path(np.full((30, 2), 0.01))
    status, returns = real.status.copy(), real.returns.copy()
    status[0, 10:12, 1], returns[0, 10:12, 1] = SUSPENDED, 0.0
    real = PricePath(**real.arrays() | {"status": status, "returns": returns})
    other = Perturb().apply(real, None, None, np.random.default_rng(0))
    assert (other.returns[0, 10:12, 1] == 0).all()
    with pytest.raises(ConfigError, match="change places"):
        Bootstrap().apply(real, None, None, np.random.default_rng(0))


def test_bad_options_are_refused():
    """Unknown names, and a market that is drawn at random anyway."""
    with pytest.raises(UnknownNameError, match="bootstrap"):
        _ = problem(randomise="bootstrp").randomiser
    with pytest.raises(ConfigError, match="random already"):
        problem(data="synthetic", randomise="perturb")
