"""Exact models of dual sourcing, goods that age, backlog and serial systems: published costs and cross-checks."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from headway.domains.inventory.demand.discrete import Binomial, Poisson
from headway.domains.inventory.demand.families import Gamma, Normal, Uniform
from headway.domains.inventory.exact.backlog import Backlog
from headway.domains.inventory.exact.conventions import clark_scarf_of_stockpyl, from_stockpyl
from headway.domains.inventory.exact.dual_sourcing import DualSourcing
from headway.domains.inventory.exact.heuristics import best_base_stock
from headway.domains.inventory.exact.lost_sales import LostSales
from headway.domains.inventory.exact.model import Model, Outcomes
from headway.domains.inventory.exact.newsvendor import level_cost, newsvendor
from headway.domains.inventory.exact.perishable import Perishable
from headway.domains.inventory.exact.rules import base_stock, s_S
from headway.domains.inventory.exact.serial import clark_scarf
from headway.errors import CapabilityError, ConfigError

DATA = Path(__file__).parent / "data"
POISSON = Poisson(mean=5.0)


def rows(name):
    """Rows of a table of the data folder, as parameters."""
    with (DATA / name).open() as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


# -- dual sourcing --------------------------------------------------------------------------------
def uniform(high):
    return np.full(high + 1, 1 / (high + 1))


@pytest.mark.parametrize("row", rows("dual_sourcing_optimal.csv"), ids=lambda row: "-".join(row.values()))
def test_dual_sourcing(row):
    costs = [float(row[name]) for name in ("holding", "penalty", "regular", "expedited")]
    exact = DualSourcing(uniform(int(row["high"])), int(row["lead_time"]), *costs)
    found = exact.solve()
    assert found.cost == pytest.approx(float(row["cost"]), abs=1e-5)
    assert exact.evaluate(found) == pytest.approx(found.cost, abs=2e-8)


@pytest.mark.parametrize("lead_time", [1, 2, 3])
def test_expediting_too_dear_leaves_the_newsvendor(lead_time):
    exact = DualSourcing(Poisson(mean=3.0).pmf(), lead_time, 1.0, 9.0, 2.0, 1000.0)
    single = newsvendor(Poisson(mean=3.0), lead_time, 1.0, 9.0)
    assert exact.solve().cost == pytest.approx(6.0 + single.cost, abs=1e-6)


def test_expediting_for_nothing_leaves_the_newsvendor_without_lead_time():
    exact = DualSourcing(POISSON.pmf(), 2, 1.0, 9.0, 2.0, 2.0)
    assert exact.solve().cost == pytest.approx(10.0 + newsvendor(POISSON, 0, 1.0, 9.0).cost, abs=1e-6)


def test_discounted_dual_sourcing():
    exact = DualSourcing(uniform(4), 2, 5.0, 95.0, 0.0, 10.0, discount=0.95)
    found = exact.solve(1e-10)
    assert exact.evaluate(found) == pytest.approx(found.cost, abs=1e-6)
    assert found.lower <= found.cost <= found.upper


def test_small_stock_and_long_pipelines():
    """Pipelines full of goods leave no room to expedite: such states must not spoil the sweeps."""
    exact = DualSourcing(np.array([0.968, 0.032]), 3, 1.6, 59.8, 1.0, 9.0)
    found = exact.solve()
    assert exact.evaluate(found) == pytest.approx(found.cost, abs=2e-8)


# -- goods that age -------------------------------------------------------------------------------
GAMMA = Gamma(mean=4.0, cv=0.5, whole=True).pmf()


@pytest.mark.parametrize("row", rows("perishable_de_moor.csv"), ids=lambda row: "-".join(row.values()))
def test_perishable(row):
    """Within 3 standard errors of the simulated returns, and half a unit for their rounding."""
    exact = Perishable(
        GAMMA,
        *(int(row["lifetime"]), int(row["lead_time"]), 1.0, 5.0, float(row["waste"]), 3.0),
        lifo=row["issuing"] == "lifo",
        discount=0.99,
    )
    found = exact.solve(1e-6)
    window = {"periods": 365, "warmup": 100, "discount": 0.99}
    error = 3 * float(row["optimal_std"]) / 100
    assert exact.chain(found).total(**window) == pytest.approx(-float(row["optimal"]), abs=error + 0.5)
    assert found.cost == pytest.approx(exact.evaluate(found), abs=1e-3)


@pytest.mark.parametrize("row", rows("perishable_de_moor.csv")[:7], ids=lambda row: "-".join(row.values()))
def test_best_base_stock_of_goods_that_age(row):
    waste, lifo = float(row["waste"]), row["issuing"] == "lifo"
    exact = Perishable(GAMMA, int(row["lifetime"]), int(row["lead_time"]), 1.0, 5.0, waste, 3.0, lifo=lifo)
    total = exact.chain(base_stock(best_base_stock(exact).level)).total(365, warmup=100, discount=0.99)
    assert total == pytest.approx(-float(row["base_stock"]), abs=3 * float(row["base_stock_std"]) / 100 + 0.5)


@pytest.mark.parametrize("lead_time", [0, 1, 2])
def test_goods_that_keep_for_one_period(lead_time):
    """Every period is a newsvendor's of its own, whatever the lead time: order z, pay c z and waste or penalty."""
    left = np.arange(30)[:, None] - np.arange(len(GAMMA))
    costs = 3.0 * np.arange(30) + np.where(left > 0, 7.0 * left, -5.0 * left) @ GAMMA
    exact = Perishable(GAMMA, 1, lead_time, 1.0, 5.0, 7.0, 3.0)
    assert exact.solve().cost == pytest.approx(costs.min(), abs=1e-7)


@pytest.mark.parametrize("lead_time", [0, 1, 2])
def test_goods_that_keep_long_enough(lead_time):
    """With demand of at least one unit a period and the oldest sold first nothing gets old: ordinary lost sales.

    With the youngest first a unit may be passed over for ever, so that costs more.
    """
    pmf = np.array([0.0, 0.5, 0.3, 0.2])
    durable = LostSales(pmf, lead_time, 1.0, 3.0).solve().cost
    assert Perishable(pmf, 3, lead_time, 1.0, 3.0, 100.0).solve().cost == pytest.approx(durable, abs=1e-7)
    assert Perishable(pmf, 3, lead_time, 1.0, 3.0, 100.0, lifo=True).solve().cost > durable + 0.01


@pytest.mark.parametrize("lifo", [False, True])
def test_bounds_of_perishable_do_not_bind(lifo):
    options = {"lifo": lifo, "fixed": 4.0}
    narrow = Perishable(GAMMA, 3, 1, 1.0, 5.0, 7.0, 3.0, **options)
    wide = Perishable(GAMMA, 3, 1, 1.0, 5.0, 7.0, 3.0, more_order=5, more_stock=9, **options)
    assert narrow.solve().cost == pytest.approx(wide.solve().cost, abs=1e-7)
    assert narrow.evaluate(wide.solve()) == pytest.approx(wide.solve().cost, abs=1e-7)


# -- shortages owed -------------------------------------------------------------------------------
def test_newsvendor():
    """Poisson demand of 5 periods, h = 1, p = 9: 32 units, 9.1510; normal demand by the standard loss function."""
    assert newsvendor(POISSON, 4, 1.0, 9.0) == pytest.approx((32.0, 9.15105), abs=1e-5)
    level, cost = newsvendor(Normal(mean=5.0, std=1.6, clip=False), 4, 1.0, 9.0)
    assert level == pytest.approx(25 + 1.6 * 5**0.5 * 1.2815516, abs=1e-5)
    assert cost == pytest.approx(10 * 1.6 * 5**0.5 * 0.17549833, abs=1e-5)  # (h + p) sigma phi(z)


@pytest.mark.parametrize("law", [POISSON, Binomial(n=6, p=0.5, active=0.7), Uniform(low=0, high=5, whole=True)])
@pytest.mark.parametrize("lead_time", [0, 1, 2])
def test_newsvendor_by_evaluation(law, lead_time):
    """The closed form, a chain of states, and the neighbours of the level."""
    exact, best = Backlog(law.pmf(), lead_time, 1.0, 9.0), newsvendor(law, lead_time, 1.0, 9.0)
    assert exact.solve().cost == pytest.approx(best.cost, abs=1e-9)
    for level in (best.level - 1, best.level, best.level + 1):
        cost = level_cost(law, lead_time, 1.0, 9.0, level)
        assert exact.evaluate(base_stock(int(level))) == pytest.approx(cost, abs=1e-7)
        assert cost >= best.cost


@pytest.mark.parametrize(
    ("mean", "reorder", "level", "cost"),
    [(10, 6, 40, 35.022), (15, 10, 49, 42.698), (20, 14, 62, 49.173), (25, 19, 56, 54.262)],
)
def test_fixed_cost_owed(mean, reorder, level, cost):
    """Zheng and Federgruen (1991), Table 1: Poisson demand, K = 64, h = 1, p = 9."""
    exact = Backlog(Poisson(mean=float(mean)).pmf(), 0, 1.0, 9.0, fixed=64.0)
    found = exact.best_s_S()
    assert found == pytest.approx((reorder, level, cost), abs=5e-4)
    assert exact.evaluate(s_S(reorder, level)) == pytest.approx(found.cost, abs=1e-7)


def test_fixed_cost_owed_with_a_lead_time():
    exact = Backlog(POISSON.pmf(), 1, 1.0, 9.0, fixed=20.0)
    costs = [exact.evaluate(s_S(s, S)) for s in range(4, 14) for S in range(20, 34)]
    assert exact.solve().cost == pytest.approx(min(costs), abs=1e-7)


# -- serial systems -------------------------------------------------------------------------------
def test_snyder_and_shen():
    """Example 6.1: 47.65; stockpyl 1.0.2 computes 47.66539 at 22.72, 12.028, 6.484 on its coarser grid."""
    law = Normal(mean=5.0, std=1.0, clip=False)
    levels, cost = clark_scarf_of_stockpyl(law, [2, 1, 1], [2.0, 4.0, 7.0], 37.12)
    assert cost == pytest.approx(47.66539, abs=0.01)
    assert levels == pytest.approx((22.72, 12.028, 6.484), abs=0.02)


@pytest.mark.parametrize(
    ("lead_times", "holding", "penalty", "levels", "cost"),
    [
        ([1], [1.0], 9.0, (8,), 4.220849),
        ([1, 1], [1.0, 3.0], 10.0, (13, 7), 16.797779),
        ([2, 1, 1], [2.0, 4.0, 7.0], 37.12, (26, 15, 9), 72.043543),
    ],
)
def test_poisson_serial(lead_times, holding, penalty, levels, cost):
    """stockpyl's levels and costs; it cuts the tails of demand, which costs it up to 6 in 100 000."""
    found, ours = clark_scarf_of_stockpyl(POISSON, lead_times, holding, penalty)
    assert found == levels
    assert cost <= ours <= cost * (1 + 6e-5)


def test_one_stocking_point_in_stockpyl():
    """Its lead time of 4 covers 4 demands of 5: level 26, 8.186 by its closed form (ours of 4 covers 5: 32, 9.151)."""
    (lead_time,) = from_stockpyl([4])
    assert newsvendor(POISSON, lead_time, 1.0, 9.0) == pytest.approx((26.0, 8.18643), abs=1e-5)


@pytest.mark.parametrize("lead_time", [0, 1, 3])
@pytest.mark.parametrize("law", [POISSON, Normal(mean=5.0, std=1.6), Gamma(mean=5.0, cv=0.5)])
def test_one_stage_is_the_newsvendor(law, lead_time):
    found = clark_scarf(law, [lead_time], [1.0], 9.0)
    assert (found.levels[0], found.cost) == pytest.approx(newsvendor(law, lead_time, 1.0, 9.0), abs=2e-3)


class TwoStages(Model):
    """Two stages as a chain of states: (stock of the first, stock of the last, under way to the last)."""

    plenty = 1000
    start = np.zeros(3, dtype=np.int64)

    def __init__(self, pmf, holding, penalty, levels):
        self.pmf, self.holding, self.penalty, self.levels = pmf, holding, penalty, levels

    def _shipped(self, states):
        """The first stage orders at once from outside (no lead time), then sends on what the last one wants."""
        first = states[:, 0] + np.maximum(self.levels[0] - states.sum(axis=1), 0)
        sent = np.minimum(first, np.maximum(self.levels[1] - states[:, 1] - states[:, 2], 0))
        return first - sent, states[:, 1], states[:, 2] + sent

    def outcomes(self, states, orders):
        first, last, sent = self._shipped(states)
        left = last[:, None] - np.arange(len(self.pmf))
        after = np.stack([np.broadcast_to(first[:, None], left.shape), left + sent[:, None], 0 * left], axis=2)
        return Outcomes(after, np.broadcast_to(self.pmf, left.shape))

    def expense(self, states, orders):
        first, last, _ = self._shipped(states)
        left = last[:, None] - np.arange(len(self.pmf))
        return self.holding[0] * first + np.where(left > 0, self.holding[1] * left, -self.penalty * left) @ self.pmf

    def solve(self, tolerance=1e-8, limit=0):
        raise NotImplementedError


@pytest.mark.parametrize("levels", [None, (14, 9), (9, 6), (18, 7)])
def test_two_stages_as_a_chain(levels):
    """Lead times 0 and 1, our order of events: the recursion's cost is that of the chain."""
    law = Uniform(low=0, high=4, whole=True)
    found = clark_scarf(law, [0, 1], [1.0, 3.0], 15.0, levels=levels)
    chain = TwoStages(law.pmf(), (1.0, 3.0), 15.0, [int(level) for level in found.levels])
    assert chain.evaluate(lambda states: np.zeros(len(states))) == pytest.approx(found.cost, abs=1e-6)


def test_transit_is_a_constant():
    plain = clark_scarf(POISSON, [2, 1, 3], [1.0, 2.0, 4.0], 20.0)
    paid = clark_scarf(POISSON, [2, 1, 3], [1.0, 2.0, 4.0], 20.0, transit=True)
    assert plain.levels == paid.levels
    assert paid.cost - plain.cost == pytest.approx(5.0 * (1.0 * 1 + 2.0 * 3))


def test_other_levels_cost_more():
    best = clark_scarf(POISSON, [1, 2], [1.0, 3.0], 15.0)
    for steps in ((1, 0), (-1, 0), (0, 1), (0, -1), (40, 40)):
        levels = [level + step for level, step in zip(best.levels, steps, strict=True)]
        assert clark_scarf(POISSON, [1, 2], [1.0, 3.0], 15.0, levels=levels).cost >= best.cost - 1e-9


# -- refusals -------------------------------------------------------------------------------------
def test_refused():
    with pytest.raises(ConfigError, match="not a regular lead time"):
        DualSourcing(uniform(4), 0, 5.0, 95.0, 0.0, 10.0)
    with pytest.raises(ConfigError, match="not a lifetime"):
        Perishable(GAMMA, 0, 1, 1.0, 5.0, 7.0)
    with pytest.raises(CapabilityError, match="too many states"):
        Perishable(GAMMA, 9, 2, 1.0, 5.0, 7.0).solve()
    with pytest.raises(CapabilityError, match="too many states"):
        DualSourcing(GAMMA, 9, 1.0, 5.0, 0.0, 7.0).solve()
    with pytest.raises(ConfigError, match="no best level"):
        Backlog(GAMMA, 1, 0.0, 9.0)
    with pytest.raises(ConfigError, match="not every stage"):
        clark_scarf(POISSON, [1, 2], [1.0], 9.0)
    with pytest.raises(ConfigError, match="no such lead times"):
        from_stockpyl([2, 0])
    with pytest.raises(ConfigError, match="cheaper nearer"):
        clark_scarf(POISSON, [1, 2], [2.0, 1.0], 9.0)
