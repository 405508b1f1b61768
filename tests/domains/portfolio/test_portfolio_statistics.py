"""Sharpe ratios and their errors against the examples printed in the papers, by hand, and by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from headway.domains.portfolio.statistics.deflated import FEW, Hurdle, deflated, expected_best, hurdle
from headway.domains.portfolio.statistics.rivals import at_equal_risk, confidence_set, superior_ability
from headway.domains.portfolio.statistics.sharpe import Record, minimum_track_record, probabilistic, record

FUND = Record(0.458, -2.448, 10.164, 24)  # two years of a hedge fund, monthly: Bailey and Lopez de Prado 2012


# -- one ratio ----------------------------------------------------------------------------------
def test_probabilistic_ratio_of_the_paper():
    """Non-normal months: 0.913, below 0.95; as if they were normal 0.982 (section 5 of the paper)."""
    assert probabilistic(FUND) == pytest.approx(0.913, abs=5e-4)
    assert probabilistic(FUND._replace(skewness=0.0, kurtosis=3.0)) == pytest.approx(0.982, abs=5e-4)


@pytest.mark.parametrize(("periods", "years"), [(252, 2.73), (52, 2.83), (12, 3.24)])
def test_minimum_track_record_of_the_paper(periods, years):
    """An annual ratio of 2 against 1 at 95 %, normal returns: 2.73 years of days, 2.83 of weeks, 3.24 of months."""
    needed = minimum_track_record(Record(2 / math.sqrt(periods), 0.0, 3.0, 1), 1 / math.sqrt(periods))
    assert needed / periods == pytest.approx(years, abs=0.005)


def test_record_by_hand():
    """Returns 0, 0, 0, 4 %: mean 1, deviation 2 (n - 1), skewness 2/sqrt(3), kurtosis 7/3."""
    found = record([0.0, 0.0, 0.0, 0.04])
    assert found.ratio == pytest.approx(0.5)
    assert found.skewness == pytest.approx(2 / math.sqrt(3))
    assert found.kurtosis == pytest.approx(7 / 3)
    assert found.periods == 4
    # sqrt(1 - 2/sqrt(3) * 0.5 + (7/3 - 1) / 4 * 0.25)
    assert found.spread == pytest.approx(math.sqrt(1 - 1 / math.sqrt(3) + 1 / 12))
    assert found.standard_error == pytest.approx(found.spread / math.sqrt(3))


def test_a_series_that_never_moves():
    """No ratio, no certainty either way."""
    assert record(np.full(9, 0.01)) == Record(0.0, 0.0, 3.0, 9)
    assert probabilistic(record(np.zeros(9))) == 0.5


@given(st.floats(-0.3, 0.3), st.floats(-3, 3), st.floats(1.5, 20), st.integers(30, 5000))
def test_the_shortest_proof_is_long_enough(ratio, skewness, excess, periods):
    """A record as long as MinTRL has a PSR of exactly the confidence asked for."""
    found = Record(ratio, skewness, 1 + skewness**2 + excess, periods)
    needed = minimum_track_record(found, -0.31, 0.9)
    z = (ratio + 0.31) * math.sqrt(needed - 1) / found.spread
    assert stats.norm.cdf(z) == pytest.approx(0.9)
    assert minimum_track_record(found, ratio) == math.inf


@given(st.lists(st.floats(-0.5, 0.5), min_size=3, max_size=30))
def test_the_variance_is_never_negative(returns):
    """Sample moments obey kurtosis >= 1 + skewness^2, so the bracket is no less than a square."""
    found = record(returns)
    assert found.spread >= abs(1 - found.skewness * found.ratio / 2) - 1e-6


def test_the_standard_error_is_that_of_a_simulation():
    """Skewed daily returns: the formula is within 5 % of the deviation of 4,000 estimated ratios."""
    rng = np.random.default_rng(5)
    returns = 0.0005 + 0.01 * (1 - rng.gamma(1.0, 1.0, (4000, 500)))
    ratios = returns.mean(axis=1) / returns.std(axis=1, ddof=1)
    errors = [record(row).standard_error for row in returns[:400]]
    assert np.mean(errors) == pytest.approx(ratios.std(), rel=0.05)


# -- many trials --------------------------------------------------------------------------------
@pytest.mark.parametrize(("trials", "expected"), [(100, 0.9004), (46, 0.9505)])
def test_deflated_ratio_of_the_paper(trials, expected):
    """Five years of days, annual ratio 2.5, skewness -3, kurtosis 10, variance of the trials 1/2 a year."""
    bar = Hurdle(expected_best(trials, math.sqrt(0.5 / 250)), trials, math.sqrt(0.5 / 250), trials)
    assert deflated(Record(2.5 / math.sqrt(250), -3.0, 10.0, 1250), bar) == pytest.approx(expected, abs=1e-4)


def test_the_hurdle_of_the_paper():
    """A daily ratio of 0.1132 is expected of the best of a hundred."""
    assert expected_best(100, math.sqrt(0.5 / 250)) == pytest.approx(0.1132, abs=5e-5)


@pytest.mark.parametrize("trials", [10, 100, 1000])
def test_expected_best_of_a_simulation(trials):
    """The largest of so many normal numbers, on average."""
    drawn = np.random.default_rng(0).normal(size=(4000, trials)).max(axis=1)
    assert expected_best(trials) == pytest.approx(drawn.mean(), abs=0.05)


def test_one_trial_deflates_nothing():
    """There was nothing to choose from."""
    assert expected_best(1) == 0.0
    assert deflated(FUND, hurdle(1, [], 24)) == probabilistic(FUND)


def test_the_deviation_is_estimated_or_assumed():
    """From the known ratios where there are enough of them, and half of all trials; else 1 / sqrt(T)."""
    ratios = [0.0, 0.02, 0.04, 0.06, 0.08]
    found = hurdle(10, ratios, 400)
    assert found.deviation == pytest.approx(np.std(ratios, ddof=1))
    assert found.estimated == len(ratios) == FEW
    assumed = hurdle(10, [*ratios[1:], math.nan], 400)
    assert (assumed.deviation, assumed.estimated) == (0.05, 0)
    assert hurdle(11, ratios, 400).estimated == 0
    # Seven years, ten trials: 0.60 a year, by luck.
    assert hurdle(10, [], 7 * 252).ratio * math.sqrt(252) == pytest.approx(0.60, abs=0.01)


# -- rivals -------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def rivals():
    """A benchmark of 500 days and four strategies: itself, itself with a little noise, a better and a worse one."""
    rng = np.random.default_rng(2)
    benchmark = rng.normal(0.0, 0.01, 500)
    noise = rng.normal(0.0, 0.002, (500, 3))
    return benchmark, np.column_stack([benchmark, *(benchmark[:, None] + noise + [0.0, 0.001, -0.001]).T])


def test_superior_ability_finds_the_better_one(rivals):
    """And not the noise; the twin of the benchmark is left out, in which nothing varies."""
    benchmark, strategies = rivals
    found = superior_ability(benchmark, strategies, 5)
    assert found.strategies == 3
    assert found.lower <= found.consistent <= found.upper < 0.01
    assert superior_ability(benchmark, strategies[:, :2], 5).consistent > 0.1
    assert superior_ability(benchmark, strategies[:, :1], 5) is None


def test_superior_ability_of_strategies_without_skill():
    """Under the null, p is below 0.2 in about a fifth of the cases and not much more."""
    rng = np.random.default_rng(3)
    found = [superior_ability(*_without_skill(rng), 1, resamples=200).consistent for _ in range(60)]
    assert np.mean(np.array(found) < 0.2) < 0.4


def _without_skill(rng):
    return np.zeros(200), rng.normal(0.0, 0.01, (200, 4))


def test_the_confidence_set_holds_the_best(rivals):
    """Here it is the only one; alike, all may be the best; twins share their fate."""
    _, strategies = rivals
    assert confidence_set(strategies, 5).tolist() == [False, False, True, False]
    assert confidence_set(strategies[:, [2, 2]], 5).tolist() == [True, True]
    assert confidence_set(strategies[:, [0, 2, 2]], 5).tolist() == [False, True, True]


def test_more_risk_is_no_superiority(rivals):
    """The benchmark at twice its size earns twice as much, and is the benchmark at equal risk."""
    benchmark, _ = rivals
    levered = at_equal_risk(benchmark, np.column_stack([2 * benchmark, 0.5 * benchmark, np.full(500, 0.001)]))
    np.testing.assert_allclose(levered[:, :2], benchmark[:, None] * [1, 1])
    np.testing.assert_array_equal(levered[:, 2], 0.001)
