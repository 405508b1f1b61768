"""The augmented Lagrangian: its penalty, moves, rule and solvers; and the contract of its environment."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.components import build
from headway.domains.routing.family.configurations import CVRP
from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.lagrangian.contestants import CALM, RLCALM
from headway.domains.routing.lagrangian.descent_kernel import descend
from headway.domains.routing.lagrangian.moves_kernel import (
    EXCHANGE,
    HEADS,
    REVERSE,
    SHIFT,
    TAILS,
    Task,
    carry_out,
    penalty,
)  # fmt: skip
from headway.domains.routing.lagrangian.penalties import REACH, Penalties
from headway.domains.routing.lagrangian.rule import PenaltyRule
from headway.domains.routing.lagrangian.setting import numbers, tours_of
from headway.errors import CapabilityError
from headway.solver import Budget, Search


def listed(tours):
    return [tours.seq[r, 1 : 1 + size].tolist() for r, size in enumerate(tours.size.tolist())]


def lagrangian(routes, task):
    """Written out, without the kernels."""
    total = 0.0
    for route, multiplier in zip(routes, task.multiplier, strict=True):
        total += sum(task.distance[a, b] for a, b in itertools.pairwise([0, *route, 0])) if route else 0.0
        over = task.demand[route].sum() - task.capacity if route else -task.capacity
        total += (max(0.0, multiplier + task.rho * over) ** 2 - multiplier**2) / (2 * task.rho)
    return total


def test_penalty_by_hand():
    """(max(0, 1 + 2 * 3)^2 - 1) / 4 = 12; far below the capacity it is -1 / 4."""
    task = Task(np.zeros((2, 2)), np.zeros((2, 0), np.int64), np.zeros(2), 5.0, np.ones(1), 2.0)
    assert penalty(task, 0, 8.0) == pytest.approx(12.0)
    assert penalty(task, 0, 0.0) == pytest.approx(-0.25)


@pytest.mark.parametrize(
    ("move", "expected"),
    [
        ((EXCHANGE, 0, 1, 2, 1, 0, 1, True, True), [[1, 5, 4], [2, 3, 6, 7]]),
        ((EXCHANGE, 0, 0, 1, 1, 3, 0, True, False), [[2, 3, 4], [5, 6, 7, 1]]),
        ((EXCHANGE, 0, 1, 2, 1, 0, 2, False, False), [[1, 6, 5, 4], [3, 2, 7]]),
        ((TAILS, 0, 1, 0, 1, 2, 0, True, False), [[1, 7], [5, 6, 2, 3, 4]]),
        ((HEADS, 0, 1, 0, 1, 2, 0, True, False), [[1, 6, 5], [4, 3, 2, 7]]),
        ((REVERSE, 0, 1, 0, 0, 3, 0, True, False), [[1, 3, 2, 4], [5, 6, 7]]),
        ((SHIFT, 0, 0, 2, 0, 4, 0, False, False), [[3, 4, 2, 1], [5, 6, 7]]),
        ((SHIFT, 0, 2, 2, 0, 0, 0, True, False), [[3, 4, 1, 2], [5, 6, 7]]),
    ],
)
def test_moves_by_hand(move, expected):
    """Routes 1 2 3 4 and 5 6 7; what follows from them is kept up."""
    demand = np.arange(8.0)
    tours, fresh = tours_of([[1, 2, 3, 4], [5, 6, 7]], demand), tours_of(expected, demand)
    carry_out(tours, demand, np.array(move, np.int64))
    assert listed(tours) == expected
    assert tours.route.tolist() == fresh.route.tolist()
    assert tours.place.tolist() == fresh.place.tolist()
    for r, size in enumerate(tours.size):
        assert tours.before[r, : size + 1].tolist() == fresh.before[r, : size + 1].tolist()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.01, 50), st.floats(0, 3))
def test_descent_only_descends(seed, rho, most):
    """Customers stay what they are, and every move is worth what it was taken for: the total falls, by the written-out
    Lagrangian, and a second descent finds nothing in any order.
    """
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(2, 10)), int(rng.integers(1, 4))
    points = rng.random((n + 1, 2))
    distance = np.sqrt(((points[:, None] - points) ** 2).sum(-1))
    demand = np.r_[0.0, rng.integers(1, 6, n)]
    where = rng.integers(0, k, n)
    tours = tours_of([list(rng.permutation(np.flatnonzero(where == r) + 1)) for r in range(k)], demand)
    near = np.array([[v for v in range(1, n + 1) if v != u][: n - 1] for u in range(n + 1)])
    task = Task(distance, near, demand, float(rng.integers(5, 12)), rng.random(k) * most, rho)
    before = lagrangian(listed(tours), task)
    made = descend(task, tours, 0.5, seed)
    assert sorted(itertools.chain(*listed(tours))) == list(range(1, n + 1))
    assert lagrangian(listed(tours), task) <= before - made * 0.4e-6 + 1e-9
    assert descend(task, tours, 0.5, seed + 1) == 0


@pytest.fixture(scope="module")
def problem():
    return CVRP(customers=12)


def made(problem, **options):
    return build(Penalties, options, where="env", problem=problem, backend="numpy")


def test_multipliers_follow_the_violations(problem):
    """lambda <- max(0, lambda + w rho (load - capacity)) before the descent, from the loads it begins with."""
    environment, instance = made(problem), problem.instances("tuning", 1)
    params = environment.prepare(instance)
    state = environment.reset(params)
    load = np.array([params.demand[0, state.seq[0, r, 1 : size + 1]].sum() for r, size in enumerate(state.size[0])])
    after = environment.step(params, state, np.array([[1.0, -0.5]])).state
    assert after.multiplier[0] == pytest.approx(np.maximum(0, 2.0 * (load - params.capacity[0])))
    assert after.rho[0] == pytest.approx(REACH)


def test_return_is_what_was_gained(problem):
    """Over an episode of the plain rule, which finds something better than a sweep."""
    from headway.rollouts import rollout

    instance = problem.instances("tuning", 4)
    environment = made(problem)
    done = rollout(environment, PenaltyRule(), instance)
    objective = problem.evaluate(instance, done.solution)
    assert objective.feasible.all()
    assert done.returns == pytest.approx(environment.offset(instance) - objective.objective)
    assert (done.returns > 0).any()


def test_rule_by_hand(problem):
    """First penalty, growth after an infeasible iteration, decay after a feasible one; an action moves them."""
    environment = made(problem, first=4.0, up=2.0, down=0.5, weight=1.0)
    seen = np.zeros((3, 18), np.float32)
    seen[1, 10], seen[2, 0], seen[2, 9] = 1.0, 1.0, 1.0
    action, _ = PenaltyRule().act({"search": seen}, None)
    plain = environment.decode({"search": seen}, action)
    assert plain[:, 0] == pytest.approx(np.log([4.0, 2.0, 0.5]) / np.log(8.0))
    assert plain[:, 1] == pytest.approx([-0.75] * 3)
    moved = environment.decode({"search": seen}, np.array([[1.0, -1.0], [0.5, 0.5], [-1.0, 1.0]]))
    assert moved - plain == pytest.approx(np.array([[1 / 3, -0.25], [0.3, 0.3], [-0.6, 0.6]]))


def test_solver_is_optimal_where_it_is_easy(make_tiny, tiny_optimum, problem, monkeypatch):
    """And tells better and better feasible routes."""
    monkeypatch.setattr(type(problem), "environment", lambda self, name, **options: made(self, **options))
    found = []
    search = Search(Budget(cpu=0.1), report=lambda routes, seconds: found.append(routes))
    for solver in (CALM(), RLCALM(policy=PenaltyRule())):
        last = solver.solve(problem, make_tiny(), search)
        assert float(problem.evaluate(make_tiny(), last).objective[0]) == pytest.approx(tiny_optimum)
    assert all(problem.evaluate(make_tiny(), routes).feasible.all() for routes in found)


@pytest.mark.parametrize(("name", "optimum"), [("A-n32-k5", 784), ("A-n33-k6", 742), ("E-n13-k4", 247)])
def test_library_instances_are_solved(shared, problem, monkeypatch, name, optimum):
    """To optimality, by the plain rule, well within a second of a quiet core."""
    monkeypatch.setattr(type(problem), "environment", lambda self, name, **options: made(self, **options))
    instance = problem.load(shared / "open" / f"{name}.vrp")
    last = CALM().solve(problem, instance, Search(Budget(cpu=3.0)))
    assert problem.evaluate(instance, last).objective[0] == optimum


def test_other_rules_are_refused(make_tiny):
    """By name."""
    with pytest.raises(CapabilityError, match="open"):
        numbers(make_tiny(open=np.array([True])))
    matrix = np.ones((1, 5, 5)) - np.eye(5)
    matrix[0, 1, 2] = 2.0
    with pytest.raises(CapabilityError, match="direction"):
        numbers(make_tiny(convention=np.array(["matrix"]), matrix=matrix))


def test_a_single_customer():
    """The smallest task there is."""
    instance = RoutingInstance.of(
        coords=np.array([[[0.0, 0], [3, 4]]]), demand=np.array([[0, 1]]), capacity=np.array([1])
    )
    problem = CVRP(customers=1)
    environment = made(problem)
    params = environment.prepare(instance)
    state = environment.step(params, environment.reset(params), np.zeros((1, 2))).state
    assert state.cost[0] == pytest.approx(10.0)


def test_shapes_follow_from_the_size_alone():
    """Rows of one batch can take the place of another's, whatever their demands."""
    environment = made(CVRP(customers=14, fewest=3))
    shapes = set()
    for capacity in (9, 60):
        problem = CVRP(customers=14, fewest=3, capacity=capacity)
        params = environment.prepare(problem.instances("tuning", 3))
        shapes.add(tuple(array.shape for array in (*params, *environment.reset(params))))
    assert len(shapes) == 1
