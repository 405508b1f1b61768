"""The projection onto the rules: idempotent, the identity where it should be, and really the nearest point."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from headway.domains.portfolio.accounting.projection import project
from headway.domains.portfolio.accounting.rules import TOLERANCE, Rules
from headway.ops import backend

XP = backend("numpy").xp
WEIGHTS = arrays(float, (3, 5), elements=st.floats(-2, 2, width=32))
RULES = st.builds(
    Rules,
    every=st.just(1),
    lag=st.just(1),
    cost=st.just(0.0),
    long_only=st.booleans(),
    leverage=st.sampled_from([0.5, 1.0, 1.7]),
    cap=st.sampled_from([0.2, 0.6, 1.0]),
)


@given(RULES, WEIGHTS)
def test_projected_weights_keep_the_rules(rules, weights):
    """Bounds, gross sum and budget hold within the scorer's tolerance."""
    risky, cash = np.split(project(XP, rules, weights), [-1], axis=1)
    assert (np.abs(risky) <= rules.cap + TOLERANCE).all()
    assert (np.abs(risky).sum(axis=1) <= rules.leverage + TOLERANCE).all()
    assert not rules.long_only or (risky >= 0).all()
    held = (weights != 0).any(axis=1)
    np.testing.assert_allclose((risky.sum(axis=1) + cash[:, 0])[held], 1, atol=TOLERANCE)


@given(RULES, WEIGHTS)
def test_projecting_twice_is_projecting_once(rules, weights):
    """Idempotent, bit for bit."""
    once = project(XP, rules, weights)
    np.testing.assert_array_equal(project(XP, rules, once), once)


@given(RULES, WEIGHTS, WEIGHTS)
def test_nothing_feasible_is_nearer(rules, weights, other):
    """(w - p) . (f - p) <= 0 for every feasible f: what makes p the nearest point of a convex set."""
    nearest = project(XP, rules, weights)[:, :-1]
    feasible = project(XP, rules, other)[:, :-1]
    assert (((weights[:, :-1] - nearest) * (feasible - nearest)).sum(axis=1) <= 1e-9).all()


def test_feasible_weights_and_no_orders_stay_as_they_are():
    """1/N, all cash and a row of zeros pass through unchanged."""
    rules = Rules(every=1, lag=1, cost=0.0, long_only=True, leverage=1.0, cap=1.0)
    weights = np.array([[*[1 / 7] * 7, 0], [*[0] * 7, 1], [0] * 8, [0.5, 0.25, *[0] * 5, 0.25]])
    np.testing.assert_array_equal(project(XP, rules, weights), weights)


def test_by_hand():
    """(0.9, 0.5, -0.3) loses 0.2 each to sum to 1; a cap of 0.6 then leaves 0.4 for the second."""
    rules = Rules(every=1, lag=1, cost=0.0, long_only=True, leverage=1.0, cap=1.0)
    weights = np.array([[0.9, 0.5, -0.3, -0.1]])
    np.testing.assert_allclose(project(XP, rules, weights), [[0.7, 0.3, 0, 0]], atol=1e-15)
    capped = Rules(every=1, lag=1, cost=0.0, long_only=True, leverage=1.0, cap=0.6)
    np.testing.assert_allclose(project(XP, capped, weights), [[0.6, 0.4, 0, 0]], atol=1e-15)


@pytest.mark.parametrize("long_only", [True, False])
def test_gradients_pass(long_only):
    """torch's gradient through the projection agrees with differences, also where the limits bind."""
    import torch

    rules = Rules(every=1, lag=1, cost=0.0, long_only=long_only, leverage=1.0, cap=0.55)
    weights = torch.tensor([[0.9, 0.5, 0.3, -0.2, 0.1], [0.2, 0.1, 0.3, 0.05, 0.1]], dtype=torch.float64)
    weights.requires_grad_()
    assert torch.autograd.gradcheck(lambda w: project(backend("torch").xp, rules, w), (weights,))
