"""Days of orders: waves by hand, what is known when, files, and what the rules have in common."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway import make_problem
from headway.domains.routing.dynamic.instance import NEVER, Day, Dispatches
from headway.errors import InstanceError, SolutionError
from headway.rollouts import rollout


@pytest.fixture
def day():
    """Orders at 1, 2 and 3 on a line; 1 is known at first, 2 and 3 before wave 1; 1 may wait, 2 must go at once."""
    return Day(
        waves=np.array([3]),
        capacity=np.array([2]),
        convention=np.array(["float"]),
        name=np.array(["line"]),
        coords=np.array([[[0.0, 0], [1, 0], [2, 0], [3, 0], [9, 9]]]),
        demand=np.array([[0, 1, 1, 1, 0]]),
        release=np.array([[0, 0, 1, 1, NEVER]]),
        due=np.array([[0, 1, 1, 2, 0]]),
    )


@pytest.fixture
def problem():
    return make_problem("routing/dynamic_cvrp", customers=12, waves=4)


def test_waiting_for_company_by_hand(problem, day):
    """1 and 2 together in wave 1 are 4, 3 alone 6; taking 1 at once would cost 2 + 4 + 6."""
    solution = Dispatches(np.array([[1, 2, 0, 3]]), np.array([[0, 1, 1, 2, 0]]))
    found = problem.evaluate(day, solution)
    assert found.feasible[0]
    assert found.objective[0] == 10
    assert found.metrics["waiting"][0] == pytest.approx((1 + 0 + 1) / 3)


@pytest.mark.parametrize(
    ("visits", "wave", "broken"),
    [
        ([1, 2, 0, 3], [0, 1, 0, 2, 0], {"early": 1, "split": 1}),
        ([1, 2, 0, 3], [0, 2, 2, 2, 0], {"late": 2}),
        ([1, 2, 3], [0, 1, 1, 1, 0], {"overload": 1}),
        ([1, 2], [0, 1, 1, 0, 0], {"missed": 1}),
        ([1, 2, 0, 3, 0, 5], [0, 1, 1, 2, 0], {"unknown": 1}),
    ],
)
def test_what_is_broken_is_counted(problem, day, visits, wave, broken):
    """Each in its own unit."""
    violations = problem.evaluate(day, Dispatches(np.array([visits]), np.array([wave]))).violations
    assert {name: amount[0] for name, amount in violations.items() if amount[0]} == broken


def test_a_wave_by_hand(problem, day):
    """Before wave 0 order 1 is known and may wait; before wave 1 it may wait no longer."""
    env = problem.environment()
    params = env.prepare(day)
    state = env.reset(params)
    assert env.mask(params, state).tolist() == [[True, True, False, False, False]]
    assert env.observe(params, state)["real"].tolist() == [[1, 1, 0, 0, 0]]
    state = env.step(params, state, np.array([0])).state
    assert env.mask(params, state).tolist() == [[False, True, True, True, False]]
    lengths = []
    for decision in (1, 2, 0, 0, 3, 0, 0):
        step = env.step(params, state, np.array([decision]))
        lengths.append(-float(step.reward[0]))
        state = step.state
        assert bool(step.terminated[0]) == (len(lengths) == 7)
    assert lengths == [1, 1, 2, 0, 3, 3, 0]


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"due": [[0, 1, 0, 2, 0]]}, "due"),
        ({"due": [[0, 1, 1, 3, 0]]}, "due"),
        ({"release": [[1, 0, 1, 1, NEVER]]}, "release"),
        ({"demand": [[0, 3, 1, 1, 0]]}, "demand"),
        ({"convention": ["matrix"]}, "convention"),
    ],
)
def test_what_cannot_be_is_refused(day, change, part):
    """With the field's name."""
    with pytest.raises(InstanceError, match=f"Day.{part}"):
        Day(**{**day.arrays(), **{name: np.array(value) for name, value in change.items()}})


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 1000))
def test_rules_are_feasible_and_routes_of_company_are_routes_of_greedy(seed):
    """Every rule serves every order in time; a day on which everything is known and must go is the same for all."""
    problem = make_problem("routing/dynamic_cvrp", customers=12, fewest=6, waves=3)
    days = problem.generate(np.random.default_rng(seed), 2, "test")
    at_once = Day(**{**days.arrays(), "release": np.where(days.order, 0, days.release), "due": 0 * days.due})
    costs = []
    for name in ("nearest", "greedy", "lazy", "company", "prizes"):
        rule = problem.baseline(name) if name == "nearest" else problem.baseline(name, iterations=200)
        done = rollout(problem.environment(), rule, days)
        found = problem.evaluate(days, done.solution)
        assert found.feasible.all(), (name, found.violations)
        np.testing.assert_allclose(done.returns, -found.objective, rtol=1e-9)
        costs.append(problem.evaluate(at_once, rollout(problem.environment(), rule, at_once).solution).objective)
    for cost in costs[2:]:
        np.testing.assert_allclose(cost, costs[1], rtol=1e-12)
    assert (costs[1] <= costs[0] + 1e-9).all()


def test_files(problem, tmp_path):
    """A table of stops comes back as it was, and says where it is broken."""
    days = problem.instances("test", 1)
    solution = rollout(problem.environment(), problem.baseline("nearest"), days).solution
    path = problem.write_solution(days, solution, tmp_path / "day.csv")
    assert (
        problem.evaluate(days, problem.read_solution(days, path)).objective
        == problem.evaluate(days, solution).objective
    )
    path.write_text("wave,vehicle,stop,order\n0,1,1,3\n0,1,2,99\n")
    with pytest.raises(SolutionError, match="line 3"):
        problem.read_solution(days, path)
    path.write_text("wave,vehicle\n")
    with pytest.raises(SolutionError, match="columns"):
        problem.read_solution(days, path)
