"""Rolling horizons: what they expect of demand, and what they order."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from headway.domains.inventory.demand.discrete import Poisson
from headway.domains.inventory.demand.families import Gamma
from headway.domains.inventory.optimisation.bound import bounds
from headway.domains.inventory.optimisation.history import History
from headway.domains.inventory.optimisation.laws import Laws, Moments
from headway.domains.inventory.optimisation.mpc import MPC
from headway.domains.inventory.optimisation.network import network_of, position_of, reach
from headway.domains.inventory.optimisation.safety import FACTORS, fan, made_up_for, slices
from headway.domains.inventory.stock.state import State
from headway.registry import make_problem
from headway.rollouts import rollout

FORECASTS = ["mean", "quantile", "scenarios"]


def cost(problem, policy, path):
    scored = problem.evaluate(path, rollout(problem.environment(), policy, path).solution)
    assert scored.feasible.all()
    return scored.objective


def stock_state(*goods):
    return State(np.array([0]), np.array([[goods]], float))


# -- outlooks -------------------------------------------------------------------------------------
def test_laws_give_their_quantiles():
    law = Poisson(mean=5.0)
    seen = Laws([law, None, law], 0, 4)
    safety = seen.safety(np.array([0.0, 1.0]), 3)
    assert safety[1].tolist() == [law.quantile(NormalDist().cdf(1.0), 3) - 15, 0, safety[1, 0]]
    assert seen.sells.tolist() == [True, False, True]
    assert seen.joint(np.array([True, True, True])) == pytest.approx(np.sqrt(10))


def test_quantiles_between_those_asked_for_are_close():
    law = Gamma(mean=5.0, cv=0.5)
    safety = Laws([law], 0, 4).safety(FACTORS, 2)[:, 0]
    exact = [law.quantile(NormalDist().cdf(factor), 2) - 10 for factor in FACTORS]
    np.testing.assert_allclose(safety, exact, atol=0.06 * law.std)


def test_seasons_begin_where_the_view_ends():
    problem = make_problem("inventory/lost_sales", demand="seasonal")
    seen = Laws([problem.law], 3, 7)
    np.testing.assert_allclose(seen.expected[:, 0], problem.law.means(10)[3:])


def test_scenarios_have_the_moments_of_the_law():
    seen = Laws([Poisson(mean=20.0)] * 2, 0, 6)
    total = seen.scenarios(np.random.default_rng(0), 10).cumsum(axis=1)
    np.testing.assert_allclose(total.mean(axis=0), np.tile(20.0 * np.arange(1, 7)[:, None], 2), rtol=1e-9)
    np.testing.assert_allclose(total.std(axis=0), np.sqrt(np.tile(20.0 * np.arange(1, 7)[:, None], 2)), rtol=1e-9)


def test_moments_find_the_correlation_of_the_stores():
    problem = make_problem("inventory/one_warehouse", correlation=0.5, stores=4)
    seen = Moments(network_of(problem.instances("validation", 1)), 3)
    assert seen.correlation == pytest.approx(0.5)
    drawn = seen.draw(np.random.default_rng(0), 4000)
    assert np.corrcoef(drawn[:, 0, 1:].T)[0, 1] == pytest.approx(0.5, abs=0.06)
    assert drawn[:, :, 0].max() == 0  # nobody buys at the warehouse


def test_a_history_knows_the_days_of_the_week():
    week = np.array([3.0, 4, 4, 5, 6, 9, 0])
    seen = History(np.tile(week, 9)[:, None], np.array([5.0]), 10, memory=56, season=7)
    np.testing.assert_allclose(seen.expected[:, 0], np.resize(week, 10))
    assert not seen.safety(FACTORS, 5).any()


def test_a_short_history_expects_the_usual():
    seen = History(np.ones((3, 1)), np.array([5.0]), 4, memory=56, season=7)
    assert seen.expected.tolist() == [[5.0]] * 4


# -- safety ---------------------------------------------------------------------------------------
def test_levels_are_newsvendor_quantiles_where_lost_sales_do_not_matter():
    problem = make_problem("inventory/backlog", lead_time=2)
    network = network_of(problem.instances("validation", 1))
    levels = fan(network, Laws([problem.law], 0, 5))
    for periods in (1, 3, 5):
        exact = [problem.law.quantile(NormalDist().cdf(factor), periods) for factor in FACTORS]
        assert levels[:, periods - 1, 0].tolist() == exact


def test_stores_share_the_safety_of_their_warehouse():
    """Beyond their own reach, four stores of deviation 2 bear half of what they would bear alone."""
    problem = make_problem("inventory/one_warehouse", stores=4, correlation=0.0, cv=(0.4, 0.4), mean=(5, 5))
    network = network_of(problem.instances("validation", 1))
    levels = fan(network, Moments(network, 12))[:, :, 1]
    own, far = int(network.lead_time[1]), int(network.lead_time[1] + network.lead_time[0])
    width = np.diff(levels, axis=0).mean(axis=0) / (FACTORS[1] - FACTORS[0])
    assert width[own] == pytest.approx(2 * np.sqrt(own + 1))
    assert width[far] == pytest.approx(np.sqrt(far + 1))


def test_levels_reach_those_of_shang_and_song():
    """Serial system, store h=1 behind a stage of h=0.5: over the stage's horizon a plan alone takes 9.2 / 10 of demand
    (H'=0.2), and 9.2 / 9.5 is the other bound; levels are raised to halfway between them.
    """
    network = network_of(make_problem("inventory/serial").instances("validation", 1))
    levels = fan(network, Moments(network, 8))[:, :, 3]
    lower, upper = (NormalDist().inv_cdf(9.2 / cost) for cost in (10.0, 9.5))
    middle = levels[FACTORS == 0][0]
    assert network.lead_time.tolist() == [2, 4, 3, 2]
    assert middle[2] == pytest.approx(3 * network.scale[3])
    assert middle[5] == pytest.approx(6 * network.scale[3] + (upper - lower) / 2 * np.sqrt(6) * network.spread[3])


def test_demand_that_is_lost_anyway_is_not_made_up_for():
    """Lead time 2, 3 on hand, 4 coming: whatever is asked for, 3, then 4 are sold before an order arrives."""
    problem = make_problem("inventory/lost_sales", lead_time=2)
    network = network_of(problem.instances("validation", 1))
    levels = fan(network, Laws([problem.law], 0, 5))
    position = position_of(stock_state(3, 4, 0), network)
    demand, width = slices(network, made_up_for(network, levels, position))
    assert demand[:2, 0].tolist() == [3, 4]
    assert width[1, 0].sum() <= 7
    assert demand[2, 0] > 4


# -- plans ----------------------------------------------------------------------------------------
def test_backlog_is_ordered_up_to_the_newsvendor_level():
    """Zipkin's level for Poisson 5, L=4, p=9 is 32; levels of the fan lie 1.25 apart."""
    problem = make_problem("inventory/backlog")
    view = problem.instances("validation", 1).until(0)
    planner = MPC(window=10)
    states = [(0, 0, 0, 0, 0), (4, 6, 3, 0, 0), (12, 5, 5, 5, 0), (-7, 8, 2, 11, 0)]
    levels = {sum(goods) + planner.plan(problem, view, stock_state(*goods))[0] for goods in states}
    assert len(levels) == 1
    assert abs(levels.pop() - 32) <= 1


def test_newspapers_are_ordered_at_the_critical_ratio():
    """Nothing is kept and orders arrive at once: whatever is there, the order makes it the quantile."""
    problem = make_problem("inventory/lost_sales", keep=0.0, lead_time=0)
    view = problem.instances("validation", 1).until(0)
    placed = [MPC().plan(problem, view, stock_state(there, 0.0))[0] + there for there in (0, 2, 5)]
    assert len(set(placed)) == 1
    assert abs(placed[0] - problem.law.quantile(0.9)) <= 1


@pytest.mark.parametrize("forecast", FORECASTS)
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("inventory/lost_sales", {"demand": "empirical", "demand_options": {"values": [5.0]}, "lead_time": 2}),
        ("inventory/serial", {"demand": "empirical", "demand_options": {"values": [5.0]}}),
    ],
)
def test_certain_demand_is_met_as_with_foresight(name, options, forecast):
    problem = make_problem(name, horizon=20, warmup=0, **options)
    path = problem.instances("validation", 1)
    np.testing.assert_allclose(
        cost(problem, MPC(forecast=forecast, window=14, scenarios=3), path), bounds(path), atol=1e-6
    )


def test_fixed_costs_make_orders_for_several_periods():
    """Demand of 5, 30 per order: three or four periods at once cost 30 / n + 5 (n - 1) / 2 = 15 a period."""
    certain = {"demand": "empirical", "demand_options": {"values": [5.0]}}
    for name in ("inventory/lost_sales", "inventory/backlog"):
        problem = make_problem(name, fixed=30.0, penalty=99.0, lead_time=2, horizon=36, warmup=12, **certain)
        assert cost(problem, MPC(window=24), problem.instances("validation", 1)) == pytest.approx(15)


def test_fixed_costs_are_planned_for_nearly_as_well_as_can_be():
    """Within 4 % of the optimum (and far from ordering in every period) where demand is Poisson."""
    problem = make_problem("inventory/backlog", fixed=64.0, lead_time=1, horizon=250, warmup=50)
    path = problem.instances("validation", 6)
    planned, best = (cost(problem, who, path).mean() for who in (MPC(), problem.baseline("s_s")))
    assert planned < 1.04 * best


@pytest.mark.parametrize("forecast", FORECASTS)
def test_a_plan_does_not_depend_on_earlier_plans(forecast):
    problem = make_problem("inventory/network", graph="diamond", horizon=12, warmup=2)
    path = problem.instances("validation", 2)
    used = MPC(forecast=forecast, window=8, scenarios=4)
    first = rollout(problem.environment(), used, path).decisions
    np.testing.assert_array_equal(rollout(problem.environment(), used, path).decisions, first)
    fresh = MPC(forecast=forecast, window=8, scenarios=4)
    np.testing.assert_array_equal(rollout(problem.environment(), fresh, path[1]).decisions, first[1:])


def test_a_window_reaches_from_the_supplier_to_the_customer():
    """A window of one period would order nothing at all."""
    problem = make_problem("inventory/serial", horizon=20, warmup=0)
    path = problem.instances("validation", 1)
    assert reach(network_of(path)) == 11
    np.testing.assert_array_equal(*(rollout(problem.environment(), MPC(window=w), path).decisions for w in (1, 12)))


def test_scarce_supply_is_planned_for():
    """With 1.05 times the mean demand a supplier can deliver, plans hold more than without a limit."""
    problem = make_problem("inventory/network", horizon=40, warmup=10)
    path = problem.instances("validation", 2)
    tight = path.capacity.copy()
    tight[:, 0] = 47.0
    scarce = type(path)(**path.arrays() | {"capacity": tight})
    planner = MPC(window=10)
    free, bound = (rollout(problem.environment(), planner, x).solution for x in (path, scarce))
    assert (bound.quantity[:, :, 0] <= 47).all()
    assert problem.evaluate(scarce, bound).feasible.all()
    assert free.quantity[:, :, 0].max() > 47


def test_quantiles_beat_the_best_base_stock_where_sales_are_lost():
    problem = make_problem("inventory/lost_sales", horizon=300, warmup=60)
    path = problem.instances("validation", 8)
    less = cost(problem, problem.baseline("base_stock"), path) - cost(problem, MPC(), path)
    assert less.mean() > 0


def test_safety_pays_in_networks():
    """Against the mean forecast, and beside the echelon base-stock rule with Shang and Song's levels."""
    problem = make_problem("inventory/network", horizon=60, warmup=20)
    path = problem.instances("validation", 3)
    quantile, mean = (cost(problem, MPC(forecast=f, window=10), path).mean() for f in ("quantile", "mean"))
    rule = cost(problem, problem.baseline("echelon_base_stock", shifts=(0.0,)), path).mean()
    assert quantile < 0.75 * mean
    assert quantile < 1.05 * rule


def test_a_history_is_planned_with():
    problem = make_problem("inventory/lost_sales", demand="bakery", lead_time=1, keep=0.0, horizon=14)
    path = problem.instances("validation", 3)
    quantile, mean = (cost(problem, MPC(forecast=f, window=8), path).mean() for f in ("quantile", "mean"))
    assert quantile < mean
