"""Rewards: worked by hand, additive where they say so, differentiable, and unknown to the scorer."""

from __future__ import annotations

import numpy as np
import pytest

from headway.domains.portfolio.allocation.rewards import (
    ESG,
    REWARDS,
    CVaR,
    DifferentialSharpe,
    Drawdown,
    Earned,
    RunningSharpe,
)
from headway.domains.portfolio.allocation.solution import orders
from headway.domains.portfolio.market.instance import PricePath
from headway.errors import InstanceError, UnknownNameError
from headway.ops import backend

XP = backend("numpy").xp


def paid(reward, growths, scale=1.0, weights=None, scores=None):
    """Rewards of a row whose periods grow by these factors."""
    weights = np.array([[1.0, 0.0]]) if weights is None else weights
    memory, out = reward.start(XP, np.ones((1, 1)), len(growths)), []
    for growth in growths:
        earned = Earned(np.array([growth]), np.array([scale]), weights, scores, memory)
        given, memory = reward.give(XP, earned)
        out.append(given[0])
    return np.array(out)


def test_differential_sharpe_by_hand():
    """Moody and Saffell's recursion: nothing has varied at first, then (B dA - A dB / 2) / (B - A^2)^1.5."""
    got = paid(DifferentialSharpe(rate=0.5), [1.2, 0.9, 1.1])
    a, b = 0.1, 0.02  # after +20 %
    second = (b * (-0.1 - a) - 0.5 * a * (0.01 - b)) / (b - a**2) ** 1.5
    a, b = 0.0, 0.015
    third = (b * 0.1 - 0.0) / b**1.5
    np.testing.assert_allclose(got, [0, second, third], rtol=1e-12)


def test_differential_sharpe_is_the_derivative_of_the_moving_ratio():
    """For a small rate, rate x reward is what the exponential Sharpe ratio moves by."""
    rng, rate = np.random.default_rng(0), 1e-5
    mean, square = 0.001, 0.0004
    for gain in rng.normal(0.001, 0.02, 20):
        earned = Earned(np.array([1 + gain]), np.ones(1), None, None, np.array([[mean, square]]))
        reward, memory = DifferentialSharpe(rate=rate).give(XP, earned)
        before, after = (m / np.sqrt(s - m**2) for m, s in ((mean, square), memory[0]))
        assert after - before == pytest.approx(rate * reward[0], rel=1e-3, abs=1e-10)


def test_running_sharpe_by_hand():
    """The ratio so far over the number of periods: after 10 %, then 0: mean / deviation = 1, twice a year."""
    got = paid(RunningSharpe(), [1.1, 1.0, 1.1, 1.0], scale=0.5)  # two years, four periods
    logs = np.log([1.1, 1.0, 1.1, 1.0])
    ratios = [0.0] + [logs[:n].mean() / logs[:n].std() for n in (2, 3, 4)]
    np.testing.assert_allclose(got, np.sqrt(2) * np.array(ratios) / 4, rtol=1e-9)


def test_cvar_adds_up_to_a_penalty_of_the_tail():
    """Over an episode: log growth less weight x the mean of the worst 30 % of 5 periods, half of the second counted."""
    growths = [0.9, 1.05, 0.8, 1.02, 0.95]
    logs = np.log(growths)
    tail = -(np.log(0.8) + 0.5 * np.log(0.9)) / 1.5
    got = paid(CVaR(weight=2.0, level=0.3), growths)
    assert got.sum() == pytest.approx(logs.sum() - 2 * tail)
    assert got[0] == pytest.approx(logs[0] + 2 * logs[0] / 1.5)  # the first loss is the tail so far
    assert got[1] == pytest.approx(logs[1])


def test_drawdown_adds_up_to_a_penalty_of_the_largest_loss():
    """1.1, 0.8 of it, recovery, then half of the peak: only new depths are paid for."""
    growths = [1.1, 0.8, 1.5, 0.9, 0.5]
    got = paid(Drawdown(weight=3.0), growths)
    np.testing.assert_allclose(got[:4], np.log(growths[:4]) - [0, 3 * 0.2, 0, 0], atol=1e-12)
    assert got.sum() == pytest.approx(np.log(growths).sum() - 3 * (1 - 0.45))


def test_esg_grants_and_taxes_by_hand(path):
    """Scores 80, 40 and none stand at 1, -1 and 0: the first asset's gains and losses improve by a tenth of them."""
    market = path(np.zeros((4, 3)))
    signals = np.tile(np.array([80.0, 40.0, np.nan])[:, None], (1, 4, 1, 1))
    market = PricePath(**market.arrays() | {"signals": signals, "signal_names": np.array([["esg"]])})
    scores = ESG().scores(market, np.array([0, 2]))
    np.testing.assert_allclose(scores, [[[1, -1, 0]] * 2])
    for weights, expected in (([1, 0, 0, 0], 1.11), ([0, 1, 0, 0], 1.09), ([0.25, 0.25, 0.25, 0.25], 1.1)):
        got = paid(ESG(), [1.1], weights=np.array([weights], float), scores=scores[:, 0])
        assert got[0] == pytest.approx(np.log(expected))
    assert paid(ESG(), [0.9], weights=np.array([[1.0, 0, 0, 0]]), scores=scores[:, 0])[0] == pytest.approx(np.log(0.91))
    with pytest.raises(InstanceError, match="no such signal"):
        ESG(signal="news").scores(market, np.array([0]))


def esg_path(problem, n):
    path = problem.instances("train", n)
    signals = np.random.default_rng(0).normal(50, 10, (*path.returns.shape, 1))
    return PricePath(**path.arrays() | {"signals": signals, "signal_names": np.array([["esg"]] * n)})


@pytest.mark.parametrize("reward", sorted(set(REWARDS) - {"log_return"}))
def test_gradients_and_objective(small, reward):
    """Through any reward the gradient agrees with differences, and the objective of the orders stays what it was."""
    import torch

    path = esg_path(small, 1)
    weights = np.random.default_rng(1).dirichlet(np.ones(21), small.window)
    expected = small.evaluate(path, orders(path, small.rules, weights[None])).objective
    env = small.environment(backend="torch", reward=reward)
    params = env.prepare(path)

    def total(decisions):
        state, reward = env.reset(params), 0.0
        for t in range(small.window):
            move = env.step(params, state, decisions[None, t])
            state, reward = move.state, reward + move.reward[0]
        return reward, state

    decisions = torch.tensor(weights, requires_grad=True)
    assert torch.autograd.gradcheck(lambda d: total(d)[0], (decisions,), eps=1e-6, atol=1e-4, fast_mode=True)
    years = path.scored / 252
    np.testing.assert_allclose(np.log(total(decisions)[1].wealth.detach().numpy()) / years, expected, rtol=1e-9)


def test_unknown_rewards_are_refused(small):
    """The nearest name is given."""
    with pytest.raises(UnknownNameError, match="did you mean 'drawdown'"):
        _ = small.environment(reward="drawdwn").rewarding
