"""Online portfolio selection: updates by hand, golden wealth of the literature, and its collapse with a day's lag."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import headway
from headway.domains.portfolio.allocation.problem import Allocation
from headway.domains.portfolio.classical.online import OLMAR, PAMR, onto_simplex
from headway.domains.portfolio.market.instance import PricePath
from headway.errors import UnknownNameError
from headway.solver import Search

SHARED = Path(__file__).parents[4] / "shared" / "data" / "portfolio" / "open"


def final(path, name, **options):
    """What wealth of 1 becomes, daily, at the close that was seen and without costs unless told otherwise."""
    usual = {"execution_lag": 0, "same_close": True, "cost_bps": 0.0, "cash": "nothing"}
    problem = Allocation(every=1, lookback=2, **usual | options)
    contestant = problem.baseline(name)
    if name in Allocation.oracles:
        solution = contestant.solve(problem, path, Search())
    else:
        solution = headway.rollout(problem.environment(), contestant, path).solution
    return float(problem.evaluate(path, solution).series["wealth"][0, -1])


def market(name):
    """A whole OLPS market, after a day on which nothing moves."""
    if not SHARED.is_dir():
        pytest.skip("the OLPS price relatives are not there")
    known = Allocation(data="olps", data_options={"folder": SHARED, "name": name}, cash="nothing").market
    returns = np.concatenate([np.zeros((1, len(known.assets))), known.returns])
    dates = np.concatenate([known.dates[:1] - 1, known.dates])
    return PricePath.of(
        dates=dates[None],
        assets=np.array([known.assets]),
        returns=returns[None],
        cash=np.zeros((1, len(dates))),
        start=np.array([0]),
    )


@pytest.mark.parametrize(
    ("name", "rule", "published"),
    [
        ("nyse_o", "buy_and_hold", "14.50"),
        ("nyse_o", "best_stock", "54.14"),
        ("nyse_o", "ucrp", "27.08"),
        ("nyse_o", "hindsight_crp", "250.60"),
        ("nyse_o", "pamr", "5.14e+15"),
        ("tse", "pamr", "264.86"),
        ("msci", "pamr", "15.23"),
        ("djia", "pamr", "0.68"),
    ],
)
def test_golden_wealth(name, rule, published):
    """The digits of Li et al. 2012, table 4, and of the tables it is compared with."""
    wealth = final(market(name), rule)
    assert (f"{wealth:.2e}" if "e" in published else f"{wealth:.2f}") == published


def test_a_day_later_there_is_nothing_to_revert_to():
    """PAMR on MSCI: 15.23 at the close seen, far less when orders are filled a day later."""
    assert final(market("msci"), "pamr", execution_lag=1, same_close=False) < 5


def test_pamr_by_hand():
    """Two assets, half each, relatives 1.2 and 0.8, epsilon 0.5: loss 0.5, |x - mean|^2 = 0.08, step 6.25."""
    relatives = np.array([[1.2, 0.8]])
    half = np.array([0.5, 0.5])
    np.testing.assert_allclose(PAMR().corrected(half, relatives), [0.5 - 1.25, 0.5 + 1.25])
    np.testing.assert_allclose(PAMR(variant=1, aggressiveness=2.0).corrected(half, relatives), [0.1, 0.9])
    # Variant 2: 0.5 / (0.08 + 1 / 4) of 0.2.
    expected = 0.5 - 0.5 / 0.33 * 0.2
    np.testing.assert_allclose(PAMR(variant=2, aggressiveness=2.0).corrected(half, relatives), [expected, 1 - expected])
    np.testing.assert_array_equal(PAMR(epsilon=1.1).corrected(half, relatives), half)


def test_olmar_by_hand():
    """Prices 1, 2 and 1, 1 (then 4, 1): means over the last are (1 + 2 + 4) / 12 and 1."""
    relatives = np.array([[9.0, 9.0], [2.0, 1.0], [2.0, 1.0]])
    moved = OLMAR(periods=3, epsilon=0.9).corrected(np.array([0.5, 0.5]), relatives)
    low, high = 7 / 12, 1.0
    step = (0.9 - (low + high) / 2) / (2 * ((high - low) / 2) ** 2)
    np.testing.assert_allclose(moved, [0.5 - step * (high - low) / 2, 0.5 + step * (high - low) / 2])


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=8))
def test_nearest_point_of_the_simplex(point):
    """It lies on the simplex, and no vertex is on its far side (the projection's own condition)."""
    point = np.array(point)
    found = onto_simplex(point)
    assert found.sum() == pytest.approx(1.0)
    assert found.min() >= 0
    assert ((np.eye(len(point)) - found) @ (point - found) <= 1e-9).all()


@pytest.mark.parametrize(("lag", "every"), [(0, 1), (1, 1), (1, 3), (0, 3)])
def test_the_last_order_is_read_off_what_is_held(path, lag, every):
    """With an epsilon that no growth reaches, PAMR repeats its last order: 1/N, as UCRP does."""
    rng = np.random.default_rng(0)
    days = path(rng.normal(0, 0.03, (14, 4)), start=1)
    problem = Allocation(every=every, execution_lag=lag, same_close=True, lookback=2, cash="nothing")
    solutions = [
        headway.rollout(problem.environment(), problem.baseline(name, **options), days).solution.weights
        for name, options in (("pamr", {"epsilon": 99.0}), ("ucrp", {}))
    ]
    np.testing.assert_allclose(*solutions, atol=1e-12)


def test_constant_shares_by_name(path):
    """60 and 30 %, the rest in cash; a name that is no asset is refused."""
    days = path(np.zeros((4, 3)), start=1)
    problem = Allocation(every=1, lookback=2)
    shares = {"A0": 0.6, "A2": 0.3}
    solution = headway.rollout(problem.environment(), problem.baseline("ucrp", shares=shares), days).solution
    np.testing.assert_allclose(solution.weights[0], [[0.6, 0.0, 0.3, 0.1]] * 2)
    with pytest.raises(UnknownNameError, match="A9"):
        headway.rollout(problem.environment(), problem.baseline("ucrp", shares={"A9": 1.0}), days)
