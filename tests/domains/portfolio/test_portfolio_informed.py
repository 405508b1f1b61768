"""The oracle of the synthetic market: it knows the process, pays for its trades, and sees nothing that comes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from headway.domains.portfolio.allocation.problem import Allocation
from headway.domains.portfolio.allocation.reference import equal_weight
from headway.domains.portfolio.classical.informed import Informed
from headway.errors import CapabilityError
from headway.solver import Budget, Search, answer


def solved(problem, path):
    """The oracle's orders."""
    return answer(Informed(), problem, path, Search(Budget(cpu=60)))


def synthetic(**options):
    """A market and the problem on it."""
    rules = {"cost_bps": options.pop("cost_bps", 10.0), "cap": options.pop("cap", 1.0)}
    return Allocation(data="synthetic", data_options=options, lookback=30, window=36, **rules)


def test_without_a_signal_it_is_equal_weight():
    """The market's premia are those for which 1/N grows fastest, to the second order the oracle works with."""
    problem = synthetic(ic=0.0, cost_bps=0.0)
    orders = solved(problem, problem.instances("validation", 1)).weights[0]
    np.testing.assert_allclose(orders[:, :-1], 0.1, atol=1e-3)


def test_costs_keep_it_from_trading():
    """Where a trade costs more than any signal is worth, what is held stays, up to rounding."""
    problem = synthetic(ic=0.1, cost_bps=900.0)
    path = problem.instances("validation", 1)
    assert problem.evaluate(path, solved(problem, path)).metrics["turnover"][0] < 0.01


def test_it_earns_with_the_signal_and_knows_no_future():
    """At 0.2 it beats 1/N net of costs in most paths; a changed future leaves its earlier orders alone."""
    problem = synthetic(ic=0.2)
    path = problem.instances("validation", 8)
    own, base = (problem.evaluate(path, x) for x in (solved(problem, path), equal_weight(problem.rules, path)))
    excess = own.objective - base.objective
    assert own.feasible.all()
    assert excess.mean() > 3 * excess.std() / 8**0.5
    half = path.first + 21 * 18
    other = dataclasses.replace(path, signals=path.signals.copy(), returns=path.returns.copy())
    other.signals[:, half + 1 :] *= -1
    other.returns[:, half + 1 :] *= -0.5
    got, expected = solved(problem, other[:2]).weights[:, :19], solved(problem, path[:2]).weights[:, :19]
    np.testing.assert_array_equal(got, expected)


def test_it_keeps_the_rules():
    """Capped weights."""
    problem = synthetic(ic=0.2, cap=0.25)
    path = problem.instances("validation", 1)
    evaluation = problem.evaluate(path, solved(problem, path))
    assert evaluation.feasible.all()


def test_real_markets_have_no_informed_oracle():
    """Nobody knows their process."""
    problem = Allocation(window=2)
    with pytest.raises(CapabilityError, match="data=synthetic"):
        solved(problem, problem.instances("validation", 1))
