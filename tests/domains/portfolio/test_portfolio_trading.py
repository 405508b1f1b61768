"""Trading in lots: fills by hand, books in exact decimals, assets that leave, both environments, files."""

from __future__ import annotations

from decimal import Decimal
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import headway
import headway.contest.chance
from headway.domains.portfolio.market.instance import GONE, SUSPENDED, PricePath
from headway.domains.portfolio.market.orders import read_orders
from headway.domains.portfolio.trading.account import fill
from headway.domains.portfolio.trading.dynamics import orders
from headway.domains.portfolio.trading.evaluate import Book
from headway.domains.portfolio.trading.problem import Trading
from headway.domains.portfolio.trading.program import Account, WholeLots
from headway.domains.portfolio.trading.terms import Terms
from headway.errors import SolutionError

FREE = {"commission_bps": 0.0, "commission_minimum": 0.0, "spread_bps": 0.0, "cash": "nothing"}


def filled(terms, prices, cash, held, order):
    """Cash in currency and lots [N] after one order, by the environment's code and by the scorer's."""
    unit = np.array([prices], float) * terms.lot / terms.capital
    row = [np.array([values], float) for values in (held, order)]
    money, lots = fill(np, terms, unit, np.array([cash / terms.capital]), *row)
    book = Book(terms, cash, np.array(held, float))
    book.order(np.array(order), np.array(prices, float), np.ones(len(prices), bool))
    np.testing.assert_array_equal(lots[0], book.lots)
    assert float(money[0]) * terms.capital == pytest.approx(book.cash, rel=1e-9, abs=1e-6)
    return book


def test_sales_pay_for_purchases_in_the_order_of_the_assets():
    """Cash 100; 5 lots of C at 20 are sold, then A at 30 takes 6 lots, and of 10 lots of B at 5 cash pays for 4."""
    book = filled(Terms(1000, 1, 0.0, 0.0, 0.0), [30, 5, 20], 100, [0, 0, 5], [6, 10, -9])
    assert book.lots.tolist() == [6, 4, 0]
    assert book.cash == pytest.approx(0.0)


def test_commission_minimum_and_spread():
    """10 lots of 2 shares at 50, spread 1 %: pays 1005 and 0.5 % of it; a small trade pays the minimum of 4."""
    terms = Terms(10_000, 2, 0.005, 4.0, 0.01)
    assert filled(terms, [50], 2000, [0], [10]).cash == pytest.approx(2000 - 1005 - 5.025)
    assert filled(terms, [50], 2000, [0], [1]).cash == pytest.approx(2000 - 100.5 - 4)
    assert filled(terms, [50], 0, [3], [-1]).cash == pytest.approx(99.5 - 4)


def test_no_cash_for_the_commission_no_purchase():
    """103 would buy a lot of 100, but not its commission of 4."""
    assert filled(Terms(1000, 1, 0.0, 4.0, 0.0), [100], 103, [0], [1]).lots.tolist() == [0]
    assert filled(Terms(1000, 1, 0.0, 4.0, 0.0), [100], 104, [0], [1]).lots.tolist() == [1]


def test_a_sale_that_its_commission_would_eat_up_is_not_made():
    """A share at 3 is not sold for a commission of 4."""
    assert filled(Terms(1000, 1, 0.0, 4.0, 0.0), [3], 0, [1], [-1]).lots.tolist() == [1]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4))
def test_books_in_exact_decimals(seed, assets):
    """Environment and scorer agree with sales and purchases in 28 digits, to 1e-6 of the capital."""
    rng = np.random.default_rng(seed)
    terms = Terms(10_000.0, int(rng.integers(1, 20)), 0.002, 1.5, 0.004)
    prices = np.round(rng.uniform(1, 80, assets), 2)
    held, order = rng.integers(0, 30, assets), rng.integers(-40, 40, assets)
    book = filled(terms, prices.tolist(), 5_000.0, held.tolist(), order.tolist())
    cash, lots = _decimals(terms, prices, Decimal(5000), [int(h) for h in held], [int(o) for o in order])
    assert book.lots.tolist() == lots
    assert book.cash == pytest.approx(float(cash), abs=1e-6 * terms.capital)
    assert book.cash >= -1e-6 * terms.capital
    assert book.lots.min() >= 0


def _decimals(terms, prices, cash, lots, order):
    minimum, rate, half = Decimal(str(terms.minimum)), Decimal(str(terms.commission)), Decimal(str(terms.spread)) / 2
    for k, wanted in enumerate(order):
        sold = min(max(-wanted, 0), lots[k])
        value = sold * terms.lot * Decimal(str(prices[k])) * (1 - half)
        fee = max(rate * value, minimum)
        if value > fee:
            cash, lots[k] = cash + value - fee, lots[k] - sold
    for k, wanted in enumerate(order):
        bought = max(wanted, 0)
        while bought:
            value = bought * terms.lot * Decimal(str(prices[k])) * (1 + half)
            total = value + max(rate * value, minimum)
            if total <= cash:
                cash, lots[k] = cash - total, lots[k] + bought
                break
            bought -= 1
    return cash, lots


def test_a_path_by_hand(path):
    """100 of cash buy 4 lots at 20 the day after, which rise by 50 %: 140 at the end of three days."""
    market = path([[0.0], [0.0], [0.25], [0.20]], start=1)
    market = PricePath(**market.arrays() | {"level": np.array([[20.0]])})
    problem = Trading(every=2, lookback=2, capital=100.0, **FREE)
    solution = orders(market, problem, np.array([[[4]]]))
    found = problem.evaluate(market, solution)
    # The order of day 1 is filled at the close of day 2, at 25: 4 lots take all cash, and end at 30.
    assert found.series["wealth"][0].tolist() == pytest.approx([1.0, 1.2])
    assert found.objective[0] == pytest.approx(252 * np.log(1.2) / 2)
    assert found.feasible.all()


def test_what_a_tear_sheet_shows_of_each_day(path):
    """Two assets at 20, cash 100: 2 lots of the first for 1 each, a day later; then it rises by 50 %."""
    market = path([[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.5, 0.0]], start=1)
    market = PricePath(**market.arrays() | {"level": np.full((1, 2), 20.0)})
    problem = Trading(every=2, lookback=2, capital=100.0, **FREE | {"commission_minimum": 2.0})
    found = problem.evaluate(market, orders(market, problem, np.array([[[2, 0]]])))
    shown = {name: values[0].tolist() for name, values in found.series.items()}
    assert shown["wealth"] == pytest.approx([0.98, 1.18])
    assert shown["cost"] == pytest.approx([0.02, 0.0])
    assert shown["turnover"] == pytest.approx([0.5 * (0.40 + 0.42), 0.0])
    assert shown["gross"] == pytest.approx([0.0, np.log(118 / 98)])
    assert shown["exposure"] == pytest.approx([40 / 98, 60 / 118])
    assert shown["active_share"] == pytest.approx(
        [0.5 * (0.5 - 40 / 98 + 0.5 + 58 / 98), 0.5 * (60 / 118 - 0.5 + 0.5 + 58 / 118)]
    )
    assert found.metrics["exposure"][0] == pytest.approx(np.mean(shown["exposure"]))
    assert found.metrics["cost_bps"][0] == pytest.approx(1e4 * 0.02 * 252 / 2)


@pytest.mark.parametrize("name", ["trade", "signal"])
def test_assets_that_stop_trading_and_leave(path, name):
    """Environment and scorer agree where assets are suspended and gone; what is gone is cash at its last price."""
    rng = np.random.default_rng(5)
    market = path(rng.normal(0, 0.03, (31, 3)), cash=np.full(31, 1e-4), start=3)
    status = market.status.copy()
    status[0, 8:14, 0], status[0, 11:, 1] = SUSPENDED, GONE
    returns = np.where(status == SUSPENDED, 0.0, market.returns)
    returns[0, 12:, 1] = 0.0
    market = PricePath(**market.arrays() | {"status": status, "returns": returns})
    problem = Trading(every=3, lookback=2, capital=50_000.0, cash="nothing")
    env = problem.environment(name)
    space = env.spaces(env.prepare(market))[1]
    for seed in range(3):
        policy = headway.contest.chance.RandomPolicy(space=space)
        walked = headway.rollout(env, policy, market, seed=seed)
        found = problem.evaluate(market, walked.solution)
        np.testing.assert_allclose(walked.returns, found.objective, rtol=1e-9)
        assert found.feasible.all()


def test_signal_sells_holds_and_buys(path):
    """Buy both, sell the first, hold: the orders of three days, given asset by asset."""
    market = path(np.zeros((8, 2)), start=1)
    problem = Trading(every=2, lookback=2, capital=1000.0, **FREE)
    env = problem.environment("signal")
    params = env.prepare(market)
    state, held = env.reset(params), []
    for action in (2, 2, 0, 1, 1, 1):
        seen = env.observe(params, state)
        assert seen["phase"][0, int(state.phase[0])] == 1
        moved = env.step(params, state, env.project(seen, env.decode(seen, np.array([action]))))
        state = moved.state
        held.append(state.lots[0].tolist())
    assert held == [[0, 0], [5, 5], [5, 5], [0, 5], [0, 5], [0, 5]]
    assert moved.truncated.all()


def test_scores_decode_into_lots(path):
    """A score of 1 buys 10 % of wealth, -0.5 sells 5 %, 0.09 holds; an account that holds nothing buys 1/N besides."""
    market = path(np.zeros((6, 4)), start=1)
    env = Trading(every=2, lookback=2, capital=100_000.0, **FREE).environment()
    params = env.prepare(market)
    state = env.reset(params)
    scores = np.array([[1.0, -0.5, 0.09, -1.0]], np.float32)
    assert env.decode(env.observe(params, state), scores).tolist() == [[350, 200, 250, 150]]
    state = env.step(params, state, np.array([[300, 0, 0, 0]])).state
    assert env.decode(env.observe(params, state), scores).tolist() == [[100, -50, 0, -100]]


def test_momentum_holds_what_rose_most(path):
    """Of six assets the two with the largest growth up to a month ago, whatever came after."""
    returns = np.tile(np.array([1, 5, 2, 4, 3, 0]) * 1e-4, (60, 1))
    returns[40:] = 0.01 * np.arange(6)
    problem = Trading(every=5, lookback=2, cash="nothing")
    market = path(returns, start=49)
    planner = problem.baseline("momentum", names=2, longest=30, skipped=10)
    solution = headway.rollout(problem.environment(), planner, market).solution
    assert np.flatnonzero(solution.lots[0, 0]).tolist() == [1, 3]


def test_lots_are_the_best_of_all():
    """Every order of two assets within reach is tried: none deviates less for what it costs."""
    terms = Terms(1000.0, 1, 0.01, 2.0, 0.02)
    account = Account(np.array([70.0, 110.0]), np.array([3.0, 1.0]), np.array([True, True]), 400.0)
    target = np.array([0.2, 0.7])
    planner = WholeLots(aversion=2.0, nodes=10_000)
    found = planner.found(terms, account, target)
    lots = np.round(found.x[:2] - found.x[2:4])
    values = {order: _objective(terms, account, target, np.array(order)) for order in product(range(-3, 8), repeat=2)}
    assert found.gap == 0
    assert values[tuple(lots)] == pytest.approx(min(values.values()))
    assert found.value == pytest.approx(values[tuple(lots)])


def _objective(terms, account, target, order):
    if (account.held + order < 0).any():
        return np.inf
    wealth = account.cash + account.held @ account.unit
    value = np.abs(order) * account.unit * (1 + np.sign(order) * terms.spread / 2)
    fees = np.where(order != 0, np.maximum(terms.commission * value, terms.minimum), 0.0).sum()
    if (np.sign(order) * value).sum() + fees > account.cash + 1e-9:
        return np.inf
    half = (np.abs(order) * account.unit).sum() * terms.spread / 2
    return np.abs((account.held + order) * account.unit / wealth - target).sum() + 2.0 * (fees + half) / wealth


def test_smallest_trades():
    """No trade below 150 of currency, except a position sold whole."""
    account = Account(np.array([7.0, 11.0, 13.0]), np.array([30.0, 5.0, 0.0]), np.ones(3, bool), 700.0)
    found = WholeLots(smallest=150.0).found(Terms(1000.0, 1, 0.0, 0.0, 0.0), account, np.array([0.25, 0.0, 0.3]))
    order = np.round(found.x[:3] - found.x[3:6])
    assert order[1] == -5
    assert all(abs(order[k]) * account.unit[k] >= 150 for k in (0, 2) if order[k])


def test_rules_of_allocation_in_lots():
    """The lots of minimum variance differ from its weights by less than a lot each, and costs."""
    problem = Trading(window=1, lookback=260)
    market = problem.instances("validation", 1)
    env, walked = problem.environment(), {}
    for name in ("rounded", "lots"):
        planner = problem.baseline(name, rule="minimum_variance")
        walked[name] = headway.rollout(env, planner, market).solution.lots[0, 0]
    prices = market.prices()[0, market.first]
    weights = headway.make_problem("portfolio/allocation", window=1, lookback=260).baseline("minimum_variance")
    state = env.reset(env.prepare(market))
    ordered = weights.plan(problem, problem.view(market, market.first), state)[:-1]
    np.testing.assert_array_less(np.abs(walked["rounded"] * prices / 1e6 - ordered), prices / 1e6 + 1e-12)
    assert np.abs(walked["lots"] * prices / 1e6 - ordered).sum() < 0.01


def test_orders_as_csv(tmp_path):
    """Written and read again they are the same; a half lot is refused with its row."""
    problem = Trading(window=2, lookback=60)
    market = problem.instances("validation", 1)
    solution = headway.rollout(problem.environment(), problem.baseline("equal_weight"), market).solution
    file = problem.write_solution(market, solution, tmp_path / "orders.csv")
    np.testing.assert_array_equal(problem.read_solution(market, file).lots, solution.lots)
    lines = file.read_text().splitlines()
    lines[2] = lines[2].replace(",", ",0.5,", 1).rsplit(",", 1)[0]
    file.write_text("\n".join(lines))
    with pytest.raises(SolutionError, match="line 3"):
        problem.read_solution(market, file)


def test_foreign_orders_are_refused(path):
    """Orders for other dates are not scored."""
    market = path(np.zeros((8, 2)), start=1)
    problem = Trading(every=2, lookback=2)
    solution = orders(market, problem, np.zeros((1, 3, 2), int))
    with pytest.raises(SolutionError, match="other dates"):
        problem.evaluate(market, type(solution)(solution.dates + 1, solution.assets, solution.lots))


def test_a_line_with_too_many_cells_is_refused(tmp_path):
    """Nothing of a file is dropped without a word."""
    file = tmp_path / "orders.csv"
    file.write_text("date,A,B\n2020-01-01,1,2,3\n", encoding="utf-8")
    with pytest.raises(SolutionError, match="another number of cells") as caught:
        read_orders(file, ["A", "B"])
    assert caught.value.where == f"{file}, line 2"
