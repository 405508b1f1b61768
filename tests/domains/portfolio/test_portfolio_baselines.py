"""Baselines: closed forms for two assets, and admissibility by perturbing the future."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import headway
from headway.domains.portfolio.accounting.rules import Rules
from headway.domains.portfolio.allocation.problem import Allocation
from headway.domains.portfolio.classical.hindsight import best_constant
from headway.domains.portfolio.classical.limits import Limits
from headway.domains.portfolio.classical.linear import least_risk
from headway.errors import SolverError


def plan(two, name, **options):
    """Weights at the first decision."""
    problem, market = two
    period = market.first
    state = problem.environment().reset(problem.environment().prepare(market[:1]))
    view = problem.view(market, period)
    return problem.baseline(name, **options).plan(problem, view, state), view.returns[0, -504:]


@pytest.fixture
def two(path):
    """525 days of two correlated assets with positive means, and a problem for them."""
    rng = np.random.default_rng(0)
    common = rng.normal(0, 0.01, (525, 1))
    returns = 0.001 + common + rng.normal(0, [0.005, 0.015], (525, 2))
    return Allocation(lookback=504), path(returns, start=503)


def test_minimum_variance_in_closed_form(two):
    """Two assets: w1 = (s2^2 - s12) / (s1^2 + s2^2 - 2 s12), within [0, 1]."""
    weights, returns = plan(two, "minimum_variance")
    (a, c), (_, b) = np.cov(returns.T)
    expected = np.clip((b - c) / (a + b - 2 * c), 0, 1)
    np.testing.assert_allclose(weights, [expected, 1 - expected, 0], atol=1e-5)


def test_mean_variance_in_closed_form(two):
    """The tangency portfolio is in proportion to inverse(covariance) @ mean."""
    weights, returns = plan(two, "mean_variance")
    tangency = np.linalg.solve(np.cov(returns.T), returns.mean(axis=0))
    expected = np.clip(tangency / tangency.sum(), 0, 1)
    np.testing.assert_allclose(weights[:2], expected, atol=1e-5)


def test_mean_variance_without_a_positive_mean(path):
    """No tangency portfolio exists then: the least variance is ordered, as documented."""
    rng = np.random.default_rng(1)
    falling = Allocation(lookback=504), path(-0.01 + rng.normal(0, [0.005, 0.01], (525, 2)), start=503)
    tangency, _ = plan(falling, "mean_variance")
    least, _ = plan(falling, "minimum_variance")
    np.testing.assert_array_equal(tangency, least)


@pytest.mark.parametrize("name", ["inverse_volatility", "risk_parity"])
def test_two_assets_at_equal_risk(two, name):
    """With two assets equal risk contributions are inverse volatilities, whatever the correlation."""
    weights, returns = plan(two, name)
    inverse = 1 / returns.std(axis=0)
    np.testing.assert_allclose(weights, [*(inverse / inverse.sum()), 0], atol=1e-5)


def test_hrp_with_two_assets(two):
    """With two assets the only split is by inverse variance (Lopez de Prado 2016)."""
    weights, returns = plan(two, "hrp")
    inverse = 1 / returns.var(axis=0)
    np.testing.assert_allclose(weights, [*(inverse / inverse.sum()), 0], atol=1e-6)


def test_mad_on_a_grid(two):
    """No weight on a fine grid has a smaller mean absolute deviation."""
    weights, returns = plan(two, "mad")
    deviations = returns - returns.mean(axis=0)
    grid = np.linspace(0, 1, 2001)
    values = np.abs(deviations @ np.stack([grid, 1 - grid])).mean(axis=0)
    ours = np.abs(deviations @ weights[:2]).mean()
    assert ours <= values.min() + 1e-12
    assert ours == pytest.approx(values.min(), rel=1e-5)


def test_mad_keeps_the_cap():
    """A cap of 0.6 binds; a cap of 0.4 leaves a fifth in cash."""
    returns = np.array([[0.01, 0.05], [-0.01, -0.05]])
    for cap, expected in ((0.6, [0.6, 0.4]), (0.4, [0.4, 0.4])):
        rules = Rules(every=1, lag=1, cost=0, long_only=True, leverage=1.0, cap=cap)
        found = least_risk(returns, Limits.of(rules, np.ones(2, bool)), "mad")
        np.testing.assert_allclose(found.x[:2], expected, atol=1e-9)
        assert found.value == pytest.approx(expected[0] * 1 + expected[1] * 5)  # percent a day


def test_a_failing_estimator_is_an_error(path):
    """Constant prices carry no risk to share out: the message names estimator and date."""
    flat = Allocation(lookback=504), path(np.zeros((525, 2)), start=503)
    with pytest.raises(SolverError, match="RiskParity") as raised:
        plan(flat, "risk_parity")
    assert "known until 2021-05-18" in raised.value.__notes__[0]


def test_buy_and_hold_trades_once(small):
    """1/N at the first decision, and no orders after it."""
    path = small.instances("validation", 2)
    solution = headway.rollout(small.environment(), small.baseline("buy_and_hold"), path).solution
    np.testing.assert_allclose(solution.weights[:, 0, :-1], 0.05)
    assert (solution.weights[:, 1:] == 0).all()


def test_equal_weight_is_its_own_reference(small):
    """The reference value is what the baseline scores."""
    path = small.instances("validation", 3)
    solution = headway.rollout(small.environment(), small.baseline("equal_weight"), path).solution
    reference = small.references(path)["equal_weight"]
    np.testing.assert_allclose(small.evaluate(path, solution).objective, reference.value, rtol=1e-12)
    assert reference.kind == "policy"


def test_equal_weight_within_cap_and_leverage():
    """A cap of 3 % or a leverage of 0.4 leaves the rest in cash."""
    for options, each in (({"cap": 0.03}, 0.03), ({"leverage": 0.4}, 0.02)):
        problem = Allocation(window=1, lookback=30, **options)
        path = problem.instances("validation", 1)
        result = headway.rollout(problem.environment(), problem.baseline("equal_weight"), path)
        np.testing.assert_allclose(result.solution.weights[0, 0], [*[each] * 20, 1 - 20 * each])
        assert problem.evaluate(path, result.solution).feasible.all()


@pytest.mark.parametrize("name", sorted(set(Allocation.baselines) - {"cardinality"}))
def test_half_the_wealth_keeps_the_mix(small, name):
    """With a leverage limit of 0.5 each baseline orders half of its usual weights, and the rest stays in cash."""
    whole, half = Allocation(window=1, lookback=260), Allocation(window=1, lookback=260, leverage=0.5)
    path = whole.instances("validation", 1)
    usual, less = (
        headway.rollout(p.environment(), p.baseline(name), path).solution.weights[0, 0] for p in (whole, half)
    )
    np.testing.assert_allclose(less[:-1], usual[:-1] / 2, atol=1e-6)
    assert less[-1] == pytest.approx(0.5)


def test_solvers_share_a_process_without_highspy(small):
    """skfolio (through cvxpy) and OR-Tools plan in one process; highspy, which breaks OR-Tools, is never loaded."""
    path = small.instances("validation", 1)
    for name in ("minimum_variance", "mad", "hrp", "mad"):
        headway.rollout(small.environment(), small.baseline(name), path)
    assert {"cvxpy", "ortools", "skfolio"} <= set(sys.modules)
    assert "highspy" not in sys.modules


def test_hindsight_beats_every_constant():
    """Cover's example: one asset doubles and halves, the other is cash; half and half is best."""
    relatives = np.array([[2.0, 1.0], [0.5, 1.0]] * 5)
    np.testing.assert_allclose(best_constant(relatives), [0.5, 0.5], atol=1e-6)


@pytest.mark.parametrize("name", sorted(set(Allocation.baselines) - {"cardinality"}))
def test_no_decision_depends_on_later_prices(small, name):
    """With all prices after a decision replaced, decisions up to it are bit-equal; later ones may differ."""
    path, env = small.instances("validation", 2), small.environment()
    planner = small.baseline(name)
    usual = headway.rollout(env, planner, path).solution.weights
    for decision in range(small.window):
        day = path.first + decision * small.every
        other = small.perturb(path, day, np.random.default_rng(decision))
        changed = headway.rollout(env, planner, other).solution.weights
        np.testing.assert_array_equal(changed[:, : decision + 1], usual[:, : decision + 1])


def test_a_cheating_planner_is_caught(small):
    """The same comparison sees through a planner that gets hold of the next period's winner."""
    path, env = small.instances("validation", 1), small.environment()

    class Cheat(headway.Planner):
        def __init__(self, instance):
            self.instance = instance

        def plan(self, problem, view, state):
            ahead = self.instance.returns[0, view.length : view.length + 21].sum(axis=0)
            return np.append(np.eye(20)[ahead.argmax()], 0.0)

    other = small.perturb(path, path.first, np.random.default_rng(0))
    honest, changed = (headway.rollout(env, Cheat(p), p).solution.weights for p in (path, other))
    assert (honest[:, 0] != changed[:, 0]).any()


@pytest.mark.parametrize(
    ("name", "sharpe"),
    [
        ("minimum_variance", 0.7726),
        ("mean_variance", 1.0892),
        ("cvar_lp", 0.7997),
        ("max_diversification", 1.1996),
        ("minimum_variance_shrunk", 0.8500),
        ("risk_parity", 1.2453),
        ("hrp", 1.1947),
        ("mad", 0.8944),
    ],
)
def test_net_sharpe_in_the_last_two_years(name, sharpe):
    """2021-2022, monthly, net of 10 bps; to the solvers' tolerance (own figures, as a regression test)."""
    problem = Allocation()
    path = problem.history("2021-01-01")
    solution = headway.rollout(problem.environment(), problem.baseline(name), path).solution
    assert problem.evaluate(path, solution).metrics["sharpe"][0] == pytest.approx(sharpe, abs=1e-4)
