"""One period of a supply network: by hand, against a single stocking point, and as properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.domains.inventory.stock.problem import Backlog, LostSales
from headway.domains.inventory.supply.instance import SupplyPath
from headway.domains.inventory.supply.network import Network
from headway.domains.inventory.supply.shipments import Shipments
from headway.errors import SolutionError
from headway.registry import make_problem

TREE = {"horizon": 12, "warmup": 0}


def walked(environment, path, decisions):
    """The states before and after each decision, and the rewards, of a batch."""
    params = environment.prepare(path)
    states, rewards = [environment.reset(params)], []
    for decision in decisions:
        moved = environment.step(params, states[-1], decision)
        states.append(moved.state)
        rewards.append(moved.reward)
    return params, states, np.array(rewards)


def two_nodes(lost=False, **changes):
    """A warehouse (lead time 1) and a store (lead time 2), demand 4, 1, 7 at the store."""
    fields = {
        "nodes": np.array(["warehouse", "store"]),
        "holding": np.array([1.0, 2.0]),
        "penalty": np.array([0.0, 10.0]),
        "lost": np.array([False, lost]),
        "stock": np.array([5.0, 3.0]),
        "node_scale": np.ones(2),
        "spread": np.zeros(2),
        "tail": np.array([-1, 0]),
        "head": np.array([0, 1]),
        "lead_time": np.array([1, 2]),
        "unit_cost": np.array([0.5, 0.0]),
        "transit": np.array([0.0, 0.25]),
        "fixed": np.array([3.0, 0.0]),
        "capacity": np.array([np.inf, np.inf]),
        "lot": np.zeros(2),
        "edge_scale": np.ones(2),
        "warmup": 0,
        "horizon": 3,
    }
    demand = np.zeros((1, 3, 2))
    demand[0, :, 1] = 4, 1, 7
    return SupplyPath.of(demand, **fields | changes)


PLAN = np.array([[[6.0, 5.0]], [[0.0, 2.0]], [[0.0, 0.0]]])


@pytest.mark.parametrize(("lost", "last"), [(False, [4.0, -2.0 + 5.0 - 7.0]), (True, [4.0, 0.0])])
def test_three_periods_by_hand(lost, last):
    """t=0: 5 + 0 on hand, 5 leave; store 3 - 4 short by 1. t=1: 6 arrive, 2 leave; t=2: the 5 reach the store."""
    environment = Network(**TREE).environment()
    path = two_nodes(lost)
    _, states, rewards = walked(environment, path, PLAN)
    short = [1.0, 1.0 if lost else 2.0, 2.0 if lost else 4.0]
    holding = [0.0, 4.0, 4.0]
    moving = [5.0, 7.0, 2.0]
    shipped = [6 * 0.5 + 3.0, 0.0, 0.0]
    cost = [h + 10 * s + 0.25 * m + c for h, s, m, c in zip(holding, short, moving, shipped, strict=True)]
    assert rewards[:, 0] == pytest.approx([-c / 3 for c in cost])
    assert states[2].pipeline[0].tolist() == [[0.0, 2.0], [0.0, 0.0]][: states[2].pipeline.shape[1]]
    # After the last demand the remaining two units arrive.
    assert states[3].stock[0].tolist() == pytest.approx([last[0], last[1] + 2.0])


def test_the_scorer_says_the_same_by_hand():
    evaluation = Network(**TREE).evaluate(two_nodes(), Shipments(PLAN.swapaxes(0, 1)))
    assert evaluation.objective == pytest.approx([(6 + 10 + 1.25 + 4 + 20 + 1.75 + 4 + 40 + 0.5) / 3])
    assert evaluation.metrics["penalty_cost"] == pytest.approx([70 / 3])
    assert evaluation.metrics["transit_cost"] == pytest.approx([3.5 / 3])
    assert evaluation.metrics["fill_rate"] == pytest.approx([1 - (1 + 1 + 4) / 12])
    assert evaluation.feasible.all()


@pytest.mark.parametrize(
    ("change", "name", "amount"),
    [
        ({(0, 0): -1.0}, "negative", 1.0),
        ({(0, 1): 5.5}, "on_hand", 0.5),
        ({(1, 0): 4.0}, "capacity", 0.5),
        ({(0, 0): 2.75}, "lot", 0.25),
        ({(2, 0): np.nan}, "finite", 1.0),
    ],
)
def test_a_broken_rule_is_named_with_its_amount(change, name, amount):
    path = two_nodes(capacity=np.array([3.5, np.inf]), lot=np.array([1.0, 0.5]))
    quantity = np.array([[[2.0, 1.0], [0.0, 0.0], [0.0, 0.0]]])
    problem = Network(**TREE)
    assert problem.evaluate(path, Shipments(quantity)).feasible.all()
    for place, value in change.items():
        quantity[0][place] = value
    evaluation = problem.evaluate(path, Shipments(quantity))
    assert not evaluation.feasible.any()
    assert {n: v[0] for n, v in evaluation.violations.items() if v[0]} == {name: pytest.approx(amount)}


def test_a_solution_of_another_size_is_refused():
    with pytest.raises(SolutionError, match="do not fit"):
        Network(**TREE).evaluate(two_nodes(), Shipments(np.zeros((1, 4, 2))))


@pytest.mark.parametrize("lost", [True, False])
@pytest.mark.parametrize("lead_time", [0, 1, 3])
def test_one_node_with_one_link_is_a_stocking_point(lost, lead_time):
    """Same demand, same orders: the same stock, pipeline and reward in every period, bit for bit."""
    options = {"lead_time": lead_time, "holding": 1.5, "penalty": 9.0, "fixed": 2.0, "horizon": 30, "warmup": 5}
    problem = (LostSales if lost else Backlog)(demand="gamma", lookback=0, **options)
    stock = problem.instances("validation", 3)
    zeros, ones = np.zeros(1), np.ones(1)
    path = SupplyPath.of(
        stock.demand, nodes=np.array(["item"]), holding=stock.holding, penalty=stock.penalty, lost=stock.lost,
        stock=zeros, node_scale=ones, spread=zeros, tail=np.array([-1]), head=np.array([0]),
        lead_time=stock.lead_time, unit_cost=zeros, transit=zeros, fixed=stock.fixed, capacity=ones * np.inf,
        lot=zeros, edge_scale=ones, warmup=stock.warmup, horizon=30,
    )  # fmt: skip
    orders = np.random.default_rng(1).exponential(5.0, (30, 3, 1)) * (np.arange(30) % 4 > 0)[:, None, None]
    _, ours, rewards = walked(Network(**TREE).environment(), path, orders)
    _, theirs, expected = walked(problem.environment(), stock, orders)
    for network, point in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(network.stock[:, 0], point.goods[:, 0, 0], atol=1e-12)
        np.testing.assert_allclose(network.pipeline.sum(axis=1)[:, 0], point.goods[:, 0, 1:].sum(axis=1), atol=1e-12)
    np.testing.assert_allclose(rewards, expected, atol=1e-12)


def seen(stock, tail, capacity, lot):
    """An observation with what projection looks at."""
    single = {"stock": stock, "capacity": capacity, "lot": lot}
    return {name: np.array([v], np.float32) for name, v in single.items()} | {"tail": np.array([tail])}


def test_projection_shares_what_there_is_in_proportion():
    environment = Network(**TREE).environment()
    observation = seen([10.0, -3.0], [-1, 0, 0, 1], [-1, -1, -1, -1], [0, 0, 0, 0])
    asked = np.array([[50.0, 15.0, 5.0, 2.0]])
    assert environment.project(observation, asked).tolist() == [[50.0, 7.5, 2.5, 0.0]]
    whole = seen([10.0, -3.0], [-1, 0, 0, 1], [40, -1, -1, -1], [3, 1, 1, 1])
    assert environment.project(whole, asked).tolist() == [[39.0, 7.0, 2.0, 0.0]]
    assert environment.project(whole, np.array([[-2.0, 6.4, 3.6, 0.0]])).tolist() == [[0.0, 6.0, 4.0, 0.0]]
    assert environment.relax(whole, asked).tolist() == [[40.0, 7.5, 2.5, 0.0]]


@given(st.integers(0, 10_000), st.floats(0, 3), st.sampled_from(["tree", "diamond", "two_warehouses"]))
@settings(max_examples=25, deadline=None)
def test_goods_are_neither_made_nor_lost_and_play_is_feasible(seed, level, graph):
    """What came from outside and was there is what was sold, is on hand, or under way; the scorer agrees."""
    problem = Network(graph=graph, **TREE)
    environment = problem.environment()
    path = problem.instances("validation", 2, seed)
    params, rng = environment.prepare(path), np.random.default_rng(seed)
    state, decisions, total = environment.reset(params), [], 0.0
    outside = path.tail < 0
    for _ in range(12):
        observation = environment.observe(params, state)
        action = level * rng.random(path.tail.shape)
        decision = environment.project(observation, environment.decode(observation, action))
        before = state.stock.sum(axis=1) + state.pipeline.sum(axis=(1, 2))
        demand = path.demand[:, int(state.period[0])]
        moved = environment.step(params, state, decision)
        state, total = moved.state, total + moved.reward
        after = state.stock.sum(axis=1) + state.pipeline.sum(axis=(1, 2))
        sold = before + (decision * outside).sum(axis=1) - after
        assert (sold >= -1e-9).all()
        assert (sold <= demand.sum(axis=1) + 1e-9).all()
        decisions.append(decision)
    evaluation = problem.evaluate(path, environment.solution(path, np.stack(decisions, axis=1), None, state))
    assert evaluation.feasible.all()
    np.testing.assert_allclose(total, -evaluation.objective, rtol=1e-9)


def test_padding_beside_a_larger_network_changes_nothing():
    """A row of the tree scores the same beside a row of the larger two-warehouse network."""
    problem = Network(**TREE)
    small, large = problem.instances("validation", 2), Network(graph="diamond", **TREE).instances("validation", 2)
    joined = SupplyPath.concat([large, small])
    rng = np.random.default_rng(0)
    environment = problem.environment()
    actions = 2 * rng.random((12, 4, joined.tail.shape[1]))

    def play(path, rows, links):
        params = environment.prepare(path)
        state, total = environment.reset(params), 0.0
        for action in actions[:, rows, :links]:
            observation = environment.observe(params, state)
            decision = environment.project(observation, environment.decode(observation, action))
            moved = environment.step(params, state, decision)
            state, total = moved.state, total + moved.reward
        return total

    together = play(joined, slice(0, 4), joined.tail.shape[1])
    np.testing.assert_allclose(together[:2], play(large, slice(0, 2), large.tail.shape[1]), rtol=1e-12)
    np.testing.assert_allclose(together[2:], play(small, slice(2, 4), small.tail.shape[1]), rtol=1e-12)


def test_observed_stock_is_never_more_than_there_is():
    problem = make_problem("inventory/one_warehouse", horizon=10, warmup=0)
    environment = problem.environment()
    params = environment.prepare(problem.instances("validation", 64))
    state = environment.reset(params)
    observed = environment.observe(params, state)["stock"].astype(np.float64)
    assert (observed <= state.stock).all()
    np.testing.assert_allclose(observed, state.stock, rtol=3e-7)
