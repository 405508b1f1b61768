"""Ageing goods: worked examples, dynamics against the scorer, the bound, bad input."""

from __future__ import annotations

import dataclasses
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway import make_problem, rollout
from headway.domains.inventory.perishable.bound import perfect_information
from headway.domains.inventory.perishable.evaluate import evaluate, replay
from headway.domains.inventory.perishable.instance import AgedPath
from headway.domains.inventory.stock.evaluate import evaluate as evaluate_stock
from headway.domains.inventory.stock.instance import StockPath
from headway.domains.inventory.stock.orders import Orders
from headway.errors import CapabilityError, ConfigError, InstanceError, SolutionError
from headway.policy import Policy


def aged(demand, lifetime=2, lead_time=1, lifo=False, warmup=0, fixed=0.0, unit_cost=3.0, waste_cost=7.0, lot=1.0):
    """A path of one item per row from demand [B, T]; holding 1, penalty 5."""
    demand = np.asarray(demand, np.float64)
    n, periods = demand.shape
    each = np.ones((n, 1))
    return AgedPath(
        dates=np.full((n, periods), "NaT", "datetime64[D]"),
        items=np.full((n, 1), "item"),
        demand=demand[..., None],
        covariates=np.zeros((n, periods, 1, 0), np.float32),
        holding=each,
        penalty=5 * each,
        fixed=fixed * each,
        lead_time=np.full((n, 1), lead_time),
        keep=each,
        lot=lot * each,
        lost=np.full((n, 1), True),
        scale=4 * each,
        start=np.zeros(n, np.int64),
        warmup=np.full(n, warmup),
        lifetime=np.full(n, lifetime),
        lifo=np.full((n, 1), lifo),
        unit_cost=unit_cost * each,
        waste_cost=waste_cost * each,
    )


def orders(quantity):
    return Orders(np.asarray(quantity, np.float64)[..., None])


def test_fifo_by_hand():
    # On hand by periods left: (0,0), (0,4), (2,3), (3,0); demand 1, 2, 2, 5; so waste comes in none of them but
    # in period 2 the two old units go first, and in period 3 three are sold and two demands lost.
    path = aged([[1, 2, 2, 5]])
    found = evaluate(path, orders([[4, 3, 0, 0]]))
    np.testing.assert_array_equal(found.series["objective"], [[3 * 4 + 5, 3 * 3 + 2, 3, 5 * 2]])
    assert found.objective == (17 + 11 + 3 + 10) / 4
    assert found.metrics["waste_share"] == 0
    assert found.metrics["fill_rate"] == 7 / 10


def test_lifo_by_hand():
    # The young go first: in period 2 two of the three fresh units are sold, the two old ones are waste.
    found = evaluate(aged([[1, 2, 2, 5]], lifo=True), orders([[4, 3, 0, 0]]))
    np.testing.assert_array_equal(found.series["objective"], [[3 * 4 + 5, 3 * 3 + 2, 7 * 2 + 1, 5 * 4]])
    np.testing.assert_array_equal(found.series["wasted"], [[0, 0, 2, 0]])
    assert found.metrics["waste_share"] == 2 / 7


def test_one_period_is_a_newsvendor():
    # lifetime 1, lead time 0: what is ordered serves at once, and what is left is waste.
    found = evaluate(aged([[3, 6]], lifetime=1, lead_time=0), orders([[5, 5]]))
    np.testing.assert_array_equal(found.series["objective"], [[3 * 5 + 7 * 2, 3 * 5 + 5]])


def test_warmup_and_fixed_costs():
    found = evaluate(aged([[1, 2, 2, 5]], warmup=1, fixed=10.0), orders([[4, 3, 0, 0]]))
    assert found.objective == (11 + 10 + 3 + 10) / 3


small = st.integers(0, 6)


@settings(max_examples=40, deadline=None)
@given(
    data=st.data(),
    lifetime=st.integers(1, 4),
    lead_time=st.integers(0, 3),
    lifo=st.booleans(),
    warmup=st.integers(0, 4),
)
def test_step_and_scorer_agree(data, lifetime, lead_time, lifo, warmup):
    rows = st.lists(st.lists(small, min_size=6, max_size=6), min_size=2, max_size=2)
    path = aged(data.draw(rows), lifetime, lead_time, lifo, warmup, fixed=2.0)
    quantity = np.asarray(data.draw(rows), np.float64)[..., None]
    env = make_problem("inventory/perishable").environment()
    params = env.prepare(path)
    state, gained = env.reset(params), np.zeros(2)
    for t in range(6):
        state, reward, _, cut = env.step(params, state, quantity[:, t])
        gained += reward
    assert cut.all()
    found = evaluate(path, Orders(quantity))
    np.testing.assert_allclose(gained, -found.objective, rtol=1e-12)
    ledger = replay(path, quantity)
    on_hand = state.goods[..., :lifetime].sum() + state.goods[..., lifetime:].sum()
    assert quantity.sum() == ledger.served.sum() + ledger.wasted.sum() + on_hand  # goods are conserved


@settings(max_examples=40, deadline=None)
@given(
    demand=st.lists(small, min_size=8, max_size=8),
    quantity=st.lists(small, min_size=8, max_size=8),
    lifetime=st.integers(1, 4),
)
def test_fifo_never_wastes_more_than_lifo(demand, quantity, lifetime):
    fifo, lifo = (
        replay(aged([demand], lifetime, 0, rule), np.asarray([quantity], np.float64)[..., None])
        for rule in (False, True)
    )
    assert (fifo.wasted.cumsum(axis=1) <= lifo.wasted.cumsum(axis=1)).all()


def test_goods_that_outlive_the_path_are_lost_sales():
    rng = np.random.default_rng(0)
    path = aged(rng.poisson(4, (3, 30)), lifetime=31, unit_cost=0.0, waste_cost=0.0, warmup=5)
    solution = orders(rng.poisson(4, (3, 30)))
    durable = StockPath(**{name: getattr(path, name) for name in (f.name for f in dataclasses.fields(StockPath))})
    expected = evaluate_stock(durable, solution)
    found = evaluate(path, solution)
    np.testing.assert_allclose(found.objective, expected.objective)
    np.testing.assert_allclose(found.series["stock"], expected.series["stock"])


@pytest.mark.parametrize("lifo", [False, True])
@pytest.mark.parametrize(("lead_time", "warmup", "fixed"), [(0, 0, 0.0), (1, 0, 0.0), (1, 2, 0.0), (1, 2, 1.5)])
def test_bound_against_all_orders(lead_time, warmup, fixed, lifo):
    """Perfect information is no dearer than the best of all order lists, and as dear where nothing was relaxed."""
    demand = [2, 1, 0, 2, 1]
    every = np.array(list(product(range(4), repeat=5)), np.float64)
    path = aged([demand], 2, lead_time, lifo, warmup, fixed)
    best = evaluate(path[[0] * len(every)], orders(every)).objective.min()
    (bound,) = perfect_information(path)
    assert bound <= best + 1e-12
    if not fixed and not lifo:
        assert bound == pytest.approx(best, rel=1e-12)


class Fifth(Policy):
    """Orders a fifth of the usual demand more than a lot."""

    environment = "order"

    def act(self, observation, mask, memory=None):
        return np.full_like(observation["scale"], 1.2), memory


def test_orders_are_rounded_to_lots_but_trained_without():
    problem = make_problem("inventory/perishable", horizon=10, lot=3)
    instance = problem.instances("test", 2)
    quantity = rollout(problem.environment(), Fifth(), instance).decisions
    np.testing.assert_array_equal(quantity, 6.0)  # 1.2 x 4 = 4.8, the nearest multiple of 3
    env = problem.environment()
    seen = env.observe(params := env.prepare(instance), env.reset(params))
    np.testing.assert_allclose(env.relax(seen, np.array([[4.8], [-1.0]])), [[4.8], [0.0]])


def test_units_orders_lots():
    env = make_problem("inventory/perishable", horizon=4, lot=2).environment("units")
    params = env.prepare(env.problem.instances("test", 1))
    seen = env.observe(params, env.reset(params))
    assert env.spaces(params)[1].n == 1 + 8  # up to four usual demands of 4, in lots of 2
    assert env.decode(seen, np.array([3])) == [[6.0]]
    with pytest.raises(CapabilityError, match="several items"):
        make_problem("inventory/perishable", items=2).environment("units").spaces(
            env.prepare(make_problem("inventory/perishable", items=2).instances("test", 1))
        )


def test_seasons_are_seen():
    problem = make_problem("inventory/perishable", demand="seasonal", horizon=14)
    env = problem.environment()
    params = env.prepare(problem.instances("test", 2))
    assert env.spaces(params)[0]["covariates"].shape == (1, 2)
    seen = env.observe(params, env.reset(params))["covariates"]
    np.testing.assert_allclose(seen[0], [[0.0, 1.0]], atol=1e-6)


def test_csv_round_trip(tmp_path):
    problem = make_problem("inventory/perishable", horizon=6)
    instance, solution = problem.instances("test", 1), orders([[4, 0, 3, 0, 0, 2]])
    file = problem.write_solution(instance, solution, tmp_path / "orders.csv")
    assert file.read_text().splitlines()[:2] == ["period,item,quantity", "0,item,4.0"]
    np.testing.assert_array_equal(problem.read_solution(instance, file).quantity, solution.quantity)


@pytest.mark.parametrize(
    ("field", "change", "message"),
    [
        ("lifetime", lambda a: a * 0, "at least one period"),
        ("lifetime", lambda a: a.astype(float), "another type"),
        ("waste_cost", lambda a: -a, "a finite number >= 0"),
        ("unit_cost", lambda a: a * np.nan, "a finite number >= 0"),
        ("lifo", lambda a: a[:, :0], "another shape"),
        ("lost", lambda a: ~a, "what is short is lost"),
        ("keep", lambda a: a / 2, "lost by age only"),
        ("demand", lambda a: -a, "a finite number >= 0"),
    ],
)
def test_bad_instances_are_refused(field, change, message):
    path = aged([[1, 2], [3, 4]])
    with pytest.raises(InstanceError, match=message) as caught:
        AgedPath(**path.arrays() | {field: change(getattr(path, field))})
    assert field in str(caught.value.where)


def test_bad_solutions_are_refused():
    path = aged([[1, 2, 3]])
    with pytest.raises(SolutionError, match="do not fit"):
        evaluate(path, orders([[1, 2]]))
    found = evaluate(path, orders([[1.5, -1, np.inf]]))
    assert not found.feasible[0]
    assert {name: float(value[0]) for name, value in found.violations.items()} == {
        "negative": 1,
        "lot": 0.5,
        "finite": 1,
    }


def test_bad_options_are_refused():
    with pytest.raises(ConfigError, match="no period is counted"):
        make_problem("inventory/perishable", horizon=5, warmup=5)
    with pytest.raises(ConfigError):
        make_problem("inventory/perishable", issuing="random")
    with pytest.raises(ConfigError, match="cvv"):
        make_problem("inventory/perishable", demand_options={"cvv": 1}).law
