"""The projection onto the rules: idempotent, the identity where it should be, and really the nearest point."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from headway.domains.portfolio.accounting.projection import project
from headway.domains.portfolio.accounting.rules import TOLERANCE, Group, Rules
from headway.ops import backend

XP = backend("numpy").xp
WEIGHTS = arrays(float, (3, 7), elements=st.floats(-2, 2, width=32))
HELD = arrays(float, (3, 7), elements=st.floats(0.015625, 1, width=32)).map(lambda a: a / a.sum(axis=1, keepdims=True))
GROUPS = st.tuples(st.sampled_from([0.1, 0.4, 0.8]), st.sampled_from([0.25, 0.5])).map(
    lambda caps: (Group("a", ("A", "C"), (0, 2), caps[0]), Group("b", ("D", "E", "B"), (3, 4, 1), caps[1]))
)
CONVEX = {
    "every": st.just(1),
    "lag": st.just(1),
    "cost": st.just(0.0),
    "long_only": st.booleans(),
    "leverage": st.sampled_from([0.5, 1.0, 1.7]),
    "cap": st.sampled_from([0.2, 0.6, 1.0]),
    "groups": st.just(()) | GROUPS,
}
RULES = st.builds(Rules, **CONVEX)
NAMED = st.builds(Rules, **CONVEX, names=st.integers(1, 6))
SLOW = st.builds(Rules, **CONVEX, turnover=st.sampled_from([0.05, 0.3, 1.0]))


@given(RULES | NAMED, WEIGHTS)
def test_projected_weights_keep_the_rules(rules, weights):
    """Bounds, sums of all and of groups, number of names and budget hold within the scorer's tolerance."""
    risky, cash = np.split(project(XP, rules, weights), [-1], axis=1)
    assert (np.abs(risky) <= rules.cap + TOLERANCE).all()
    assert (np.abs(risky).sum(axis=1) <= rules.leverage + TOLERANCE).all()
    for group in rules.groups:
        assert (np.abs(risky[:, list(group.columns)]).sum(axis=1) <= group.cap + TOLERANCE).all()
    assert rules.names is None or ((risky != 0).sum(axis=1) <= rules.names).all()
    assert not rules.long_only or (risky >= 0).all()
    held = (weights != 0).any(axis=1)
    np.testing.assert_allclose((risky.sum(axis=1) + cash[:, 0])[held], 1, atol=TOLERANCE)


@given(RULES | NAMED | SLOW, WEIGHTS, HELD)
def test_projecting_twice_is_projecting_once(rules, weights, held):
    """Idempotent, bit for bit."""
    once = project(XP, rules, weights, held)
    np.testing.assert_array_equal(project(XP, rules, once, held), once)


@given(RULES, WEIGHTS, WEIGHTS)
def test_nothing_feasible_is_nearer(rules, weights, other):
    """(w - p) . (f - p) <= 0 for every feasible f: what makes p the nearest point of a convex set."""
    nearest = project(XP, rules, weights)[:, :-1]
    feasible = project(XP, rules, other)[:, :-1]
    assert (((weights[:, :-1] - nearest) * (feasible - nearest)).sum(axis=1) <= 1e-9).all()


@pytest.mark.parametrize("seed", range(6))
def test_agrees_with_a_quadratic_program(seed):
    """The nearest point by an interior-point solver, with caps, groups, leverage and shorts."""
    import cvxpy

    rng = np.random.default_rng(seed)
    groups = (Group("a", (), (0, 1, 2), 0.3), Group("b", (), (3, 5), 0.25), Group("c", (), (4, 6, 7), 0.5))
    rules = Rules(1, 1, 0.0, bool(seed % 2), rng.choice([0.6, 1.0, 1.5]), rng.choice([0.2, 0.5]), groups=groups)
    wanted = rng.normal(0.1, 0.4, (1, 11))
    w = cvxpy.Variable(10)
    limits = [cvxpy.norm1(w) <= rules.leverage, cvxpy.abs(w) <= rules.cap, *([w >= 0] if rules.long_only else [])]
    limits += [cvxpy.norm1(w[list(group.columns)]) <= group.cap for group in groups]
    cvxpy.Problem(cvxpy.Minimize(cvxpy.sum_squares(w - wanted[0, :-1])), limits).solve(solver="CLARABEL")
    np.testing.assert_allclose(project(XP, rules, wanted)[0, :-1], w.value, atol=2e-5)


@given(SLOW, WEIGHTS, HELD)
def test_turnover_on_the_line_from_what_is_held(rules, weights, held):
    """No more is moved than allowed, all in one direction, and no limit is broken further than it is already."""
    ordered = project(XP, rules, weights, held)
    live = (weights != 0).any(axis=1)
    move = (ordered - held)[live, :-1]
    assert (np.abs(move).sum(axis=1) <= rules.turnover + TOLERANCE).all()
    free = Rules(**{**vars(rules), "turnover": math.inf, "cap": 9.0, "leverage": 99.0, "groups": ()})
    risky, own = ordered[live, :-1], held[live, :-1]
    assert (risky <= np.maximum(rules.cap, own) + TOLERANCE).all()
    for group in rules.groups:
        columns = list(group.columns)
        sums = np.abs(risky[:, columns]).sum(axis=1), own[:, columns].sum(axis=1)
        assert (sums[0] <= np.maximum(group.cap, sums[1]) + TOLERANCE).all()
    if rules.cap == 1.0 and rules.leverage >= 1.0 and not rules.groups and rules.long_only:
        target = project(XP, free, project(XP, Rules(1, 1, 0.0, True, rules.leverage, 1.0), weights))[live, :-1] - own
        parallel = np.abs((move * target).sum(axis=1)) - np.linalg.norm(move, axis=1) * np.linalg.norm(target, axis=1)
        np.testing.assert_allclose(parallel, 0, atol=1e-9)


def test_turnover_by_hand():
    """From all cash to halves with a limit of 0.4: two fifths of the way. No order is still no order."""
    rules = Rules(1, 1, 0.0, True, 1.0, 1.0, turnover=0.4)
    held = np.array([[0.0, 0.0, 1.0]] * 2)
    got = project(XP, rules, np.array([[0.5, 0.5, 0.0], [0.0, 0.0, 0.0]]), held)
    np.testing.assert_allclose(got, [[0.2, 0.2, 0.6], [0, 0, 0]], atol=1e-15)


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
    two = Rules(every=1, lag=1, cost=0.0, long_only=True, leverage=1.0, cap=1.0, names=1)
    np.testing.assert_allclose(project(XP, two, weights), [[0.9, 0, 0, 0.1]], atol=1e-15)


@pytest.mark.parametrize("long_only", [True, False])
@pytest.mark.parametrize("groups", [(), (Group("a", (), (0, 1), 0.6), Group("b", (), (2,), 0.9))])
def test_gradients_pass(long_only, groups):
    """torch's gradient through the projection agrees with differences, also where the limits bind."""
    import torch

    rules = Rules(every=1, lag=1, cost=0.0, long_only=long_only, leverage=1.0, cap=0.55, groups=groups)
    weights = torch.tensor([[0.9, 0.5, 0.3, -0.2, -0.5], [0.22, 0.1, 0.3, 0.05, 0.1]], dtype=torch.float64)
    weights.requires_grad_()
    assert torch.autograd.gradcheck(lambda w: project(backend("torch").xp, rules, w), (weights,))
    slow = Rules(**{**vars(rules), "turnover": 0.3})
    held = torch.full((2, 5), 0.2, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda w: project(backend("torch").xp, slow, w, held), (weights,))
