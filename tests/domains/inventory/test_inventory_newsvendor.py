"""Newsvendor rules on data: quantiles worked by hand, and that nothing but the past is looked at."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.domains.inventory.stock.newsvendor import levels, own_quantiles, pooled_quantile, totals
from headway.domains.inventory.stock.problem import Backlog, LostSales
from headway.rollouts import rollout


def orders(path, *, problem=None, **options):
    """[periods, items] of the rule on a path."""
    problem = problem or LostSales(lead_time=int(path.lead_time.max()))
    rule = problem.baseline("quantile_newsvendor", **options)
    return rollout(problem.environment(), rule, path).solution.quantity[0]


def test_the_quantile_of_an_items_own_demands(stock_path):
    """penalty 3, holding 1: the 3/4 quantile of 1, 2, 3, 4, 5 is 4; bread does not keep, so all of it is ordered."""
    path = stock_path([3, 1, 5, 2, 4, 0], start=5, keep=0.0, penalty=3.0)
    assert orders(path, season=1, window=5).tolist() == [[4.0]]
    # Of the last three, 5, 2, 4, it lies halfway between 4 and 5.
    assert orders(path, season=1, window=3).tolist() == [[4.5]]


def test_comparable_periods_are_a_season_apart(stock_path):
    """Season 3, period 6: periods 0 and 3 are alike, with demands 10 and 20; the median is 15."""
    path = stock_path([10, 1, 1, 20, 1, 1, 0], start=6, keep=0.0, penalty=1.0)
    assert orders(path, season=3).tolist() == [[15.0]]


def test_a_lead_time_asks_for_the_sum_of_its_periods(stock_path):
    """L = 1, season 2: pairs that begin in periods 0 and 2 add up to 3 and 7, their median is 5."""
    path = stock_path([1, 2, 3, 4, 0, 0], start=4, lead_time=1, penalty=1.0)
    first, second = orders(path, season=2)[:, 0]
    assert first == 5
    # Nothing was asked for in period 4; pairs from 1 and 3 add up to 5 and 4. Five are on order.
    assert second == 0


def test_what_is_left_is_not_ordered_again(stock_path):
    """Median 4, of which 3 are left after a demand of 1: the next median of 4, 4, 1 is 4, so 1 is ordered."""
    path = stock_path([4, 4, 1, 9], start=2, penalty=1.0)
    assert orders(path, season=1)[:, 0].tolist() == [4.0, 1.0]


def test_each_item_by_its_own_costs_and_lead_time(stock_path):
    """Both have demands 1 to 4: the median of one is 2.5; of the other, pairs of 3, 5, 7 have the 9/10 quantile 6.6."""
    demand = np.repeat(np.array([1, 2, 3, 4, 0], float)[:, None], 2, axis=1)
    path = stock_path(demand, start=4, penalty=[1.0, 9.0], lead_time=[0, 1])
    assert orders(path, season=1)[0] == pytest.approx([2.5, 6.6])


def test_the_quantile_over_all_items(stock_path):
    """Levels are the demand before (window 1), so ratios are 2 (weight 10) and 1/2 (weight 20), 1 (30), 1/3 (30).

    Of weight 90 in all: 30 lie at 1/3, 50 by 1/2, 80 by 1 and 90 by 2. The median is 1/2, times the last demands.
    """
    demand = [[10.0, 30.0], [20.0, 30.0], [10.0, 10.0], [0.0, 0.0]]
    path = stock_path(demand, start=3, penalty=1.0, keep=0.0)
    assert orders(path, scope="all", season=1, window=1).tolist() == [[5.0, 5.0]]
    dear = stock_path(demand, start=3, penalty=9.0, keep=0.0)  # nine tenths of the weight is 81
    assert orders(dear, scope="all", season=1, window=1).tolist() == [[20.0, 20.0]]


@pytest.mark.parametrize("scope", ["item", "all"])
def test_before_anything_comparable_the_usual_demand_is_ordered(stock_path, scope):
    path = stock_path([3, 4, 5], lead_time=1)
    assert orders(path, scope=scope)[0, 0] == 10


def test_an_item_nobody_asked_for_is_not_ordered(stock_path):
    for scope in ("item", "all"):
        assert orders(stock_path(np.zeros(20), start=15), scope=scope, season=1, window=5).sum() == 0


def test_free_goods_are_ordered_up_to_the_most_that_was_wanted(stock_path):
    path = stock_path([1, 7, 2, 0], start=3, keep=0.0, holding=0.0, penalty=0.0)
    assert orders(path, season=1).tolist() == [[7.0]]


def test_owed_goods_count_as_missing(stock_path):
    """Median 2; three are owed after a demand of 5, and the median of 2, 2, 5 is 2: 2 + 3 are ordered."""
    path = stock_path([2, 2, 5, 0], start=2, penalty=1.0, lost=False)
    assert orders(path, problem=Backlog(lead_time=0), season=1)[:, 0].tolist() == [2.0, 5.0]


@given(st.lists(st.floats(0, 100), min_size=1, max_size=20), st.floats(0, 1))
def test_own_quantiles_are_numpys(values, q):
    column = np.array(values)[:, None]
    assert own_quantiles(column, np.array([q]))[0] == pytest.approx(np.quantile(column, q), abs=1e-9)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 50)), min_size=1, max_size=20), st.floats(0.05, 0.95))
def test_the_pooled_quantile_is_the_cheapest_cover(pairs, q):
    """No other cover of the levels costs less: it solves the newsvendor's problem over all items (Koenker 2005)."""
    sums, before = np.array(pairs, float)[:, None].transpose(2, 0, 1)

    def cost(cover):
        short = sums - cover * before
        return np.where(short > 0, q * short, (q - 1) * short).sum()

    best = cost(pooled_quantile(sums, before, np.array([q]))[0])
    assert best <= min(cost(ratio) for ratio in (sums / before)[:, 0]) + 1e-9


def test_sums_and_levels():
    demand = np.arange(6, dtype=float)[:, None]
    assert totals(demand, 3)[:, 0].tolist() == [3, 6, 9, 12]
    assert totals(demand, 7).shape == (0, 1)
    # Before period 4: periods 0 and 2 (mean 1); before period 5: 1 and 3 (mean 2).
    assert levels(demand, season=2, window=2)[:, 0].tolist() == [1, 2]
    assert levels(demand, season=4, window=2).shape == (0, 1)
