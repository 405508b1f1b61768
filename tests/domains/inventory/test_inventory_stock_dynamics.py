"""The step: against the scorer on all kinds of items, its order of events, what is observed, what actions mean."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.domains.inventory.stock.orders import Orders
from headway.domains.inventory.stock.problem import LostSales
from headway.errors import CapabilityError


def walk(environment, path, quantity):
    """Observations before each order and at the end, and rewards [T], for orders [T, I]."""
    params = environment.prepare(path)
    state = environment.reset(params)
    seen, rewards = [environment.observe(params, state)], []
    for order in np.asarray(quantity, float).reshape(len(quantity), -1):
        state, reward, _, truncated = environment.step(params, state, order[None])
        seen.append(environment.observe(params, state))
        rewards.append(float(reward[0]))
    assert truncated.all()
    return seen, rewards


ITEMS = st.fixed_dictionaries(
    {
        "lead_time": st.integers(0, 3),
        "keep": st.sampled_from([0.0, 0.5, 1.0]),
        "holding": st.floats(0, 3),
        "penalty": st.floats(0, 20),
        "fixed": st.sampled_from([0.0, 2.0]),
    }
)


@given(
    demand=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=4, max_size=8),
    items=st.tuples(ITEMS, ITEMS),
    lost=st.booleans(),
    warmup=st.integers(0, 3),
    seed=st.integers(0, 99),
)
def test_rewards_are_what_the_scorer_counts(stock_path, demand, items, lost, warmup, seed):
    """Two items with terms of their own: the step and the replay agree in every period."""
    each = {name: [item[name] for item in items] for name in items[0]}
    path = stock_path(demand, lost=lost, warmup=warmup, **each)
    quantity = np.random.default_rng(seed).integers(0, 9, path.demand[0].shape).astype(float)
    problem = LostSales()
    _, rewards = walk(problem.environment(), path, quantity)
    verdict = problem.evaluate(path, Orders(quantity[None]))
    assert sum(rewards) == pytest.approx(-verdict.objective[0])
    counted = verdict.series["objective"][0]
    assert np.allclose(rewards[warmup:], -counted / len(counted))
    assert not any(rewards[:warmup])


def test_an_order_serves_the_demand_of_its_lead_time_later(stock_path):
    """L=2: what is ordered in period 0 is on hand in period 2, before its demand."""
    seen, _ = walk(LostSales(lead_time=2).environment(), stock_path([1, 1, 1, 1], lead_time=2), [4, 0, 6, 0])
    stock = [float(s["stock"][0, 0]) for s in seen]
    pipeline = [s["pipeline"][0, 0].tolist() for s in seen]
    assert stock == [0, 0, 4, 3, 8]
    assert pipeline == [[0, 0], [4, 0], [0, 0], [6, 0], [0, 0]]


def test_owed_goods_are_negative_stock_and_met_first(stock_path):
    seen, _ = walk(LostSales().environment(), stock_path([3, 1, 0], lost=False), [0, 2, 4])
    assert [float(s["stock"][0, 0]) for s in seen] == [0, -3, -2, 2]


def test_after_the_decision_the_order_is_under_way_or_on_hand(stock_path):
    environment = LostSales().environment()
    for lead_time, stock, pipeline in ((0, 3, [0, 0]), (1, 0, [3, 0]), (2, 0, [0, 3])):
        path = stock_path(np.ones((3, 2)), lead_time=[lead_time, 2])
        params = environment.prepare(path)
        seen = environment.post_decision(params, environment.reset(params), np.array([[3.0, 0.0]]))
        assert seen["stock"][0].tolist() == [stock, 0]
        assert seen["pipeline"][0].tolist() == [pipeline, [0, 0]]


def test_past_demands_and_covariates_are_those_of_the_period(stock_path):
    covariates = np.arange(5, dtype=np.float32).reshape(1, 5, 1, 1)
    path = stock_path([1, 2, 3, 4, 5], start=2, covariates=covariates)
    seen, _ = walk(LostSales(lags=2).environment(), path, [0, 0, 0])
    assert [s["demand"][0, 0].tolist() for s in seen] == [[1, 2], [2, 3], [3, 4], [4, 5]]
    assert [float(s["covariates"][0, 0, 0]) for s in seen] == [2, 3, 4, 4]


def test_orders_are_rounded_to_the_lot_unless_relaxed(stock_path):
    environment = LostSales().environment()
    path = stock_path(np.ones((3, 3)), lot=[0.0, 1.0, 4.0])
    params = environment.prepare(path)
    seen = environment.observe(params, environment.reset(params))
    wanted = environment.decode(seen, np.full((1, 3), 0.66, np.float32))
    assert environment.project(seen, wanted)[0] == pytest.approx([3.3, 3, 4])
    assert environment.relax(seen, wanted)[0] == pytest.approx([3.3, 3.3, 3.3])
    assert environment.project(seen, -wanted).tolist() == [[0, 0, 0]]


def test_units_are_lots_or_tenths_of_the_usual_demand(stock_path):
    whole, any_quantity = LostSales(), LostSales(demand="normal")
    for problem, lot, n, ordered in ((whole, 1.0, 21, 7.0), (any_quantity, 0.0, 41, 3.5)):
        environment = problem.environment("units")
        params = environment.prepare(stock_path(np.ones(3), lot=lot))
        seen = environment.observe(params, environment.reset(params))
        assert environment.spaces(params)[1].n == n
        assert environment.decode(seen, np.array([7])).tolist() == [[pytest.approx(ordered)]]


def test_units_order_one_item_only():
    problem = LostSales(items=2)
    environment = problem.environment("units")
    with pytest.raises(CapabilityError, match="several items"):
        environment.spaces(environment.prepare(problem.instances("train", 1)))
