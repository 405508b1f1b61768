"""Exact lost sales: published and separately computed costs, bounds, and an independent solution of small cases."""

from __future__ import annotations

import csv
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.domains.inventory.demand.discrete import Geometric, Poisson
from headway.domains.inventory.exact.heuristics import (
    best_base_stock,
    best_capped_base_stock,
    best_s_nQ,
    best_s_S,
    best_s_S_q,
)
from headway.domains.inventory.exact.lost_sales import LostSales
from headway.domains.inventory.exact.myopic import myopic_1_orders, myopic_2_orders
from headway.domains.inventory.exact.rules import base_stock, capped_base_stock
from headway.errors import CapabilityError, ConfigError, ContractError

DATA = Path(__file__).parent / "data"
LAWS = {"poisson": Poisson(mean=5.0).pmf(), "geometric": Geometric(mean=5.0).pmf()}


def cells():
    """Rows of the table, as parameters with a name."""
    with (DATA / "zipkin_lost_sales.csv").open() as file:
        for row in csv.DictReader(line for line in file if not line.startswith("#")):
            yield pytest.param(row, id=f"{row['demand']}-p{row['penalty']}-L{row['lead_time']}")


CELLS = list(cells())
SHORT = [cell for cell in CELLS if int(cell.values[0]["lead_time"]) <= 2]
WITH_RULES = [cell for cell in CELLS if cell.values[0]["myopic_1"]]


def model(row, **options):
    return LostSales(LAWS[row["demand"]], int(row["lead_time"]), 1.0, float(row["penalty"]), **options)


def quick(row):
    """Whether a cell takes less than half a second; `benchmarks/inventory_exact.py` has them all."""
    return int(row["lead_time"]) < (4 if int(row["penalty"]) > 9 and row["demand"] == "geometric" else 6)


@pytest.mark.parametrize("row", [cell for cell in CELLS if quick(cell.values[0])])
def test_optimum(row):
    """Zipkin's grid, and a cell with a longer lead time."""
    found = model(row).solve(1e-7)
    assert found.cost == pytest.approx(float(row["optimal"]), abs=2e-5)
    assert found.lower <= found.cost <= found.upper <= found.lower + 1e-7


@pytest.mark.parametrize("row", WITH_RULES)
def test_rules(row):
    """Myopic-1, Myopic-2, and base-stock policies with the parameters (and the cap of 14) of the table."""
    exact = model(row)
    assert exact.evaluate(myopic_1_orders(exact)) == pytest.approx(float(row["myopic_1"]), abs=2e-5)
    assert exact.evaluate(myopic_2_orders(exact)) == pytest.approx(float(row["myopic_2"]), abs=2e-5)
    capped = capped_base_stock(int(row["capped_level"]), int(row["capped_cap"]))
    assert exact.evaluate(capped) == pytest.approx(float(row["capped_cost"]), abs=2e-5)
    if row["level"]:
        order = (
            capped_base_stock(int(row["level"]), 14) if row["demand"] == "poisson" else base_stock(int(row["level"]))
        )
        assert exact.evaluate(order) == pytest.approx(float(row["level_cost"]), abs=2e-5)


@pytest.mark.parametrize("row", [cell for cell in WITH_RULES if int(cell.values[0]["lead_time"]) <= 3])
def test_best_parameters(row):
    """The searches find the table's parameters, or better ones."""
    exact = model(row)
    if row["level"]:
        assert best_base_stock(exact).level == int(row["level"])
    found = best_capped_base_stock(exact)
    assert found.cost < float(row["capped_cost"]) + 1e-5
    if row["demand"] == "poisson":
        assert found[:2] == (int(row["capped_level"]), int(row["capped_cap"]))


@pytest.mark.parametrize("row", SHORT)
def test_no_capped_base_stock_is_better(row):
    exact = model(row)
    found = best_capped_base_stock(exact)
    costs = [exact.evaluate(capped_base_stock(level, cap)) for level in range(10, exact.most) for cap in range(3, 14)]
    assert min(costs) > found.cost - 1e-9


@pytest.mark.parametrize("row", SHORT)
def test_the_optimal_policy_costs_what_the_optimum_says(row):
    """By value iteration on a box with bounds, and by evaluation of its policy without any."""
    exact = model(row)
    found = exact.solve()
    assert exact.evaluate(found) == pytest.approx(found.cost, abs=2e-8)


@pytest.mark.parametrize("row", SHORT)
def test_a_larger_box_is_no_better(row):
    assert model(row, extra=5).solve().cost == pytest.approx(model(row).solve().cost, abs=2e-8)


def test_fixed_cost():
    """Bijvank, Bhulai and Huh (2015), Table 1: 11.46, (s, S) 11.62, (s, nQ) 11.56, modified (s, S) 11.50."""
    exact = LostSales(LAWS["poisson"], 2, 1.0, 14.0, fixed=5.0)
    assert exact.solve().cost == pytest.approx(11.46305, abs=1e-5)
    assert best_s_S(exact).cost == pytest.approx(11.62, abs=0.005)
    assert best_s_nQ(exact).cost == pytest.approx(11.56, abs=0.005)
    assert best_s_S_q(exact).cost == pytest.approx(11.50, abs=0.005)


@pytest.mark.parametrize("fixed", [2.0, 10.0, 60.0])
def test_without_a_lead_time_s_S_is_optimal(fixed):
    """Scarf (1960); the box is enlarged until large lots fit."""
    exact = LostSales(LAWS["poisson"], 0, 1.0, 9.0, fixed=fixed)
    assert best_s_S(exact).cost == pytest.approx(exact.solve().cost, abs=1e-7)


@pytest.mark.parametrize("lead_time", [0, 1, 2])
def test_myopic_orders_without_a_lead_time_are_optimal(lead_time):
    exact = LostSales(LAWS["poisson"], lead_time, 1.0, 9.0)
    gap = exact.evaluate(myopic_1_orders(exact)) - exact.solve().cost
    assert (gap < 1e-7) == (lead_time == 0)


def test_discounted_base_stock_costs_the_same_each_period():
    """Without a lead time the optimal level is the same in all periods: value = cost / (1 - discount)."""
    average = LostSales(LAWS["poisson"], 0, 1.0, 9.0).solve().cost
    exact = LostSales(LAWS["poisson"], 0, 1.0, 9.0, discount=0.95)
    assert exact.solve(1e-10).cost == pytest.approx(average / 0.05, abs=1e-7)
    assert exact.evaluate(base_stock(8)) == pytest.approx(average / 0.05, abs=1e-6)


@pytest.mark.parametrize("amount", [1, 3])
def test_a_policy_that_always_orders(amount):
    """It reaches any number of goods; on hand is then the workload of a queue, solved here on 400 states."""
    exact = LostSales(LAWS["poisson"], 2, 1.0, 9.0)
    size = 400
    left = np.array([[LAWS["poisson"][x - y] if 0 <= x - y < 28 else 0.0 for y in range(size)] for x in range(size)])
    left[:, 0] += 1 - left.sum(axis=1)
    share = np.zeros(size)
    share[0] = 1.0
    for _ in range(500):
        share = np.roll(share @ left, amount)
    cost = float(share @ exact.running(size))
    assert exact.evaluate(lambda states: np.full(len(states), amount)) == pytest.approx(cost, abs=1e-7)


def test_expected_cost_of_some_periods():
    """With the level reached at once, every period from the first on costs the same."""
    chain = LostSales(LAWS["poisson"], 0, 1.0, 9.0).chain(base_stock(8))
    assert chain.total(10) == pytest.approx(10 * chain.cost())
    assert chain.total(3, warmup=5, discount=0.5) == pytest.approx(1.75 * chain.cost())


def test_a_policy_that_orders_too_much():
    """More than is sold, however much there is: no long-run cost. A large level, though, is no problem."""
    exact = LostSales(LAWS["poisson"], 1, 1.0, 9.0)
    with pytest.raises(CapabilityError, match="no limit"):
        exact.evaluate(lambda states: np.full(len(states), 6))
    stock = exact.evaluate(base_stock(200)) - exact.evaluate(base_stock(199))
    assert stock == pytest.approx(1.0, abs=1e-7)


# -- an independent solution ----------------------------------------------------------------------
def stationary_cost(pmf, lead_time, holding, penalty, fixed, order, top):
    """Cost per period of a policy by a dense linear system over all states with up to ``top`` per coordinate."""
    size = max(lead_time, 1)
    states = list(product(range(top * (lead_time + 1) + 1), *[range(top + 1)] * (size - 1)))
    index = {state: i for i, state in enumerate(states)}
    matrix, cost = np.zeros((len(states), len(states))), np.zeros(len(states))
    for state, i in index.items():
        z = order[state]
        ready = state[0] + (z if lead_time == 0 else 0)
        cost[i] = fixed * (z > 0)
        for demand, chance in enumerate(pmf):
            left = max(ready - demand, 0)
            cost[i] += chance * (holding * left + penalty * max(demand - ready, 0))
            pipeline = (*state[1:], z) if lead_time else ()
            after = (left + pipeline[0], *pipeline[1:]) if lead_time else (left,)
            matrix[i, index.get(after, i)] += chance  # states beyond the last are never reached
    reached = np.zeros(len(states))
    reached[0] = 1.0
    for _ in range(4000):  # lazily, so that periods cannot alternate
        reached = 0.5 * reached + 0.5 * reached @ matrix
    return float(reached @ cost)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2), st.lists(st.integers(1, 9), min_size=2, max_size=4), st.integers(1, 9), st.data())
def test_evaluation_and_optimality_on_small_cases(lead_time, weights, penalty, data):
    """Any policy costs what a linear system says, and no less than the optimum."""
    top = 2
    pmf = np.array(weights) / sum(weights)
    exact = LostSales(pmf, lead_time, 1.0, float(penalty), fixed=0.5)
    states = list(product(range(top * (lead_time + 1) + 1), *[range(top + 1)] * (max(lead_time, 1) - 1)))
    drawn = data.draw(st.lists(st.integers(0, top), min_size=len(states), max_size=len(states)))
    room = top * (lead_time + 1)
    order = {s: min(z, max(room - sum(s), 0)) for s, z in zip(states, drawn, strict=True)}
    table = np.vectorize(lambda *s: order.get(s, 0), otypes=[np.int64])
    cost = exact.evaluate(lambda states: table(*states.T))
    assert cost == pytest.approx(stationary_cost(pmf, lead_time, 1.0, penalty, 0.5, order, top), abs=1e-6)
    assert exact.solve().cost <= cost + 1e-7


# -- refusals -------------------------------------------------------------------------------------
def test_refused():
    pmf = LAWS["poisson"]
    with pytest.raises(ConfigError, match="not a law"):
        LostSales(np.array([0.5, 0.4]), 1, 1.0, 9.0)
    with pytest.raises(ConfigError, match="not a lead time"):
        LostSales(pmf, -1, 1.0, 9.0)
    with pytest.raises(ConfigError, match="not a cost"):
        LostSales(pmf, 1, 1.0, float("nan"))
    with pytest.raises(ConfigError, match="not a discount"):
        LostSales(pmf, 1, 1.0, 9.0, discount=1.5)
    with pytest.raises(CapabilityError, match="too many states"):
        LostSales(pmf, 12, 1.0, 9.0).solve()
    with pytest.raises(CapabilityError, match="too many states"):
        LostSales(pmf, 3, 1.0, 9.0).solve(limit=100)
    with pytest.raises(CapabilityError, match="too many states"):
        LostSales(pmf, 4, 1.0, 9.0).evaluate(base_stock(30), limit=1000)
    for orders in (lambda states: np.full(len(states), 0.5), lambda states: -np.ones(len(states)), lambda states: 1):
        with pytest.raises(ContractError, match="whole numbers"):
            LostSales(pmf, 2, 1.0, 9.0).evaluate(orders)
