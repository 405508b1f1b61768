"""Our order of events beside stockpyl's, whose simulation is restated here in a few lines of plain Python."""

from __future__ import annotations

import numpy as np
import pytest

from headway.domains.inventory.demand.discrete import Poisson
from headway.domains.inventory.supply.base_stock import EchelonBaseStock
from headway.domains.inventory.supply.conventions import from_stockpyl
from headway.domains.inventory.supply.evaluate import replay
from headway.domains.inventory.supply.serial import Serial
from headway.errors import ConfigError
from headway.rollouts import rollout


def stockpyl(demand, lead_times, levels):
    """Stock left (negative: owed) at each stage and what is under way to it, [T, stages] each, first stage first.

    In a period every stage sees the demand and orders up to its echelon level. Then, from the first stage on, it
    receives what was shipped ``lead_time`` periods before, and ships what its customer has on order from it.
    """
    stages = len(levels)
    local = np.diff([0.0, *levels[::-1]])[::-1]  # echelon level less that of the next stage
    stock, owed = local.copy(), np.zeros(stages)
    shipped = np.zeros((len(demand) + 1, stages))
    left, moving = [], []
    for t, wanted in enumerate(demand):
        for stage in range(stages):
            came = shipped[t - lead_times[stage], stage] if t >= lead_times[stage] else 0.0
            stock[stage] += came
            # Base-stock levels everywhere: every stage orders what was demanded, and ships it as far as it has it.
            owed[stage] += wanted
            sent = min(owed[stage], stock[stage])
            owed[stage] -= sent
            stock[stage] -= sent
            if stage + 1 < stages:
                shipped[t, stage + 1] = sent
        shipped[t, 0] = wanted
        left.append(np.append(stock[:-1], stock[-1] - owed[-1]))
        since = [max(t - lead_time + 1, 0) for lead_time in lead_times]
        moving.append([shipped[s : t + 1, i].sum() for i, s in enumerate(since)])
    return np.array(left), np.array(moving)


def ours(problem, levels, seed=0):
    """Demand, stock left and goods under way, [T, stages] each, of the problem with these echelon levels."""
    path = problem.instances("validation", 1, seed)
    local = np.diff([0.0, *levels[::-1]])[::-1]
    path = type(path)(**path.arrays() | {"stock": local[None].copy()})
    rule = EchelonBaseStock(levels=tuple(levels), problem=problem)
    shipments = rollout(problem.environment(), rule, path).solution
    ledger = replay(path, shipments.quantity)
    return path.demand[0, :, -1], ledger.left[0], ledger.moving[0], problem.evaluate(path, shipments)


def test_a_single_point_is_theirs_with_one_period_less():
    """Poisson(5), lead time 4 there and 3 here: the same stock in every period."""
    problem = from_stockpyl([4], [1.0], 9.0, "poisson", {"mean": 5.0}, horizon=300, warmup=0)
    assert problem.lead_times == (3,)
    demand, left, _, evaluation = ours(problem, [26.0])
    theirs, _ = stockpyl(demand, [4], [26.0])
    np.testing.assert_array_equal(left, theirs)
    cost = np.where(theirs > 0, theirs, -9 * theirs).mean()
    assert evaluation.objective == pytest.approx([cost])


def test_costs_of_the_single_point_in_both_conventions():
    """S=26 over 4 periods costs 8.186 (stockpyl's figure); S*=32 over 5, which is our lead time 4, costs 9.1510."""
    law = Poisson(mean=5.0)

    def cost(level, periods):
        return level - 5 * periods + 10 * law.loss(level, periods)

    assert cost(26, 4) == pytest.approx(8.186, abs=5e-4)
    assert cost(32, 5) == pytest.approx(9.1510, abs=5e-5)
    assert min(cost(level, 5) for level in range(20, 45)) == cost(32, 5)
    problem = Serial(lead_times=(3,), holding=(1.0,), demand="poisson", demand_options={}, horizon=600, warmup=100)
    path = problem.instances("validation", 64)
    rule = EchelonBaseStock(levels=(26.0,), problem=problem)
    found = problem.evaluate(path, rollout(problem.environment(), rule, path).solution).objective
    assert abs(found.mean() - cost(26, 4)) < 3 * found.std() / 8


def test_a_serial_system_is_theirs_but_for_one_period_on_the_last_link():
    """The store's stock is the same in the same period, that of earlier stages one period later."""
    levels, lead_times = [30.0, 17.0, 9.0], [2, 1, 1]
    problem = from_stockpyl(lead_times, [2.0, 4.0, 7.0], 37.12, "poisson", {"mean": 5.0}, horizon=400, warmup=0)
    demand, left, moving, evaluation = ours(problem, levels)
    theirs, under_way = stockpyl(demand, lead_times, levels)
    np.testing.assert_allclose(left[:, -1], theirs[:, -1], atol=1e-9)
    np.testing.assert_allclose(left[1:, :-1], theirs[:-1, :-1], atol=1e-9)
    np.testing.assert_allclose(moving[1:, :-1], under_way[:-1, :-1], atol=1e-9)
    holding, rates = np.array([2.0, 4.0, 7.0]), np.array([0.0, 2.0, 4.0])
    cost = (holding * np.maximum(theirs, 0)).sum(axis=1) + 37.12 * np.maximum(-theirs[:, -1], 0) + under_way @ rates
    assert evaluation.objective == pytest.approx([cost.mean()], rel=2e-3)  # the first and the last period differ


def test_the_textbook_example_has_its_cost():
    """Snyder and Shen, example 6.1: 47.65 printed, 47.6654 by stockpyl on its grid; levels 22.72, 12.028, 6.484."""
    options = {"mean": 5.0, "std": 1.0, "clip": False}
    problem = from_stockpyl([2, 1, 1], [2.0, 4.0, 7.0], 37.12, "normal", options)
    assert problem.optimum.cost == pytest.approx(47.665, abs=0.01)
    assert problem.optimum.levels == pytest.approx((22.72, 12.028, 6.484), abs=0.02)


def test_a_lead_time_without_counterpart_is_refused():
    with pytest.raises(ConfigError, match="no counterpart"):
        from_stockpyl([2, 0], [1.0, 2.0], 9.0, "poisson", {})
