"""Optimisers: any of skfolio's by name, the rules' limits, assets that cannot be bought, few names proven best."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

import headway
from headway.domains.portfolio.accounting.rules import Group, Rules
from headway.domains.portfolio.allocation.problem import Allocation
from headway.domains.portfolio.classical.cardinality import Cardinality
from headway.domains.portfolio.classical.estimated import Sample
from headway.domains.portfolio.classical.limits import Limits
from headway.domains.portfolio.classical.linear import largest_mean, least_risk
from headway.domains.portfolio.classical.skfolio import Skfolio
from headway.domains.portfolio.market.instance import GONE, SUSPENDED, PricePath
from headway.errors import UnknownNameError

RULES = {"every": 21, "lag": 1, "cost": 0.001, "long_only": True, "leverage": 1.0, "cap": 1.0}


def sample(assets=6, days=120, held=None, seed=0, **rules):
    """Correlated returns under these rules."""
    rng = np.random.default_rng(seed)
    returns = rng.normal(0, 0.01, (days, 1)) + rng.normal(0.0003, np.linspace(0.005, 0.02, assets), (days, assets))
    limits = Limits.of(Rules(**RULES | rules), np.ones(assets, bool))
    return Sample(returns, np.zeros(assets) if held is None else np.asarray(held), limits)


@pytest.mark.parametrize(
    ("estimator", "options"),
    [
        ("HierarchicalEqualRiskContribution", {"risk_measure": "cdar"}),
        ("MeanRisk", {"risk_measure": "cvar", "cvar_beta": 0.9}),
        ("MeanRisk", {"prior_estimator": {"name": "EmpiricalPrior", "covariance_estimator": {"name": "LedoitWolf"}}}),
        ("MaximumDiversification", {}),
        ("SchurComplementary", {}),
        ("RiskBudgeting", {"risk_measure": "semi_variance"}),
        ("InverseVolatility", {}),
    ],
)
def test_estimators_by_name(estimator, options):
    """Weights are long-only and invest all; the cap holds where the estimator has one."""
    weights = Skfolio(estimator=estimator, options=options).weights(sample(cap=0.4))
    assert weights.sum() == pytest.approx(1.0)
    assert weights.min() >= -1e-7
    if estimator != "InverseVolatility":
        assert weights.max() <= 0.4 + 1e-5


@pytest.mark.parametrize(
    ("estimator", "options", "near"),
    [
        ("MeanRisks", {}, "MeanRisk"),
        ("os.system", {}, "expected"),
        ("MeanRisk", {"risk_mesure": "cvar"}, "risk_measure"),
        ("MeanRisk", {"risk_measure": "cvarr"}, "cvar"),
        ("MeanRisk", {"prior_estimator": {"name": "EmpiricalPriors"}}, "EmpiricalPrior"),
        ("BaseOptimization", {}, "expected"),
    ],
)
def test_what_skfolio_does_not_have(estimator, options, near):
    """Names are skfolio's own, without paths; the nearest one is told."""
    with pytest.raises(UnknownNameError, match=near):
        Skfolio(estimator=estimator, options=options).weights(sample())


def test_shrinkage_is_ledoit_and_wolf(small):
    """The named contestant is the adapter with that covariance."""
    options = {"prior_estimator": {"name": "EmpiricalPrior", "covariance_estimator": {"name": "LedoitWolf"}}}
    named = small.baseline("minimum_variance_shrunk").weights(sample())
    np.testing.assert_allclose(named, Skfolio(estimator="MeanRisk", options=options).weights(sample()), atol=1e-9)
    assert np.abs(named - small.baseline("minimum_variance").weights(sample())).max() > 1e-3


def test_groups_limit_the_optimum(small):
    """The three calmest assets may hold 20 %, less than any would: programs keep it, and the rest is invested."""
    groups = (Group("calm", ("a", "b", "c"), (0, 1, 2), 0.2),)
    for name in ("minimum_variance", "risk_parity", "max_diversification", "cvar", "cvar_lp", "mad"):
        weights = small.baseline(name).weights(sample(groups=groups))
        assert weights[:3].sum() == pytest.approx(0.2, abs=1e-2 if name == "risk_parity" else 1e-4)
        assert weights.sum() == pytest.approx(1.0)


def test_no_ratio_where_limits_leave_no_gain(small):
    """One asset of three gains, and may hold a fifth: every allowed mean is a loss, and least variance is ordered."""
    losing = sample(assets=3, cap=0.7)
    means = np.array([0.0005, -0.0003, -0.0004])
    losing = losing._replace(returns=losing.returns - losing.returns.mean(axis=0) + means)
    limits = Limits.of(Rules(**RULES | {"cap": 0.7}, groups=(Group("one", ("a",), (0,), 0.2),)), np.ones(3, bool))
    assert largest_mean(limits, means) == pytest.approx(0.2 * 0.0005 - 0.7 * 0.0003 - 0.1 * 0.0004)
    known = losing._replace(limits=limits)
    expected = small.baseline("minimum_variance").weights(known)
    np.testing.assert_allclose(small.baseline("mean_variance").weights(known), expected, atol=1e-9)


def test_largest_mean_with_shorts():
    """130/30: a short of 30 % of the worst asset pays for more of the best, up to the cap of 1 on each."""
    limits = Limits.of(Rules(**RULES | {"long_only": False, "leverage": 1.6}), np.ones(3, bool))
    assert largest_mean(limits, np.array([0.03, 0.01, -0.02])) == pytest.approx(1.0 * 0.03 + 0.3 * 0.01 + 0.3 * 0.02)


def test_the_budget_is_what_the_limits_leave():
    """Caps of 0.1 on six assets, and 0.15 on three of them together."""
    groups = (Group("three", ("a", "b", "c"), (0, 1, 2), 0.15),)
    assert sample(cap=0.1).limits.budget == pytest.approx(0.6)
    assert sample(cap=0.1, groups=groups).limits.budget == pytest.approx(0.45)
    assert sample(leverage=0.3).limits.budget == 0.3


@pytest.mark.parametrize("name", ["equal_weight", "inverse_volatility", "minimum_variance", "hrp", "mad"])
def test_assets_that_cannot_be_bought_are_left_out(path, name):
    """Of four assets one is suspended and one was listed in the middle of the window; a fifth is gone."""
    rng = np.random.default_rng(3)
    market = path(rng.normal(0, 0.01, (103, 5)), start=99)
    status = market.status.copy()
    status[0, 95:, 1], status[0, :50, 2], status[0, 98:, 4] = SUSPENDED, GONE, GONE
    returns = np.where(status == GONE, 0.0, market.returns)
    market = PricePath(**market.arrays() | {"status": status, "returns": returns})
    problem = Allocation(lookback=100)
    options = {} if name == "equal_weight" else {"lookback": 100}
    state = problem.environment().reset(problem.environment().prepare(market))
    weights = problem.baseline(name, **options).plan(problem, problem.view(market, 99), state)
    held = {0, 2, 3} if name == "equal_weight" else {0, 3}
    assert set(np.flatnonzero(weights)) == held
    assert weights.sum() == pytest.approx(1.0)


def test_cvar_is_the_mean_of_the_worst_days():
    """Of 100 days the worst five: the program's value is their mean loss, in percent, and no grid point is lower."""
    known = sample(assets=2, days=100)
    found = least_risk(known.returns, known.limits, "cvar")
    grid = np.linspace(0, 1, 501)
    tails = [-np.sort(known.returns @ [w, 1 - w])[:5].mean() for w in grid]
    assert found.value == pytest.approx(100 * -np.sort(known.returns @ found.x[:2])[:5].mean())
    assert found.value <= 100 * min(tails) + 1e-9


@pytest.mark.parametrize("measure", ["mad", "cvar", "tracking"])
def test_few_names_are_the_best_few(measure):
    """Every choice of two assets of six, each solved as a linear program: none has less risk."""
    known = sample(days=60)
    found = Cardinality(measure=measure, names=2, nodes=5000).found(known)
    weights = found.x[:6]
    assert found.gap == 0
    assert found.bound <= found.value
    assert (weights > 1e-9).sum() <= 2
    best = min(
        Cardinality(measure=measure, names=6, nodes=5000).found(_only(known, pair)).value
        for pair in combinations(range(6), 2)
    )
    assert found.value == pytest.approx(best, rel=1e-6)


def _only(known, pair):
    """The sample with a cap of zero on all assets but these, as a group."""
    others = tuple(set(range(6)) - set(pair))
    limits = Limits.of(Rules(**RULES, groups=(Group("others", others, others, 0.0),)), np.ones(6, bool))
    return known._replace(limits=limits)


def test_smallest_position_and_trade():
    """No position below 10 %; no change below 5 %, except a position sold whole."""
    held = np.array([0.30, 0.02, 0.28, 0.0, 0.2, 0.2])
    known = sample(held=held)
    weights = Cardinality(names=4, smallest=0.1, smallest_trade=0.05).weights(known)
    kept = weights > 1e-9
    assert kept.sum() <= 4
    assert weights[kept].min() >= 0.1 - 1e-9
    changes = np.abs(weights - held)
    assert ((changes < 1e-9) | (changes >= 0.05 - 1e-9) | ~kept).all()


def test_a_limit_on_work_leaves_a_gap():
    """One node is not enough to prove tracking by three names; the bound says how far it may be off."""
    hard = sample(assets=20, days=100)
    early = Cardinality(measure="tracking", names=3, nodes=1).found(hard)
    assert early.gap > 0.05
    again = Cardinality(measure="tracking", names=3, nodes=1).found(hard)
    np.testing.assert_array_equal(early.x, again.x)


def test_cardinality_is_causal(small):
    """With all later prices replaced, the first two decisions are bit-equal."""
    path, env, planner = small.instances("validation", 1), small.environment(), small.baseline("cardinality", nodes=5)
    usual = headway.rollout(env, planner, path).solution.weights
    other = small.perturb(path, path.first + small.every, np.random.default_rng(0))
    changed = headway.rollout(env, planner, other).solution.weights
    np.testing.assert_array_equal(changed[:, :2], usual[:, :2])
    assert (np.abs(usual[0, :, :-1]) > 1e-9).sum(axis=1).max() <= 8
