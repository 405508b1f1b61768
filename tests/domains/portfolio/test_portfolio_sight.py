"""What a policy sees: signals, what trades, windows, and the weights that scores tilt."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from headway.domains.portfolio.allocation.bases import bases
from headway.domains.portfolio.allocation.features import features, signals
from headway.domains.portfolio.allocation.problem import Allocation
from headway.domains.portfolio.market.instance import GONE

PROBLEM = Allocation(data="factors", window=3, lookback=260)


@pytest.fixture(scope="module")
def instance():
    return PROBLEM.instances("train", 2)


def played(env, instance, decisions=2):
    """Observations of the first decisions, of a policy that scores nothing."""
    params = env.prepare(instance)
    state, seen = env.reset(params), []
    for _ in range(decisions):
        seen.append(env.observe(params, state))
        action = np.zeros(seen[-1]["traded"].shape)
        state = env.step(params, state, env.project(seen[-1], env.decode(seen[-1], action))).state
    return seen


@pytest.mark.parametrize("window", [1, 60, 300])
def test_window_ends_with_the_day_of_the_decision(instance, window):
    """The last W daily log returns, zeros before the path begins; both libraries show the same."""
    first, second = played(PROBLEM.environment(window=window), instance)
    for seen, day in ((first, 259), (second, 280)):
        logs = np.log1p(instance.returns[:, max(day + 1 - window, 0) : day + 1]).transpose(0, 2, 1)
        expected = np.pad(logs, ((0, 0), (0, 0), (window - logs.shape[2], 0)))
        np.testing.assert_allclose(seen["window"], expected, rtol=1e-6, atol=1e-9)
    env = PROBLEM.environment(window=window, backend="torch")
    params = env.prepare(instance)
    np.testing.assert_array_equal(env.observe(params, env.reset(params))["window"].numpy(), first["window"])


def test_signals_are_features_with_a_flag(instance):
    """The value of the decision's day, standardised over the assets that have one; 0 and a flag of 0 for the others."""
    values = np.random.default_rng(0).normal(5, 2, (*instance.returns.shape, 2))
    values[:, 259, 1, 0] = np.nan
    names = np.array([["news", "esg"]] * 2)
    shown = played(PROBLEM.environment(), dataclasses.replace(instance, signals=values, signal_names=names), 1)[0]
    assert shown["assets"].shape == (2, 5, 16)
    np.testing.assert_array_equal(shown["assets"][:, 1, 12:14], 0)
    known = values[:, 259, [0, 2, 3, 4], 0]
    expected = (known - known.mean(axis=1, keepdims=True)) / known.std(axis=1, keepdims=True)
    np.testing.assert_allclose(shown["assets"][:, [0, 2, 3, 4], 12], expected, rtol=1e-5)
    np.testing.assert_array_equal(shown["assets"][:, :, 15], 1)
    assert np.isfinite(signals(np.full((1, 3, 2, 1), np.nan), np.array([1]))).all()


def test_what_does_not_trade_is_neither_shown_nor_counted(instance):
    """Features of the others are those of a market without it."""
    status = instance.status.copy()
    status[:, :, 0] = GONE
    returns = instance.returns.copy()
    returns[:, :, 0] = 0
    shown = played(PROBLEM.environment(), dataclasses.replace(instance, status=status, returns=returns), 1)[0]
    np.testing.assert_array_equal(shown["traded"], [[0, 1, 1, 1, 1]] * 2)
    np.testing.assert_array_equal(shown["assets"][:, 0, :10], 0)
    without = features(instance.returns[:, :, 1:], np.array([259]))[:, 0]
    np.testing.assert_allclose(shown["assets"][:, 1:], without, atol=1e-5)


@pytest.mark.parametrize("kind", ["inverse_volatility", "hierarchical"])
def test_bases_are_weights_from_the_past(instance, kind):
    """Positive, sums 1, more of what moves less, and the same whatever comes later."""
    days = np.array([259, 280])
    weights = bases(kind, instance.returns, days)
    assert (weights > 0).all()
    np.testing.assert_allclose(weights.sum(axis=2), 1)
    later = instance.returns.copy()
    later[:, 260:] = np.random.default_rng(0).normal(0, 0.05, later[:, 260:].shape)
    np.testing.assert_array_equal(bases(kind, later, days)[:, 0], weights[:, 0])
    calm = instance.returns.copy()
    calm[:, :, 2] *= 0.3
    assert (bases(kind, calm, days)[:, :, 2] > weights[:, :, 2]).all()


def test_hierarchical_of_uncorrelated_assets_is_inverse_variance():
    """Bisecting a diagonal matrix gives each asset its inverse variance (Lopez de Prado 2016, section 3.3)."""
    rng = np.random.default_rng(0)
    orthogonal = np.linalg.qr(rng.normal(size=(252, 9)) - 0.0)[0]
    centred = np.linalg.qr(np.concatenate([np.ones((252, 1)), orthogonal], axis=1))[0][:, 1:9]
    deviation = np.linspace(0.5, 2, 8)
    weights = bases("hierarchical", (0.1 * centred * deviation)[None], np.array([251]))[0, 0]
    np.testing.assert_allclose(weights, deviation**-2 / (deviation**-2).sum(), rtol=1e-6)


def test_instances_without_history_needs_are_as_before():
    """The default observation has no fields but features, weights and what trades."""
    env = PROBLEM.environment()
    assert set(env.spaces(env.prepare(PROBLEM.instances("train", 1)))[0]) == {"assets", "weights", "traded"}
