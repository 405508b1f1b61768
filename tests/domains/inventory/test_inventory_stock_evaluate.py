"""The scorer, against costs worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from headway.domains.inventory.stock.evaluate import evaluate
from headway.domains.inventory.stock.orders import Orders
from headway.errors import SolutionError


def score(path, *quantity):
    return evaluate(path, Orders(np.array(quantity, float).reshape(1, len(quantity), -1)))


def test_lost_sales_by_hand(stock_path):
    """L=1, h=1, p=9: nothing on hand, 2 lost (18); 5 arrive, 3 sold, 2 left (2); 2 + 1 there, 4 wanted, 1 lost (9)."""
    verdict = score(stock_path([2, 3, 4], lead_time=1), 5, 1, 7)
    assert verdict.series["objective"][0].tolist() == [18, 2, 9]
    assert verdict.objective[0] == pytest.approx(29 / 3)
    assert verdict.metrics["fill_rate"][0] == pytest.approx(6 / 9)
    assert verdict.metrics["cycle_service"][0] == pytest.approx(1 / 3)
    assert verdict.metrics["holding_cost"][0] + verdict.metrics["penalty_cost"][0] == pytest.approx(29 / 3)
    assert verdict.feasible.all()


def test_backlog_by_hand(stock_path):
    """The same orders where shortages are owed: 2 owed (18); 5 - 2 - 3 = 0 left; 1 there, 4 wanted, 3 owed (27)."""
    verdict = score(stock_path([2, 3, 4], lead_time=1, lost=False), 5, 1, 7)
    assert verdict.series["objective"][0].tolist() == [18, 0, 27]
    assert verdict.series["served"][0].tolist() == [0, 3, 1]


def test_an_order_without_lead_time_serves_its_own_period(stock_path):
    verdict = score(stock_path([2, 3]), 2, 4)
    assert verdict.series["objective"][0].tolist() == [0, 1]


def test_what_is_not_kept_is_paid_for_once(stock_path):
    """Half of 4 left is kept, so that 2 + 1 meet a demand of 3."""
    verdict = score(stock_path([1, 3], keep=0.5), 5, 1)
    assert verdict.series["objective"][0].tolist() == [4, 0]


def test_fixed_costs_are_paid_per_order(stock_path):
    verdict = score(stock_path([1, 1, 1], fixed=5.0), 2, 0, 1)
    assert verdict.series["objective"][0].tolist() == [6, 0, 5]
    assert verdict.metrics["ordering_cost"][0] == pytest.approx(10 / 3)
    assert verdict.metrics["orders"][0] == pytest.approx(2 / 3)


def test_warmup_and_known_history_do_not_count(stock_path):
    """Periods 0 and 1 are history, period 2 is warm-up: only period 3 counts, with what is left from before."""
    verdict = score(stock_path([9, 9, 2, 3], start=2, warmup=1), 7, 0)
    assert verdict.series["objective"][0].tolist() == [2]
    assert verdict.objective[0] == 2


def test_items_add_up_with_their_own_terms(stock_path):
    path = stock_path([[2, 1], [2, 1]], lead_time=[0, 1], penalty=[9.0, 4.0])
    verdict = score(path, [3, 1], [1, 5])
    assert verdict.series["objective"][0].tolist() == [1 + 4, 0 + 0]


@pytest.mark.parametrize(
    ("quantity", "name", "amount"),
    [(-1.0, "negative", 1.0), (3.0, "lot", 1.0), (np.nan, "finite", 1.0), (np.inf, "finite", 1.0)],
)
def test_violations_are_measured(stock_path, quantity, name, amount):
    verdict = score(stock_path([1, 1], lot=2.0), 2, quantity)
    assert verdict.violations[name][0] == amount
    assert not verdict.feasible[0]


def test_lots_of_single_precision_are_kept(stock_path):
    """A lot of a tenth is observed as 0.1 in single precision: its multiples are within the tolerance."""
    verdict = score(stock_path([1, 1], lot=0.1), 700 * float(np.float32(0.1)), 0.1)
    assert verdict.feasible[0]


@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 2, 1), (1, 2, 2)])
def test_orders_for_another_path_are_refused(stock_path, shape):
    with pytest.raises(SolutionError, match="do not fit"):
        evaluate(stock_path([1, 1]), Orders(np.zeros(shape)))
