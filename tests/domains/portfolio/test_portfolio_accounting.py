"""The accounting with every rule on: against money in decimals, asset by asset, and worked by hand."""

from __future__ import annotations

from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import headway
from headway.domains.portfolio.accounting.rules import Group, Rules
from headway.domains.portfolio.allocation.evaluate import evaluate
from headway.domains.portfolio.allocation.ledger import replay
from headway.domains.portfolio.allocation.problem import Allocation
from headway.domains.portfolio.allocation.reference import equal_weight
from headway.domains.portfolio.allocation.solution import orders
from headway.domains.portfolio.market.instance import GONE, SUSPENDED, TRADED, PricePath
from headway.errors import ConfigError, InstanceError, UnknownNameError

FEES = {"cost_bps": 10, "spread_bps": 8, "impact": 1.2, "capital": 1e5, "borrow_bps": 300, "margin_bps": 200}
FREE = {"cost": 0.0, "long_only": False, "leverage": 9.0, "cap": 9.0}


def broken_market(rng, days, assets=4, batch=1, start=5):
    """A path on which assets stop trading, leave and come back at random."""
    shape = (batch, days, assets)
    status = rng.choice([TRADED, SUSPENDED, GONE], shape, p=[0.85, 0.1, 0.05]).astype(np.int8)
    before = np.concatenate([status[:, :1], status[:, :-1]], axis=1)
    still = (status == SUSPENDED) | ((status == GONE) & (before == GONE))
    return PricePath.of(
        dates=np.tile(np.datetime64("2020-01-01") + np.arange(days), (batch, 1)),
        assets=np.tile(np.array(list("ABCDEFG"[:assets])), (batch, 1)),
        returns=np.where(still, 0.0, rng.normal(0, 0.03, shape)),
        cash=rng.uniform(0, 1e-3, shape[:2]),
        start=np.full(batch, start),
        status=status,
        volume=rng.lognormal(12, 1, shape),
    )


def in_decimals(rules, path, targets):
    """Final wealth [B] from money in every asset, in cash, and owed by assets that are gone."""
    with localcontext(prec=40):
        return [float(_wealth(rules, path[row], targets[row])) for row in range(len(path))]


def _wealth(rules, path, targets):
    d = lambda x: Decimal(float(x))  # noqa: E731 (exact: a double is a decimal)
    year, assets = Decimal(252), path.returns.shape[2]
    decided = {int(day): order for order, day in enumerate(path.decisions(rules.every, rules.lag))}
    money, cash, claims = [Decimal(0)] * assets, Decimal(1), Decimal(0)
    for day in range(path.first, path.length):
        if day > path.first:
            fee = [d(rules.borrow) / year if m < 0 else 0 for m in money]
            money = [m * (1 + d(r) + f) for m, r, f in zip(money, path.returns[0, day], fee, strict=True)]
            rate = d(path.cash[0, day])
            cash, claims = cash * (1 + rate + (d(rules.margin) / year if cash < 0 else 0)), claims * (1 + rate)
            for i in np.flatnonzero(path.status[0, day] == GONE):
                money[i], claims = Decimal(0), claims + money[i]
        if day in decided or day - rules.lag in decided:
            cash, claims = cash + claims, Decimal(0)
        order = None if day - rules.lag not in decided else targets[decided[day - rules.lag]]
        if order is not None and order.any():
            money, cash = _filled(rules, path, day, [d(w) for w in order[:-1]], money, cash)
    return sum(money) + cash + claims


def _filled(rules, path, day, wanted, money, cash):
    status = path.status[0, day]
    wealth = sum(money) + cash
    wanted = [Decimal(0) if s == GONE else w for w, s in zip(wanted, status, strict=True)]
    frozen = [s == SUSPENDED for s in status]
    if any(frozen):
        asked = 1 - sum(w for w, f in zip(wanted, frozen, strict=True) if f)
        left = 1 - sum(m for m, f in zip(money, frozen, strict=True) if f) / wealth
        scale = min(max(left / asked, Decimal(0)), Decimal(1)) if asked > 0 else Decimal(1)
        wanted = [m / wealth if f else scale * w for w, m, f in zip(wanted, money, frozen, strict=True)]
    cost = Decimal(0)
    for i, (w, m) in enumerate(zip(wanted, money, strict=True)):
        traded = abs(w * wealth - m)
        last = [Decimal(float(r)) for r in path.returns[0, max(day - 62, 0) : day + 1, i]]
        mean = sum(last) / len(last)
        deviation = (sum((r - mean) ** 2 for r in last) / len(last)).sqrt()
        volumes = [Decimal(float(v)) for v in path.volume[0, max(day - 20, 0) : day + 1, i]]
        volume = sum(volumes) / len(volumes)
        rate = Decimal(float(rules.cost)) + Decimal(float(rules.spread)) / 2
        root = (traded * Decimal(float(rules.capital)) / volume).sqrt()
        cost += traded * (rate + Decimal(float(rules.impact)) * deviation * root)
    wealth -= cost
    money = [w * wealth for w in wanted]
    return money, wealth - sum(money)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 5), st.integers(0, 5), st.booleans(), st.integers(0, 2**32 - 1))
def test_every_rule_agrees_with_money_in_decimals(every, lag, short_end, seed):
    """Scorer and environment end at the wealth of an independent replay, to 1e-10, through halts, shorts and loans."""
    lag, rng = min(lag, every), np.random.default_rng(seed)
    problem = Allocation(every=every, execution_lag=lag, same_close=True, long_only=False, leverage=3, cap=2, **FEES)
    short_end = short_end and every - 1 > lag
    path = broken_market(rng, 6 + 3 * every + (every - 1 if short_end else 0), batch=2)
    risky = rng.normal(0.2, 0.3, (2, 3 + short_end, 4))
    targets = np.concatenate([risky, 1 - risky.sum(axis=2, keepdims=True)], axis=2)
    targets[0, 1] = 0.0
    env = problem.environment()
    params = env.prepare(path)
    state, total, ruined = env.reset(params), 0.0, np.zeros(2, bool)
    for t in range(targets.shape[1]):
        state, reward, over, _ = env.step(params, state, targets[:, t])
        total, ruined = total + reward, ruined | over
    scored = problem.evaluate(path, orders(path, problem.rules, targets))
    expected = np.array(in_decimals(problem.rules, path, targets))
    np.testing.assert_array_equal(np.isnan(scored.objective), ruined)
    np.testing.assert_allclose(scored.series["wealth"][~ruined, -1], expected[~ruined], rtol=1e-10)
    np.testing.assert_allclose(state.wealth[~ruined], expected[~ruined], rtol=1e-10)
    np.testing.assert_allclose(total[~ruined], scored.objective[~ruined], rtol=1e-9, atol=1e-12)


def halted(path, status, day, asset):
    """``path`` with another status of one asset from ``day`` on."""
    changed = path.status.copy()
    changed[0, day:, asset] = status
    return PricePath(**path.arrays() | {"status": changed})


def score(rules, path, weights):
    return evaluate(rules, path, orders(path, rules, np.asarray(weights, float)[None]))


def test_a_suspended_asset_keeps_what_is_held(path):
    """B is frozen at 3/4 of wealth: an order of all in A gets the quarter that is left."""
    rules = Rules(every=1, lag=0, **FREE)
    market = path([[0, 0], [-0.5, 0.5], [0.2, 0], [0, 0]])
    market = halted(market, SUSPENDED, 1, 1)
    result = score(rules, market, [[0.5, 0.5, 0], [1, 0, 0], [0.1, 0.8, 0.1]])
    # Day 1: 0.25 + 0.75. Then A stays 0.25: all of it is in A already. Day 2: A gains 20 %.
    np.testing.assert_allclose(result.series["wealth"][0], [1, 1.05, 1.05], rtol=1e-14)
    np.testing.assert_allclose(result.series["exposure"][0], [1, (0.75 + 0.105) / 1.05, (0.75 + 0.105) / 1.05])


def test_an_order_for_a_suspended_asset_stays_in_cash(path):
    """Nothing of B can be bought: half of wealth is in A, half waits in cash, and nothing is paid for it."""
    rules = Rules(every=2, lag=0, **FREE | {"cost": 0.01})
    market = halted(path([[0, 0], [0.1, 0], [0, 0]], cash=[0, 0.02, 0]), SUSPENDED, 0, 1)
    result = score(rules, market, [[0.5, 0.5, 0]])
    assert result.series["wealth"][0, -1] == pytest.approx((1 - 0.005) * (0.5 * 1.1 + 0.5 * 1.02))
    assert result.series["cost"][0].tolist() == pytest.approx([0.005, 0])


def test_a_gone_asset_pays_out_after_its_last_return(path):
    """A halves on its last day, the rest earns cash until the next fill; an order for it goes to cash, free."""
    rules = Rules(every=3, lag=1, **FREE | {"cost": 0.01})
    returns = [[0, 0], [0, 0], [-0.5, 0.1], [0, 0], [0, 0], [0, 0], [0, 0]]
    market = halted(path(returns, cash=[0, 0, 0.05, 0.02, 0.03, 0.04, 0.05]), GONE, 2, 0)
    result = score(rules, market, [[1, 0, 0], [0.5, 0.5, 0]])
    first = 0.99  # paid at the close of day 1
    second = first * 0.5
    third, fourth = second * 1.02, second * 1.02 * 1.03 * 0.995  # half of the order is filled, for 1 % of it
    wealth = [1 - 0.01, second, third, fourth, fourth * (0.5 + 0.5 * 1.04), fourth * (0.5 + 0.5 * 1.04 * 1.05)]
    np.testing.assert_allclose(result.series["wealth"][0], wealth, rtol=1e-14)


def test_impact_by_hand(path):
    """Deviation 1 %, 1 % of a day's volume of a million: 0.01 x sqrt(0.01) = 10 bps of what is bought, twice for 2."""
    returns = [[0.01], [-0.01], [0.01], [-0.01], [0.0]]
    market = path(returns, start=3)
    market = PricePath(**market.arrays() | {"volume": np.full((1, 5, 1), 1e6)})
    for impact in (1.0, 2.0):
        rules = Rules(every=1, lag=0, impact=impact, capital=20_000, **FREE)
        result = score(rules, market, [[0.5, 0.5]])
        assert result.series["cost"][0, 0] == pytest.approx(0.5 * impact * 0.001)


def test_shorts_and_loans_pay_daily(path):
    """A short of a half owes 252 bps a year: 1 bp a day; a loan of a half 504 bps above the cash rate: 2 bps a day."""
    rules = Rules(every=2, lag=0, borrow=0.0252, margin=0.0504, **FREE)
    market = path([[0, 0], [0.02, 0.01], [0, 0]], cash=[0, 0.001, 0])
    short = score(rules, market, [[-0.5, 0.5, 1.0]]).series["wealth"][0]
    first = 1 - 0.5 * (0.02 + 0.0001) + 0.5 * 0.01 + 0.001
    np.testing.assert_allclose(short, [first, first - 0.5 * 1.0201 * 0.0001], rtol=1e-14)
    loan = score(rules, market, [[1.5, 0.0, -0.5]]).series["wealth"][0]
    first = 1 + 1.5 * 0.02 - 0.5 * (0.001 + 0.0002)
    np.testing.assert_allclose(loan, [first, first - 0.5 * 1.0012 * 0.0002], rtol=1e-14)


def test_breaches_of_groups_names_and_turnover(path):
    """Each with its amount; what drift has carried beyond a cap is excused under a limit on turnover only."""
    market = path([[0, 0, 0], [1.0, 0, 0], [0, 0, 0]])
    both = Group("both", ("A0", "A2"), (0, 2), 0.5)
    named = Rules(every=1, lag=0, **FREE, groups=(both,), names=2)
    result = score(named, market, [[0.4, 0.3, 0.3, 0.0], [0, 0, 0, 1]])
    assert result.violations["group_both"][0] == pytest.approx(0.2)
    assert result.violations["names"][0] == 1
    slow = Rules(every=1, lag=0, cost=0.0, long_only=True, leverage=1.0, cap=0.5, turnover=0.5)
    # The first asset doubles from 0.4: it is 4/7 of wealth, more than the cap, and may stay so or be sold in part.
    drifted = 4 / 7
    for second, breach in ((drifted, 0.0), (0.55, 0.0), (0.6, 0.6 - drifted)):
        result = score(slow, market, [[0.4, 0.1, 0, 0.5], [second, 1 / 14, 0, 1 - second - 1 / 14]])
        assert result.violations["cap"][0] == pytest.approx(breach, abs=1e-12)
    result = score(slow, market, [[0.4, 0.2, 0, 0.4], [0, 0, 0, 0]])
    assert result.violations["turnover"][0] == pytest.approx(0.1)


@pytest.mark.parametrize(
    "options",
    [
        {"turnover": 0.2, "cap": 0.1},
        {"names": 5, "impact": 1.0},
        {"groups": {"a": ("AAPL", "MSFT"), "b": ("KO",)}, "group_caps": {"a": 0.05, "b": 0.02}, "turnover": 0.3},
    ],
)
def test_any_action_becomes_a_feasible_order(options):
    """Wild scores, projected onto the rules, are feasible by the scorer's word."""
    problem = Allocation(window=6, lookback=260, **options)
    path = problem.instances("train", 3)
    env, rng = problem.environment(strength=3.0, adjustment=1.0), np.random.default_rng(0)

    class Wild(headway.Policy):
        def act(self, observation, mask, memory=None):
            return rng.uniform(-1, 1, (len(observation["weights"]), 20)).astype(np.float32), memory

    result = problem.evaluate(path, headway.rollout(env, Wild(), path).solution)
    assert result.feasible.all(), result.violations
    reference = problem.evaluate(path, equal_weight(problem.rules, path))
    assert set(result.violations) == set(reference.violations)


def test_month_starts_agree_with_cvxportfolio():
    """1/N of 20 stocks, rebalanced at month starts for 10 bps, from 2 January 1992 to 27 December 2022.

    Expected: cvxportfolio 1.5.1, run on the same days. It pays costs from cash, which is a loan until the next trade;
    here holdings shrink alike.
    """
    problem = Allocation(execution_lag=0, same_close=True, cash="nothing")
    path = problem.history("1992-01-03", "2022-12-27")
    days, months = np.arange(path.first, path.length - 1), path.dates[0].astype("datetime64[M]")
    starts = days[np.append(True, months[days[1:]] != months[days[1:] - 1])]
    targets = np.tile(np.append(np.full(20, 0.05), 0.0), (1, len(starts), 1))
    net = replay(problem.rules, path, targets, starts).net[0]
    wealth = net.cumprod()
    assert wealth[-1] == pytest.approx(104.48580, rel=5e-4)
    assert wealth[-1] ** (252 / len(net)) - 1 == pytest.approx(0.1619550, abs=2e-5)
    assert (net - 1).mean() / (net - 1).std(ddof=1) * np.sqrt(252) == pytest.approx(0.8939417, abs=1e-4)
    assert (1 - wealth / np.maximum.accumulate(wealth)).max() == pytest.approx(0.4886354, abs=1e-4)


def test_knobs_that_do_not_go_together():
    """Turnover with names, groups without caps or that overlap, and unknown assets are refused."""
    with pytest.raises(ConfigError, match="one of the two"):
        Allocation(turnover=0.2, names=3)
    with pytest.raises(ConfigError, match="caps differ"):
        Allocation(groups={"a": ("KO",)})
    with pytest.raises(ConfigError, match="two groups"):
        Allocation(groups={"a": ("KO",), "b": ("KO",)}, group_caps={"a": 0.1, "b": 0.1})
    with pytest.raises(UnknownNameError, match="did you mean 'MSFT'"):
        _ = Allocation(groups={"a": ("MFST",)}, group_caps={"a": 0.1}).rules


def test_paths_of_other_assets_do_not_fit_groups(path):
    """Groups look for assets by place: a path with others there is refused by the environment."""
    problem = Allocation(groups={"a": ("KO",)}, group_caps={"a": 0.1}, lookback=5)
    with pytest.raises(InstanceError, match="group a"):
        problem.environment().prepare(path(np.zeros((30, 20))))


def test_reports_state_the_conventions_in_force():
    """Spread, fees, margin and training on made-up markets are told; a market without volumes cannot be moved."""
    plain = " ".join(Allocation().caveats)
    assert "the same rate" in plain
    assert not any(word in plain for word in ("IMPACT", "Shorts", "spread", "Training"))
    rich = Allocation(**FEES, long_only=False, leverage=2, randomise="perturb")
    told = " ".join(rich.caveats)
    for words in (
        "half of a spread of 8 bps",
        "NO IMPACT",
        "Shorts pay 300 bps",
        "another drift",
        "200 bps a year more",
    ):
        assert words in told
    free = " ".join(Allocation(long_only=False, same_close=True, execution_lag=0).caveats)
    assert "cheaper here than anywhere else" in free
    assert "SAME CLOSE" in free
