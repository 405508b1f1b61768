"""The scorer: values by hand, and refusal of every corrupted solution."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.domains.routing.family.configurations import CVRP
from headway.domains.routing.family.solution import Routes
from headway.errors import SolutionError
from headway.rollouts import rollout
from headway.seeds import stream


def test_tiny_task_by_hand(problem, tiny, tiny_optimum):
    """[1, 2] is 5 + 5 + 10, [3, 4] is 5 + sqrt(41) + 2; both vehicles are full."""
    evaluation = problem.evaluate(tiny, Routes.of([[1, 2], [3, 4]]))
    assert evaluation.feasible.all()
    assert evaluation.objective[0] == pytest.approx(tiny_optimum, rel=1e-15)
    assert evaluation.metrics["routes"][0] == 2
    assert evaluation.metrics["fill"][0] == 1.0
    assert evaluation.metrics["longest"][0] == 20.0


@pytest.mark.parametrize(("convention", "leg"), [("float", 41**0.5), ("nint", 6.0), ("trunc1", 6.4)])
def test_convention_of_each_row_is_its_own(problem, make_tiny, convention, leg):
    """sqrt(41) = 6.403...: the only leg that is not whole."""
    instance = make_tiny(convention=np.array([convention]))
    evaluation = problem.evaluate(instance, Routes.of([[1, 2], [3, 4]]))
    assert evaluation.objective[0] == pytest.approx(27 + leg, rel=1e-15)


def test_halves_round_up(problem, make_tiny):
    """TSPLIB's nint: a distance of 2.5 counts 3, though Python rounds 2.5 to 2."""
    instance = make_tiny(convention=np.array(["nint"]), coords=np.array([[[0, 0], [1.5, 2], [0, 0], [0, 0], [0, 0]]]))
    assert problem.evaluate(instance, Routes.of([[1], [2], [3], [4]])).objective[0] == 6.0


def test_matrix_is_read_from_row_to_column(problem, make_tiny):
    """An asymmetric matrix: 0 -> 1 costs 1, 1 -> 2 costs 7, 2 -> 0 costs 10."""
    matrix = np.arange(25.0).reshape(1, 5, 5)
    matrix[0][np.eye(5, dtype=bool)] = 0
    instance = make_tiny(convention=np.array(["matrix"]), matrix=matrix)
    # 0->1->2->0 = 1 + 7 + 10; 0->3->4->0 = 3 + 19 + 20.
    assert problem.evaluate(instance, Routes.of([[1, 2], [3, 4]])).objective[0] == 60.0


def test_each_violation_is_counted_in_its_own_unit(problem, tiny):
    """Route [1, 2, 3] carries 9 of 5; customer 4 is missed; customer 1 comes twice more; node 7 is none."""
    violations = problem.evaluate(tiny, Routes.of([[1, 2, 3], [1], [1]])).violations
    assert {name: amount[0] for name, amount in violations.items()} == {
        "unknown": 0, "missed": 1, "repeated": 2, "overload": 4,
    }  # fmt: skip
    evaluation = problem.evaluate(tiny, Routes(np.array([[1, 2, 0, 3, 4, 0, 7, -1]])))
    assert evaluation.violations["unknown"][0] == 2
    assert np.isnan(evaluation.objective[0])
    assert not evaluation.feasible[0]


def test_empty_routes_and_trailing_zeros_mean_nothing(problem, tiny, tiny_optimum):
    """More depots than needed change neither cost nor metrics."""
    evaluation = problem.evaluate(tiny, Routes(np.array([[0, 0, 1, 2, 0, 0, 3, 4, 0, 0]])))
    assert evaluation.feasible.all()
    assert evaluation.objective[0] == pytest.approx(tiny_optimum, rel=1e-15)
    assert evaluation.metrics["routes"][0] == 2


def test_solution_of_another_batch_is_refused(problem, tiny):
    """Two solutions do not belong to one instance."""
    with pytest.raises(SolutionError, match="does not belong"):
        problem.evaluate(tiny, Routes(np.zeros((2, 3), np.int64)))


CORRUPTIONS = ("drop", "repeat", "unknown", "merge")


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), kind=st.sampled_from(CORRUPTIONS), pick=st.integers(0, 10_000))
def test_every_corrupted_solution_is_refused(seed, kind, pick):
    """A customer dropped, repeated or replaced by a stranger, or two routes driven as one that do not fit."""
    problem = CVRP(customers=12, capacity=12)
    instance = problem.generate(stream("test", seed), 1, "test")
    feasible = rollout(problem.environment(), problem.baseline("nearest_neighbour"), instance).solution
    assert problem.evaluate(instance, feasible).feasible.all()
    corrupted = corrupt(feasible.routes(), kind, pick, instance)
    if corrupted is not None:
        assert not problem.evaluate(instance, Routes.of(corrupted)).feasible[0]


def corrupt(routes, kind, pick, instance):
    """The same routes with one thing wrong; None where this fault cannot be made here."""
    routes = [list(route) for route in routes]
    route = routes[pick % len(routes)]
    place = pick % len(route)
    if kind == "drop":
        del route[place]
    elif kind == "repeat":
        route.append(route[place])
    elif kind == "unknown":
        route[place] = int(instance.customers[0]) + 1 + pick
    else:
        demand = instance.demand[0]
        other = routes[(pick + 1) % len(routes)]
        if other is route or demand[route + other].sum() <= instance.capacity[0]:
            return None
        route += other
        other.clear()
    return routes
