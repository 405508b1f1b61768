"""Statistics against values worked out by hand, against scipy, and for what must always hold."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from headway.contest import stats

SCORES = hnp.arrays(float, st.tuples(st.integers(1, 4), st.integers(2, 12)), elements=st.floats(0.5, 100, width=32))


def test_a_gap_is_a_ratio_of_means():
    """(11 + 33) / (10 + 20) - 1 = 14/30, where the mean of the ratios would be 0.375."""
    assert stats.gap([11.0, 33.0], [10.0, 20.0]).value == pytest.approx(14 / 30)


def test_positive_is_worse_whatever_the_sense():
    """A score of 8 against 10 is 20 % better when minimised, and 20 % worse when maximised."""
    assert stats.gap([8.0, 8.0], [10.0, 10.0]).value == pytest.approx(-0.2)
    assert stats.gap([8.0, 8.0], [10.0, 10.0], sense="max").value == pytest.approx(0.2)


def test_references_near_zero_take_differences():
    """Against 0.01 and -0.01 a ratio means nothing; the difference is (1 + 3) / 2."""
    assert stats.gap([1.01, 2.99], [0.01, -0.01], kind="difference").value == pytest.approx(2.0)


def test_negative_references_keep_the_sign():
    """-9 against -10 is 10 % worse when minimised."""
    assert stats.gap([-9.0, -9.0], [-10.0, -10.0]).value == pytest.approx(0.1)


def test_standard_error_by_the_delta_method():
    """d = (1, 3, 2), r = (10, 20, 30): R = 0.1, residuals (0, 1, -1), sd 1, so se = 1 / sqrt(3) / 20."""
    assert stats.gap([11.0, 23.0, 32.0], [10.0, 20.0, 30.0]).se == pytest.approx(1 / math.sqrt(3) / 20)


def test_the_interval_is_scipys_paired_bca():
    """With one seed: scipy.stats.bootstrap of the same statistic with the same generator."""
    from scipy.stats import bootstrap

    rng = np.random.default_rng(5)
    reference = rng.uniform(5, 10, 30)
    scores = reference * 1.05 + rng.normal(0, 0.5, 30)
    expected = bootstrap(
        (scores - reference, reference),
        lambda d, r, axis=-1: d.mean(axis) / np.abs(r.mean(axis)),
        paired=True,
        n_resamples=2000,
        batch=500,
        method="BCa",
        rng=np.random.default_rng(0),
    ).confidence_interval
    got = stats.gap(scores, reference)
    assert (got.low, got.high) == pytest.approx((expected.low, expected.high), rel=0.05)
    assert got.low < got.value < got.high


def test_intervals_cover():
    """Of 300 comparisons with a true gap of 10 %, the 90 % interval holds it in 84 to 95 %."""
    rng, hits = np.random.default_rng(1), 0
    for _ in range(300):
        reference = rng.uniform(5, 10, 40)
        estimate = stats.gap(reference * (1.1 + rng.normal(0, 0.1, 40)), reference, confidence=0.9, resamples=400)
        hits += estimate.low <= 0.1 <= estimate.high
    assert 0.84 * 300 <= hits <= 0.95 * 300


def test_training_seeds_are_a_source_of_error():
    """Three seeds that differ by more than the instances do widen the interval."""
    rng = np.random.default_rng(2)
    reference = rng.uniform(5, 10, 50)
    scores = np.stack([reference * level for level in (1.0, 1.1, 1.2)])
    wide, narrow = stats.gap(scores, reference), stats.gap(scores.mean(0), reference)
    assert wide.value == pytest.approx(narrow.value) == pytest.approx(0.1)
    assert wide.high - wide.low > 5 * (narrow.high - narrow.low)
    assert wide.se > 5 * narrow.se


def test_one_instance_has_no_interval():
    """A single instance says nothing of its error."""
    estimate = stats.gap([11.0], [10.0])
    assert estimate.value == pytest.approx(0.1)
    assert math.isnan(estimate.se)
    assert math.isnan(estimate.low)


def test_equal_scores_have_a_gap_of_exactly_zero():
    """No resample can find a difference."""
    assert stats.gap([3.0, 4.0, 5.0], [3.0, 4.0, 5.0]) == (0, 0, 0, 0)


def test_a_contestant_with_seeds_can_be_the_base():
    """(12 + 14) / 2 against (10 + 10) / 2, seed by seed: 30 %."""
    base = [[10.0, 20.0], [10.0, 20.0]]
    assert stats.gap([[12.0, 24.0], [14.0, 28.0]], base).value == pytest.approx(0.3)


@given(SCORES, st.sampled_from([0.125, 2.0, 64.0]))  # powers of two: ties between replicates stay ties
def test_ratios_have_no_unit(scores, factor):
    """Measuring everything in another unit changes no gap."""
    reference = scores.mean(0) + 1
    first = stats.gap(scores, reference, resamples=50)
    second = stats.gap(scores * factor, reference * factor, resamples=50)
    np.testing.assert_allclose(first, second, rtol=1e-6, atol=1e-9)


@given(SCORES)
def test_intervals_are_ordered(scores):
    """Low never exceeds high, and the order of instances does not change the value."""
    estimate = stats.gap(scores, np.full(scores.shape[1], 7.0), resamples=50)
    assert not estimate.low > estimate.high
    turned = stats.gap(scores[:, ::-1], np.full(scores.shape[1], 7.0), resamples=50)
    assert turned.value == pytest.approx(estimate.value)


def test_interquartile_mean_by_hand():
    """Of 1..8 the middle half is 3..6, with mean 4.5; one outlier of a thousand changes nothing."""
    assert stats.interquartile_mean(np.arange(1.0, 9.0)).value == 4.5
    assert stats.interquartile_mean([1.0, 2, 3, 4, 5, 6, 7, 1000]).value == 4.5


def test_interquartile_mean_is_scipys_trimmed_mean():
    """The estimate of Agarwal et al.: trim_mean with a quarter cut at each end, over all seeds and instances."""
    from scipy.stats import trim_mean

    scores = np.random.default_rng(0).normal(size=(5, 13))
    assert stats.interquartile_mean(scores).value == pytest.approx(trim_mean(scores, 0.25, axis=None))


def test_stratified_resampling_keeps_instances():
    """Seeds are drawn within an instance: where all seeds agree there is no error, however instances differ."""
    estimate = stats.interquartile_mean(np.tile([1.0, 5.0, 9.0, 100.0], (3, 1)))
    assert estimate.se == 0
    assert estimate.low == estimate.high == estimate.value


def test_performance_profile_by_hand():
    """Gaps 0, 0.1, 0.3 and an unsolved one: a quarter within 0, half within 0.1, three quarters within 1."""
    gaps = [[0.0, 0.1], [0.3, np.nan]]
    np.testing.assert_array_equal(stats.performance_profile(gaps, [0.0, 0.1, 1.0]), [0.25, 0.5, 0.75])


def test_probability_better_by_hand():
    """On the first instance 1 beats 2 and 0 beats 2; on the second 5 ties with 5 and 6 loses: (2 + 0.5) / 4."""
    assert stats.probability_better([[1.0, 5.0], [0.0, 6.0]], [[2.0, 5.0]]) == pytest.approx(2.5 / 4)
    assert stats.probability_better([[1.0, 5.0], [0.0, 6.0]], [[2.0, 5.0]], sense="max") == pytest.approx(1.5 / 4)


@given(SCORES, SCORES)
def test_probabilities_add_up(a, b):
    """A beats B or B beats A; ties are shared."""
    n = min(a.shape[1], b.shape[1])
    a, b = a[:, :n], b[:, :n]
    assert stats.probability_better(a, b) + stats.probability_better(b, a) == pytest.approx(1)


def test_blocks_of_independent_periods_are_short():
    """White noise needs blocks of a few periods; an autoregression of 0.9 needs long ones."""
    rng = np.random.default_rng(0)
    noise = rng.normal(size=2000)
    slow = np.zeros(2000)
    for t in range(1, 2000):
        slow[t] = 0.9 * slow[t - 1] + noise[t]
    assert stats.block_length(noise) < 5
    assert stats.block_length(slow) > 15


def test_block_resampling_keeps_neighbours_together():
    """With blocks of mean length L, a share of about 1 - 1/L of the steps goes to the next period."""
    slow = np.cumsum(np.random.default_rng(0).normal(size=400))
    indices, length = stats.blocks(slow, resamples=200)
    assert indices.shape == (200, 400)
    following = (np.diff(indices, axis=1) % 400 == 1).mean()
    assert following == pytest.approx(1 - 1 / length, abs=0.02)


def test_dependence_widens_the_interval():
    """The mean of an autoregression of 0.8 is three times as uncertain as independent draws suggest."""
    rng, n = np.random.default_rng(3), 3000
    noise, slow = rng.normal(size=n), np.zeros(n)
    for t in range(1, n):
        slow[t] = 0.8 * slow[t - 1] + noise[t]
    indices, _ = stats.blocks(slow, resamples=500)
    estimate = stats.from_replicates(slow.mean(), slow[indices].mean(1))
    naive = slow.std(ddof=1) / math.sqrt(n)
    assert 2 < estimate.se / naive < 4


def test_constant_series_have_blocks_of_one():
    """Nothing varies, so there is no dependence to keep."""
    assert stats.block_length(np.ones(100)) == 1.0
