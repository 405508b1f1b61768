"""Perfect information: bounds and plans against all solutions of small instances, and against policies."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.domains.inventory.optimisation.bound import bounds
from headway.domains.inventory.optimisation.flow import Flow
from headway.domains.inventory.optimisation.hindsight import items_of, least_cost, orders, unreachable
from headway.domains.inventory.optimisation.network import Position, network_of
from headway.domains.inventory.optimisation.oracle import PerfectInformation
from headway.domains.inventory.optimisation.program import Simplex
from headway.domains.inventory.stock.evaluate import evaluate as score_orders
from headway.domains.inventory.stock.orders import Orders
from headway.domains.inventory.supply.evaluate import evaluate as score_shipments
from headway.domains.inventory.supply.instance import SupplyPath
from headway.domains.inventory.supply.shipments import Shipments
from headway.errors import CapabilityError
from headway.registry import make_problem
from headway.rollouts import rollout
from headway.solver import Search


def repeated(path, n):
    return type(path).made({name: np.repeat(array, n, axis=0) for name, array in path.arrays().items()})


def best_orders(path, most):
    """The least objective of all whole orders up to ``most`` of one item."""
    every = np.array(list(product(range(most + 1), repeat=path.horizon)), float)[..., None]
    return score_orders(repeated(path, len(every)), Orders(every)).objective.min()


def chain(demand, *, lost=True, lead_times=(1, 1), warmup=0, **changes):
    """A warehouse and a store in a row; demand at the store."""
    fields = {
        "nodes": np.array(["warehouse", "store"]),
        "holding": np.array([0.5, 1.0]),
        "penalty": np.array([0.0, 9.0]),
        "lost": np.array([False, lost]),
        "stock": np.array([1.0, 1.0]),
        "node_scale": np.ones(2),
        "spread": np.zeros(2),
        "tail": np.array([-1, 0]),
        "head": np.array([0, 1]),
        "lead_time": np.array(lead_times),
        "unit_cost": np.array([2.0, 0.5]),
        "transit": np.array([0.0, 0.25]),
        "fixed": np.zeros(2),
        "capacity": np.array([2.0, 2.0]),
        "lot": np.ones(2),
        "edge_scale": np.ones(2),
        "warmup": warmup,
        "horizon": len(demand),
    }
    path = np.stack([np.zeros(len(demand)), np.asarray(demand, float)], axis=1)
    return SupplyPath.of(path[None], **fields | changes)


def best_shipments(path):
    """The least objective of all whole shipments up to two."""
    periods, links = path.demand.shape[1], path.tail.shape[1]
    every = np.array(list(product(range(3), repeat=periods * links)), float).reshape(-1, periods, links)
    scored = score_shipments(repeated(path, len(every)), Shipments(every))
    return scored.objective[scored.feasible].min()


# -- single stocking points -----------------------------------------------------------------------
def test_wagner_and_whitin(stock_path):
    """Snyder and Shen, Fundamentals of Supply Chain Theory, example 3.9: orders of 210 and 150, cost 1380."""
    path = stock_path([90, 120, 80, 70], holding=2.0, fixed=500.0, penalty=1e6, lost=False)
    items = items_of(path)
    plan = least_cost(items)
    assert 4 * plan.cost[0] == pytest.approx(1380)
    assert orders(items, plan).tolist() == [[210, 0, 150, 0]]


@pytest.mark.parametrize("lost", [True, False])
@pytest.mark.parametrize("warmup", [0, 2])
@pytest.mark.parametrize("fixed", [0.0, 3.0])
def test_no_orders_are_better_than_the_best(stock_path, lost, warmup, fixed):
    path = stock_path([2, 3, 0, 1, 2], lead_time=1, lost=lost, warmup=warmup, fixed=fixed, penalty=2.0)
    assert bounds(path)[0] == pytest.approx(best_orders(path, 6), abs=1e-9)


def test_foresight_pays_for_unreachable_demand_alone(stock_path):
    """L=2, p=9: 4 then 3 units short, lost (63) or owed (36 and 63), over four periods."""
    assert bounds(stock_path([4, 3, 5, 5], lead_time=2))[0] == pytest.approx(63 / 4)
    assert bounds(stock_path([4, 3, 5, 5], lead_time=2, lost=False))[0] == pytest.approx(99 / 4)


@settings(max_examples=60, deadline=None)
@given(
    demand=st.lists(st.integers(0, 6), min_size=3, max_size=9),
    lead_time=st.integers(0, 3),
    lost=st.booleans(),
    keep=st.sampled_from([0.0, 0.5, 1.0]),
    fixed=st.sampled_from([0.0, 4.0]),
)
def test_plans_cost_what_they_say(stock_path, demand, lead_time, lost, keep, fixed):
    """The scorer charges the least-cost orders exactly their cost; without fixed costs there are three ways to it."""
    path = stock_path(demand, lead_time=lead_time, lost=lost, keep=keep, fixed=fixed)
    items = items_of(path)
    plan = least_cost(items)
    charged = score_orders(path, Orders(orders(items, plan).T[None])).objective[0]
    assert charged == pytest.approx(plan.cost[0], rel=1e-9, abs=1e-9)
    if not fixed:
        network = network_of(path)
        weight = np.full(len(demand), 1 / len(demand))
        flow = Flow(network, weight, np.ones(1, bool)).program(
            Position(np.zeros(1), np.zeros((0, 1))), path.demand[:, :]
        )
        assert unreachable(items)[0] == pytest.approx(plan.cost[0], abs=1e-9)
        assert Simplex(flow).first.value == pytest.approx(plan.cost[0], abs=1e-9)


# -- networks -------------------------------------------------------------------------------------
@pytest.mark.parametrize("lost", [True, False])
@pytest.mark.parametrize("lead_times", [(1, 1), (0, 1), (2, 0), (0, 0)])
def test_no_shipments_are_better_than_the_best(lost, lead_times):
    """The program's vertices are whole, so it finds the best of all 3^8 plans; capacity binds, and costs are charged
    as the scorer does.
    """
    path = chain([2, 0, 3, 2], lost=lost, lead_times=lead_times)
    assert bounds(path)[0] == pytest.approx(best_shipments(path), rel=1e-9)


def test_a_bound_counts_no_warmup():
    path = chain([2, 0, 3, 2], lost=False, warmup=2)
    assert 0 < bounds(path)[0] <= best_shipments(path) + 1e-9


def test_warmup_makes_no_goods_out_of_nothing():
    """Nothing is there and nothing comes: 3 + 2 are lost at 9 in the two periods that count, whatever came before."""
    path = chain([2, 0, 3, 2], warmup=2, stock=[0.0, 0.0], capacity=[0.0, 2.0])
    assert bounds(path)[0] == pytest.approx(45 / 2)


def test_a_node_cannot_pass_on_what_it_owes():
    """Nothing is there and nothing comes: the warehouse owes 2, 4, 4, 4 (p=1), the store 0, 2, 2, 4 (p=9)."""
    path = chain([0, 2, 0, 2], lost=False, penalty=[1.0, 9.0], stock=[0.0, 0.0], capacity=[0.0, 2.0])
    demand = path.demand.copy()
    demand[0, :2, 0] = 2
    path = SupplyPath(**path.arrays() | {"demand": demand})
    assert bounds(path)[0] == pytest.approx(86 / 4)
    assert best_shipments(path) == pytest.approx(86 / 4)


def test_fixed_costs_are_spread_over_the_capacity():
    path = chain([2, 0, 3, 2], fixed=np.array([4.0, 4.0]))
    assert bounds(chain([2, 0, 3, 2]))[0] < bounds(path)[0] <= best_shipments(path) + 1e-9


@settings(max_examples=25, deadline=None)
@given(graph=st.sampled_from(["tree", "diamond", "two_warehouses"]), seed=st.integers(0, 2**31))
def test_random_play_never_beats_the_bound(graph, seed):
    """Any network, costs and capacities: whatever is done, it costs no less."""
    problem = make_problem("inventory/network", graph=graph, horizon=12, warmup=3)
    rng = np.random.default_rng(seed)
    path = problem.generate(rng, 2, "train")
    links = path.tail.shape
    changed = {
        "unit_cost": rng.uniform(0, 2, links),
        "transit": rng.uniform(0, 0.5, links),
        "fixed": rng.uniform(0, 3, links),
        "capacity": np.where(rng.random(links) < 0.5, np.inf, np.round(rng.uniform(1, 2, links) * path.edge_scale)),
        "lost": rng.random(path.lost.shape) < 0.5,
        "stock": np.round(path.stock * rng.uniform(0, 1, path.stock.shape)),
    }
    path = SupplyPath(**path.arrays() | changed)
    environment = problem.environment()
    params, decisions = environment.prepare(path), []
    state = environment.reset(params)
    for _ in range(12):
        seen = environment.observe(params, state)
        decisions.append(environment.project(seen, rng.gamma(1.0, 1.0, links) * path.edge_scale))
        state = environment.step(params, state, decisions[-1]).state
    scored = problem.evaluate(path, Shipments(np.stack(decisions, axis=1)))
    assert scored.feasible.all()
    assert (bounds(path) <= scored.objective * (1 + 1e-6)).all()


def test_padding_changes_no_bound():
    small = make_problem("inventory/one_warehouse", stores=2, horizon=8, warmup=0).instances("validation", 2)
    large = make_problem("inventory/one_warehouse", stores=4, horizon=11, warmup=0).instances("validation", 2)
    np.testing.assert_allclose(bounds(SupplyPath.concat([small, large]))[:2], bounds(small), rtol=1e-9)


def test_other_instances_are_refused():
    with pytest.raises(CapabilityError, match="StockPath or SupplyPath"):
        bounds(make_problem("inventory/lot_sizing").instances("validation", 1))


# -- the oracle, and everybody else ---------------------------------------------------------------
EXECUTED = {  # problems whose foresight plan can be carried out as it is
    "inventory/lost_sales": {"horizon": 40, "warmup": 0},
    "inventory/backlog": {"horizon": 40, "warmup": 0, "fixed": 30.0},
    "inventory/serial": {"horizon": 40, "warmup": 0, "transit": True},
    "inventory/one_warehouse": {"horizon": 30, "warmup": 0, "initial": 0.0},
    "inventory/dual_sourcing": {"horizon": 40, "warmup": 0},
    "inventory/network": {"horizon": 30, "warmup": 0, "initial": 0.0},
}


@pytest.mark.parametrize("name", EXECUTED)
def test_the_oracle_reaches_its_bound(name):
    problem = make_problem(name, **EXECUTED[name])
    path, reported = problem.instances("validation", 2), []
    for row in range(2):
        search = Search(report_bound=lambda value, seconds: reported.append(value))
        scored = problem.evaluate(path[row], PerfectInformation().solve(problem, path[row], search))
        assert scored.feasible.all()
        assert scored.objective[0] == pytest.approx(reported[-1], rel=1e-9)
    np.testing.assert_array_equal(reported, bounds(path))


def test_the_oracle_orders_whole_lots():
    """Rounded up against what has been ordered before: 5 a period in boxes of 12."""
    problem = make_problem("inventory/backlog", horizon=60, warmup=10, lot=12.0)
    path = problem.instances("validation", 1)
    solution = PerfectInformation().solve(problem, path, Search())
    scored = problem.evaluate(path, solution)
    assert scored.feasible.all()
    assert scored.metrics["mean_short"][0] == 0
    assert 0 < scored.objective[0] < 12


SANDWICHES = {
    "inventory/lost_sales": ({"lead_time": 2, "horizon": 400, "warmup": 80}, "optimal", ["base_stock", "myopic_1"]),
    "inventory/dual_sourcing": ({"horizon": 150, "warmup": 30}, "optimal", ["single_index", "capped_dual_index"]),
}


@pytest.mark.parametrize("name", SANDWICHES)
def test_bound_optimum_and_rules_are_in_order(name):
    """On each path nobody beats the bound; in paired mean nobody beats the optimum, within three standard errors."""
    options, optimal, rules = SANDWICHES[name]
    problem = make_problem(name, **options)
    path = problem.instances("validation", 12)
    cost = {}
    for who in (optimal, *rules):
        cost[who] = problem.evaluate(
            path, rollout(problem.environment(), problem.baseline(who), path).solution
        ).objective
        assert (bounds(path) <= cost[who]).all()
    for who in rules:
        more = cost[who] - cost[optimal]
        assert more.mean() >= -3 * more.std(ddof=1) / np.sqrt(len(more))
