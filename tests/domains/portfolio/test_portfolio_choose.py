"""Numbered decisions: what each tilt orders, and the contract of the environment."""

from __future__ import annotations

import numpy as np

from headway.domains.portfolio.allocation.features import NAMES
from headway.domains.portfolio.allocation.problem import Allocation

PROBLEM = Allocation(data="factors", window=3, lookback=260)


def chosen(features, *, tilts=("base", "momentum", "low_volatility", "signals", "cash"), **options):
    """Orders [K, N + 1] of all tilts for an asset table [N, F], all wealth in cash."""
    env = PROBLEM.environment("choose", tilts=tilts, strength=1.0, adjustment=1.0, **options)
    rows, assets = len(tilts), len(features)
    seen = {
        "assets": np.repeat(np.asarray(features, np.float32)[None], rows, axis=0),
        "weights": np.repeat(np.eye(assets + 1, dtype=np.float32)[-1:], rows, axis=0),
        "traded": np.ones((rows, assets), np.int8),
    }
    return env.decode(seen, np.arange(rows))


def test_each_tilt_does_what_it_says():
    """Scores are half the standardised feature, at most 1; two deviations of momentum are a whole tilt."""
    features = np.zeros((2, len(NAMES) + 4))
    features[:, NAMES.index("momentum_252_skip_21")] = [5, -5]
    features[:, NAMES.index("volatility_252")] = [1, -1]
    features[:, len(NAMES)], features[:, len(NAMES) + 2] = [1, -1], [0.5, -0.5]
    base, momentum, calm, signals, cash = chosen(features)
    np.testing.assert_allclose(base, [0.5, 0.5, 0])
    np.testing.assert_allclose(np.log(momentum[0] / momentum[1]), 2)
    np.testing.assert_allclose(np.log(calm[0] / calm[1]), -1)
    np.testing.assert_allclose(np.log(signals[0] / signals[1]), 0.75)
    np.testing.assert_allclose(cash, [0.25, 0.25, 0.5])


def test_signals_without_signals_are_the_base():
    """A market that has no other data: the tilt is none."""
    rows = chosen(np.random.default_rng(0).normal(size=(4, len(NAMES))))
    np.testing.assert_array_equal(rows[3], rows[0])


def test_both_libraries_choose_alike():
    """numpy and torch order the same."""
    import torch

    instance = PROBLEM.instances("train", 6)
    orders = []
    for backend, action in (("numpy", np.arange(6)), ("torch", torch.arange(6))):
        env = PROBLEM.environment("choose", backend=backend)
        params = env.prepare(instance)
        orders.append(np.asarray(env.decode(env.observe(params, env.reset(params)), action)))
    np.testing.assert_allclose(*orders, atol=1e-12)
