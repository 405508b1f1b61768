"""The environment: the scorer's numbers step by step, decoding, ends and gradients."""

from __future__ import annotations

import dataclasses

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import headway
from headway.domains.portfolio.allocation.problem import Allocation
from headway.domains.portfolio.allocation.solution import orders
from headway.domains.portfolio.market.instance import SUSPENDED, TRADED


def play(problem, path, decisions, backend="numpy"):
    """Rewards and last transition of given decisions [B, D, N + 1]."""
    env = problem.environment(backend=backend)
    params = env.prepare(path)
    state, rewards, last = env.reset(params), [], None
    for t in range(decisions.shape[1]):
        last = env.step(params, state, env.arrays.ops.asarray(decisions[:, t]))
        state = last.state
        rewards.append(last.reward)
    return rewards, last


@given(st.integers(0, 3), st.integers(3, 4), st.integers(0, 2**32 - 1), st.booleans())
def test_return_is_the_objective(lag, every, seed, long_only):
    """Rewards of random decisions add up to the objective, a short last period included."""
    rng = np.random.default_rng(seed)
    problem = Allocation(
        every=every, execution_lag=lag, same_close=lag == 0, cost_bps=50, long_only=long_only, leverage=2
    )
    scored = 2 * every + (every - 1 if every - 1 > lag else 0)
    path = make_path(rng.normal(0, 0.02, (scored + 6, 3)), rng.uniform(0, 1e-3, scored + 6), start=5)
    count = -(-scored // every)
    risky = rng.uniform(0 if long_only else -0.4, 0.6, (1, count, 3))
    decisions = np.concatenate([risky, 1 - risky.sum(axis=2, keepdims=True)], axis=2)
    decisions[0, 1] = 0.0 if seed % 2 else decisions[0, 1]
    rewards, last = play(problem, path, decisions)
    objective = problem.evaluate(path, orders(path, problem.rules, decisions)).objective
    np.testing.assert_allclose(sum(rewards), objective, rtol=1e-9, atol=1e-12)
    assert last.truncated.all()
    assert not last.terminated.any()


def make_path(returns, cash, start):
    from headway.domains.portfolio.market.instance import PricePath

    days, assets = returns.shape
    dates = np.datetime64("2020-01-01") + np.arange(days)[None]
    return PricePath.of(
        dates=dates,
        assets=np.array([list("ABCDEFG"[:assets])]),
        returns=returns[None],
        cash=cash[None],
        start=np.array([start]),
    )


def test_parameters_do_not_depend_on_who_halts_in_a_window(small, path):
    """Blocks of instances are put together: one without a halt has arrays of the shapes of the others'.

    Where no asset ever halts there is nothing to look at; a path from elsewhere that has a halt is still honoured.
    """
    rest = {"status": np.zeros(small.market.returns.shape, np.int8)}
    rest["status"][8000, 0] = SUSPENDED
    halting = dataclasses.replace(small, known=dataclasses.replace(small.market, rest=rest))
    assert (halting.halts, small.halts) == (True, False)
    still = halting.history("2013-01-01", "2013-06-30")
    assert (still.status == TRADED).all()
    assert halting.environment().prepare(still).periods.fate.shape[1:] == (6, 3, 20)
    assert small.environment().prepare(still).periods.fate.shape[1:] == (0,)
    halted = path(np.full((7, 1), 0.1))
    halted.status[0, 1:] = SUSPENDED
    problem = Allocation(every=2, cost_bps=0)
    _, last = play(problem, halted, np.full((1, 3, 2), 0.5))
    assert last.state.wealth.tolist() == [1.0]


def test_two_assets_by_hand(path):
    """Rewards of the example worked by hand for the scorer, per decision period."""
    problem = Allocation(every=2, cost_bps=100)
    market = path([[0, 0], [0.5, 0.5], [0.10, 0], [0, 0.20], [0.04, -0.02]], cash=[0, 0.001, 0, 0, 0])
    rewards, last = play(problem, market, np.array([[[0.5, 0.5, 0], [0.25, 0.75, 0]]]))
    first, second = 1.001 * 0.99 * 1.05, 1.15 / 1.05 * (1 - 0.01 * 21 / 46) * 0.995
    np.testing.assert_allclose(np.ravel(rewards), 63 * np.log([first, second]), rtol=1e-13)
    np.testing.assert_allclose(last.state.weights[0], [0.26 / 0.995, 0.735 / 0.995, 0], rtol=1e-14)


def test_numpy_and_torch_agree(small):
    """One source, two libraries: decisions and rewards to 1e-12."""
    import torch

    instance = small.instances("train", 3)
    faces = [small.environment(backend=name, strength=1.5) for name in ("numpy", "torch")]
    params = [env.prepare(instance) for env in faces]
    states = [env.reset(p) for env, p in zip(faces, params, strict=True)]
    rng = np.random.default_rng(0)
    for _ in range(small.window):
        action = rng.normal(size=(3, 20))
        moves = []
        for env, p, state, given_action in zip(faces, params, states, (action, torch.tensor(action)), strict=True):
            observation = env.observe(p, state)
            decision = env.project(observation, env.decode(observation, given_action))
            moves.append((decision, env.step(p, state, decision)))
        (ours, a), (theirs, b) = moves
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=0, atol=1e-12)
        np.testing.assert_allclose(a.reward, b.reward.numpy(), rtol=0, atol=1e-12)
        np.testing.assert_allclose(a.state.weights, b.state.weights.numpy(), rtol=0, atol=1e-12)
        states = [a.state, b.state]


def test_bankruptcy_terminates():
    """Wealth lost within a period ends the episode, with a finite reward, although prices recover."""
    problem = Allocation(every=3, leverage=2.0, cap=2.0)
    market = make_path(np.array([[0.0], [0], [-0.6], [2.0]]), np.zeros(4), 0)
    rewards, last = play(problem, market, np.array([[[2.0, -1.0]]]))
    assert last.terminated.all()
    assert not last.truncated.any()
    assert np.isfinite(rewards[0]).all()


def test_gradient_flows_through_costs_and_drift(small):
    """The return's gradient with respect to every decision agrees with differences."""
    import torch

    env = small.environment(backend="torch")
    instance = small.instances("train", 1)
    params = env.prepare(instance)
    weights = np.random.default_rng(1).dirichlet(np.ones(21), small.window)

    def total(decisions):
        state, reward = env.reset(params), 0.0
        for t in range(small.window):
            move = env.step(params, state, decisions[None, t])
            state, reward = move.state, reward + move.reward[0]
        return reward

    assert torch.autograd.gradcheck(total, (torch.tensor(weights, requires_grad=True),), eps=1e-7, atol=1e-5)


def test_period_is_the_last_known_day(small):
    """The views planners get end with the decision's own day, and each decision is stamped with it."""
    seen = []

    class Watch(headway.Planner):
        def plan(self, problem, view, state):
            seen.append(view.dates[0, -1])
            return np.array([*[0.05] * 20, 0.0])

    path = small.instances("validation", 1)
    result = headway.rollout(small.environment(), Watch(), path)
    np.testing.assert_array_equal(seen, result.solution.dates[0])
    np.testing.assert_array_equal(seen, path.dates[0, [259, 280, 301]])
