"""How scores become weights: tilts around a base, partial adjustment, the no-trade band, direct weights."""

from __future__ import annotations

import numpy as np
import pytest

from headway.domains.portfolio.allocation.problem import Allocation

PROBLEM = Allocation(window=3, lookback=260)


def seen(weights, traded=None, **rest):
    """An observation of these weights held [B, N + 1]."""
    weights = np.asarray(weights, np.float32)
    traded = np.ones(weights[:, :-1].shape, np.int8) if traded is None else np.asarray(traded, np.int8)
    return {"weights": weights, "traded": traded, **rest}


def held(rows=2, assets=20):
    return np.random.default_rng(0).dirichlet(np.ones(assets + 1), rows).astype(np.float32)


def test_zero_scores_are_equal_weight():
    """With full adjustment, zero scores decode to 1/N exactly, whatever is held."""
    env = PROBLEM.environment(adjustment=1.0)
    decision = env.decode(seen(held()), np.zeros((2, 20), np.float32))
    np.testing.assert_allclose(decision, [[*[0.05] * 20, 0]] * 2, atol=1e-15)


def test_zero_scores_are_the_base():
    """Around another base, zero scores are that base; around what is held they order what is held."""
    base = np.random.default_rng(1).dirichlet(np.ones(20), 2).astype(np.float32)
    env = PROBLEM.environment(base="inverse_volatility", adjustment=1.0)
    decision = env.decode(seen(held(), base=base), np.zeros((2, 20)))
    np.testing.assert_allclose(decision[:, :-1], base / base.astype(float).sum(axis=1, keepdims=True), atol=1e-7)
    invested = held()
    invested[:, -1] = 0
    invested /= invested.sum(axis=1, keepdims=True)
    decision = PROBLEM.environment(base="held").decode(seen(invested), np.zeros((2, 20)))
    np.testing.assert_allclose(decision, invested, atol=1e-6)


def test_adjustment_trades_part_of_the_way():
    """A quarter of the way from what is held to the target; cash is invested in the target's proportions at once."""
    env = PROBLEM.environment(adjustment=0.25)
    score = np.array([[1.0, 1.0], [0.0, 0.0]])
    decision = env.decode(seen([[0.5, 0.5, 0.0], [0.0, 0.0, 1.0]]), score)
    np.testing.assert_allclose(decision, [[0.5, 0.5, 0]] * 2, atol=1e-15)
    moved = env.decode(seen([[0.9, 0.1, 0.0]]), np.zeros((1, 2)))
    np.testing.assert_allclose(moved[0], [0.8, 0.2, 0], atol=1e-7)  # observations are float32


def test_decoded_weights_need_no_projection():
    """Fully invested to double precision, although observed weights are float32: `project` returns them as they are."""
    env = PROBLEM.environment()
    observation = seen(held(64))
    decision = env.decode(observation, np.random.default_rng(1).normal(size=(64, 20)))
    np.testing.assert_allclose(decision[:, :-1].sum(axis=1), 1.0, rtol=0, atol=1e-15)
    np.testing.assert_array_equal(env.project(observation, decision), decision)


def test_strength_bounds_the_tilt():
    """The largest ratio of two weights is exp(2 x strength), and the ends of the action space reach it."""
    env = PROBLEM.environment(adjustment=1.0, strength=0.7)
    for score in (1.0, 50.0):
        decision = env.decode(seen([[0, 0, 1.0]]), np.array([[score, -score]]))
        assert decision[0, 0] / decision[0, 1] == pytest.approx(np.exp(1.4))


def test_band_leaves_what_is_near_and_trades_to_its_edge():
    """Half of sum |target - held| within the band: no order. Beyond it: as far as the band's edge, and no further."""
    env = PROBLEM.environment(adjustment=1.0, band=0.1)
    decision = env.decode(seen([[0.55, 0.45, 0.0], [0.8, 0.2, 0.0], [0.0, 0.0, 1.0]]), np.zeros((3, 2)))
    np.testing.assert_allclose(decision, [[0, 0, 0], [0.6, 0.4, 0], [0.5, 0.5, 0]], atol=1e-7)


def test_softmax_holds_cash():
    """Direct weights: zero scores are 1 / (N + 1) each, cash included; low scores are all cash in the limit."""
    env = PROBLEM.environment(form="softmax", strength=8.0, adjustment=1.0)
    decision = env.decode(seen([[0, 0, 1.0]] * 2), np.array([[0.0, 0.0], [-1.0, -1.0]]))
    np.testing.assert_allclose(decision[0], [1 / 3] * 3, atol=1e-15)
    assert decision[1, -1] == pytest.approx(1 / (1 + 2 * np.exp(-8)))


@pytest.mark.parametrize("form", ["tilt", "softmax"])
def test_what_does_not_trade_is_ordered_as_it_is_held(form):
    """The rest is shared out among what trades; where nothing does, all stays as it is."""
    env = PROBLEM.environment(form=form, adjustment=1.0)
    weights = np.array([[0.2, 0.3, 0.4, 0.1], [0.2, 0.3, 0.5, 0.0]])
    decision = env.decode(seen(weights, [[1, 0, 1], [0, 0, 0]]), np.zeros((2, 3)))
    assert decision[0, 1] == pytest.approx(0.3)
    assert decision[0, 0] == pytest.approx(decision[0, 2])
    np.testing.assert_allclose(decision[1], weights[1], atol=1e-7)
    np.testing.assert_allclose(decision.sum(axis=1), 1, atol=1e-15)


@pytest.mark.parametrize("options", [{}, {"band": 0.05}, {"form": "softmax"}, {"base": "held", "strength": 2.0}])
def test_gradients_agree_with_differences(options):
    """Scores and holdings: the torch face differentiates every form."""
    import torch

    env = PROBLEM.environment(backend="torch", **options)
    weights = torch.tensor(np.random.default_rng(2).dirichlet(np.ones(5), 3), requires_grad=True)
    scores = torch.tensor(np.random.default_rng(3).uniform(-0.9, 0.9, (3, 4)), requires_grad=True)
    traded = torch.tensor([[1, 1, 1, 1], [1, 0, 1, 1], [1, 1, 1, 1]], dtype=torch.int8)

    def order(weights, scores):
        return env.approach({"weights": weights, "traded": traded}, scores)

    assert torch.autograd.gradcheck(order, (weights, scores), eps=1e-7, atol=1e-6)
