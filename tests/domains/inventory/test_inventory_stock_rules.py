"""Classical rules: what they order, their best parameters, and their costs against published and closed-form ones."""

from __future__ import annotations

import numpy as np
import pytest

from headway.domains.inventory.search import simulated
from headway.domains.inventory.stock.exact_cost import exact_cost
from headway.domains.inventory.stock.problem import Backlog, LostSales
from headway.errors import CapabilityError, ConfigError
from headway.rollouts import rollout


def observation(stock, pipeline):
    """One item with usual demand 5."""
    one = np.ones((1, 1), np.float32)
    goods = np.array([[pipeline]], np.float32)
    return {"stock": np.float32(stock) * one, "pipeline": goods, "scale": 5 * one, "lot": one}


@pytest.mark.parametrize(
    ("name", "options", "stock", "pipeline", "order"),
    [
        ("base_stock", {"level": 20.0}, 3, [5, 4, 0], 8),
        ("base_stock", {"level": 20.0}, 13, [5, 4, 0], 0),
        ("capped_base_stock", {"level": 20.0, "cap": 6.0}, 3, [5, 4, 0], 6),
        ("s_s", {"reorder": 12.0, "level": 20.0}, 3, [5, 4, 0], 8),
        ("s_s", {"reorder": 11.0, "level": 20.0}, 3, [5, 4, 0], 0),
        ("constant_order", {"amount": 4.0}, 99, [5, 4, 0], 4),
    ],
)
def test_orders_by_hand(name, options, stock, pipeline, order):
    action, _ = LostSales(lead_time=3).baseline(name, **options).act(observation(stock, pipeline), None)
    assert action * 5 == pytest.approx(order)


@pytest.mark.parametrize(
    ("penalty", "lead_time", "costs"),
    [
        (4, 4, {"myopic_1": 5.06281, "myopic_2": 4.81706, "optimal": 4.72853}),
        (9, 2, {"myopic_1": 6.22312, "myopic_2": 6.10366, "capped_base_stock": 6.11909, "base_stock": 6.31626}),
        (39, 1, {"optimal": 7.83595}),
        (19, 3, {"optimal": 8.36251}),
    ],
)
def test_exact_costs_of_zipkins_rules(penalty, lead_time, costs):
    """Poisson demand of mean 5, h=1: costs and best parameters from an independent computation, to 1e-4."""
    problem = LostSales(penalty=penalty, lead_time=lead_time)
    for name, cost in costs.items():
        assert exact_cost(problem, problem.baseline(name)) == pytest.approx(cost, abs=1e-4), name


def test_bijvanks_fixed_cost():
    """Lost sales, p=14, K=5, L=2: the optimum 11.46, the best (s, S) 11.62 (Bijvank et al. 2015, table 1)."""
    problem = LostSales(penalty=14, lead_time=2, fixed=5)
    assert exact_cost(problem, problem.baseline("optimal")) == pytest.approx(11.46305, abs=1e-4)
    assert exact_cost(problem, problem.baseline("s_s")) == pytest.approx(11.62, abs=5e-3)


def test_backlog_base_stock_is_the_newsvendor():
    """Poisson 5, L=4, p=9: the 0.9 fractile of Poisson 25 is 32, at a cost of 9.1510; with L=0 by evaluation, too."""
    (level,) = Backlog().baseline("base_stock").parameters(np.array(5.0))
    assert level == pytest.approx(32)
    assert Backlog().model().solve().cost == pytest.approx(9.1510, abs=1e-4)
    at_once = Backlog(lead_time=0)
    best = exact_cost(at_once, at_once.baseline("base_stock"))
    assert best == pytest.approx(at_once.model().solve().cost, abs=1e-6)
    assert exact_cost(at_once, at_once.baseline("base_stock", level=9.0)) > best


def test_backlog_with_a_fixed_cost():
    """The best (s, S) is the optimum, and no neighbour of it costs less on common paths."""
    problem = Backlog(lead_time=1, fixed=20, horizon=200)
    reorder, level = problem.baseline("s_s").parameters(np.array(5.0))
    assert level - reorder > 10
    cost = simulated(problem, n=200)
    best = cost(problem.baseline("s_s"))
    assert best == pytest.approx(problem.model().solve().cost, rel=0.01)
    for ds, dl in ((-3, 0), (3, 0), (0, -5), (0, 5)):
        assert cost(problem.baseline("s_s", reorder=reorder + ds, level=level + dl)) > best


def test_levels_without_closed_form_are_found_by_simulation():
    """Goods that do not last a period, at once: the newsvendor's fractile, within a few grid points."""
    problem = LostSales(demand="normal", lead_time=0, keep=0, horizon=100)
    assert not problem.base_stock_is_best
    (level,) = problem.baseline("base_stock").parameters(np.array(5.0))
    assert level == pytest.approx(problem.law.quantile(0.9), abs=0.3)


def test_simulation_agrees_with_exact_costs():
    """Within three standard errors over independent instances."""
    problem = LostSales(lead_time=2, horizon=300, warmup=50)
    path = problem.instances("test", 400)
    for name in ("base_stock", "myopic_1", "optimal"):
        rule = problem.baseline(name)
        cost = problem.evaluate(path, rollout(problem.environment(), rule, path).solution).objective
        error = cost.std(ddof=1) / np.sqrt(len(cost))
        assert abs(cost.mean() - exact_cost(problem, rule)) < 3 * error, name


def test_searches_are_made_once_and_configured_parameters_are_kept():
    problem = LostSales(lead_time=1)
    rule = problem.baseline("capped_base_stock", cap=5.0)
    level, cap = rule.parameters(np.array(5.0))
    assert cap == 5.0
    assert list(problem.found) == [("CappedBaseStock", (None, 5.0))]
    problem.found["CappedBaseStock", (None, 5.0)] = (level / 5 + 1, 0.0)
    assert problem.baseline("capped_base_stock", cap=5.0).parameters(np.array(5.0)) == (pytest.approx(level + 5), 5.0)


def test_rules_need_parameters_or_a_problem():
    from headway.domains.inventory.stock.myopic import Myopic1
    from headway.domains.inventory.stock.rules import BaseStock

    for rule in (BaseStock(), Myopic1()):
        with pytest.raises(ConfigError, match=r"problem"):
            rule.act(observation(0, [0]), None)
    action, _ = BaseStock(level=10.0).act(observation(0, [0]), None)
    assert action * 5 == pytest.approx(10)


def test_a_refit_finds_parameters_of_its_prefix():
    """Levels of a history are multiples of each item's usual demand, found on the periods that are known."""
    problem = LostSales(demand="restaurant", keep=0, lead_time=0, horizon=20)
    row = problem.history()
    rule = problem.baseline("base_stock").fit(problem, problem.view(row, row.first))
    assert len(rule.problem.series) == row.first
    (level,) = rule.parameters(row.scale)
    assert level.shape == row.scale.shape
    assert np.ptp(level / row.scale) < 1e-9
    assert (level > row.scale).all()


def test_a_refit_may_search_from_the_last_parameters(monkeypatch):
    """Only a rule that was fitted has any; what is found is told, and what is configured is not."""
    from headway.domains.inventory.stock import best

    starts, search = [], best.pattern_search
    monkeypatch.setattr(best, "pattern_search", lambda cost, start: starts.append(list(start)) or search(cost, start))
    problem = LostSales(demand="restaurant", keep=0, lead_time=0, horizon=20)
    row = problem.history()
    entered = problem.baseline("s_s", level=50.0)
    first = entered.fit(problem, problem.view(row, 400))
    (name,), (cover,) = zip(*first.learned().items(), strict=True)
    assert (name, cover > 0) == ("reorder", True)
    first.fit(problem, problem.view(row, row.first)).learned()
    entered.fit(problem, problem.view(row, row.first)).learned()
    grain = first.problem.usual / best.FINE / first.problem.usual
    assert starts[1] == [round(cover / grain)]
    assert starts[2] == starts[0]


def test_exact_costs_say_where_they_end():
    for problem in (LostSales(demand="normal"), LostSales(keep=0.5), LostSales(lot=2), LostSales(demand="seasonal")):
        with pytest.raises(CapabilityError, match="no exact model"):
            problem.model()
    with pytest.raises(CapabilityError, match="past demands"):
        exact_cost(LostSales(lags=1), LostSales().baseline("base_stock", level=20.0))


def test_a_lead_time_of_stockpyl_is_one_more_than_ours(stock_path):
    """Orders that are placed after demand with lead time l cost what ours do with l - 1: best level 26, 8.186."""
    problem, level, periods = Backlog(lead_time=3), 26, 400
    assert problem.baseline("base_stock").parameters(np.array(5.0)) == (pytest.approx(level),)
    assert problem.model().solve().cost == pytest.approx(8.186, abs=1e-3)
    demand = problem.law.sample(np.random.default_rng(0), (1, periods, 1))[0, :, 0]
    stock, arrivals, theirs = float(level), np.zeros(periods + 5), []
    for t in range(periods):  # stockpyl: receive, demand, order up to the level, cost
        stock += arrivals[t] - demand[t]
        arrivals[t + 4] += demand[t]
        theirs.append(max(stock, 0) + 9 * max(-stock, 0))
    path = stock_path(demand, lost=False, lead_time=3, lot=1.0)
    solution = rollout(problem.environment(), problem.baseline("base_stock", level=26.0), path).solution
    ours = problem.evaluate(path, solution).series["objective"][0]
    assert ours[4:] == pytest.approx(theirs[4:])  # ours begins with nothing on hand, and orders 26 at once
