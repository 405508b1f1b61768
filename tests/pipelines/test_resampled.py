"""Resampled histories: paired between contestants, crossed with seeds, and no measure of an average series."""

from __future__ import annotations

import numpy as np
import pytest

from headway.pipelines.comparison.resampled import OBJECTIVE, Resampled, resampled


class Spread:
    """A problem that measures the spread of its objective, which averaging series would shrink."""

    def measures(self, series):
        return {"spread": series[OBJECTIVE].std(1)}


@pytest.fixture
def world():
    """Two seeds of noise over 400 periods, and replicates of them."""
    noise = np.random.default_rng(0).normal(size=(2, 400))
    return noise, resampled(Spread(), list(noise), 300)


def test_measures_are_of_each_seed(world):
    """Two independent seeds spread by 1 each; their average would by 0.71."""
    noise, found = world
    spread = found.replicates("noise", {OBJECTIVE: noise})["spread"]
    assert spread.mean() == pytest.approx(1.0, abs=0.05)
    assert found.replicates("noise", {OBJECTIVE: noise.mean(0, keepdims=True)})["spread"].mean() < 0.8


def test_one_seed_is_the_plain_bootstrap(world):
    """The replicates of its own series at the common indices."""
    noise, found = world
    expected = noise[0][found.indices].mean(1)
    np.testing.assert_allclose(found.replicates("one", {OBJECTIVE: noise[:1]})[OBJECTIVE], expected)


def test_differences_are_paired(world):
    """A contestant that is always 0.1 ahead is so in every replicate."""
    noise, found = world
    ahead = found.replicates("b", {OBJECTIVE: noise[:1] + 0.1})[OBJECTIVE]
    np.testing.assert_allclose(ahead - found.replicates("a", {OBJECTIVE: noise[:1]})[OBJECTIVE], 0.1)


def test_seeds_are_drawn_anew():
    """Seeds that always score 0 and 1: both, or one of them twice."""
    found = Resampled(Spread(), np.zeros((4000, 20), int), 1)  # type: ignore[arg-type]
    drawn = found.replicates("two", {OBJECTIVE: np.stack([np.zeros(20), np.ones(20)])})[OBJECTIVE]
    values, counts = np.unique(drawn, return_counts=True)
    assert values.tolist() == [0.0, 0.5, 1.0]
    np.testing.assert_allclose(counts / 4000, [0.25, 0.5, 0.25], atol=0.03)


def test_short_histories_have_no_blocks():
    """Nothing is estimated from a few periods."""
    assert resampled(Spread(), [np.zeros(15)], 10) is None
    assert resampled(Spread(), [], 10) is None
