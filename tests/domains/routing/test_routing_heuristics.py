"""Nearest neighbour, savings, sweep and polish: by hand, in quality, and feasible under every rule."""

from __future__ import annotations

import numpy as np
import pytest

from headway.domains.routing.classical.heuristics import Savings, SavingsPolish, Sweep
from headway.domains.routing.classical.polish import begun, descended, improve, polish
from headway.domains.routing.classical.savings import savings
from headway.domains.routing.classical.sisr_state import best_of
from headway.domains.routing.classical.task import task_of, visits_of
from headway.domains.routing.family.configurations import CVRP
from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.family.problems import VRP
from headway.domains.routing.family.solution import Routes
from headway.errors import CapabilityError
from headway.rollouts import rollout
from headway.solver import Search

RULES = {
    "capacity": {},
    "windows": {"time_windows": True},
    "open": {"open": True},
    "mixed": {"backhauls": 0.4},
    "backhaul_last": {"backhauls": 0.4, "backhaul_last": True},
    "limit": {"distance_limit": 2.5},
    "depots": {"depots": 3},
    "fleet": {"fleet": 8},
    "prizes": {"prizes": 0.7},
    "pairs": {"pairs": True},
    "tour": {"tour": True},
    "all": {"time_windows": True, "open": True, "backhauls": 0.3, "backhaul_last": True, "distance_limit": 3.0,
            "depots": 2, "prizes": 0.5},
}  # fmt: skip


def matrix_instance(distance: np.ndarray, demand: list[int], capacity: int, **rest) -> RoutingInstance:
    fields = {"coords": np.zeros((1, len(demand), 2)), "demand": np.array([demand]), "capacity": np.array([capacity]),
              "matrix": distance[None], "convention": np.array(["matrix"]), **rest}  # fmt: skip
    return RoutingInstance.of(**fields)


def routes(visits: np.ndarray) -> list[list[int]]:
    return Routes(visits[None]).routes()


def test_nearest_neighbour_by_hand(problem, tiny, tiny_optimum):
    """4 is nearest (2), from there 3 (sqrt 41 against sqrt 45): full. Then 1 (5), 2 (5)."""
    done = rollout(problem.environment(), problem.baseline("nearest_neighbour"), tiny)
    assert done.solution.routes() == [[4, 3], [1, 2]]
    assert done.returns[0] == pytest.approx(-tiny_optimum)


def test_savings_by_hand(problem, tiny):
    """Savings: 12 = 10, 23 = 3.8, 13 = 2.9, 34 = 0.6, ...; 12 fills a vehicle, then only 34 fits."""
    found = problem.baseline("savings").solve(problem, tiny, Search())
    assert sorted(map(sorted, found.routes())) == [[1, 2], [3, 4]]


def test_savings_knows_directions():
    """Going 1 -> 2 is cheap, 2 -> 1 is dear: the route must be driven forwards."""
    distance = np.array([[0.0, 10, 10], [10, 0, 1], [10, 19, 0]])
    assert routes(savings(task_of(matrix_instance(distance, [0, 1, 1], 2)))) == [[1, 2]]
    assert routes(savings(task_of(matrix_instance(distance.T.copy(), [0, 1, 1], 2)))) == [[2, 1]]


def test_savings_merges_only_what_saves():
    """Where a detour costs as much as it saves, routes stay apart - unless there is one vehicle only."""
    distance = np.array([[0.0, 1, 1], [1, 0, 2], [1, 2, 0]])
    assert sorted(routes(savings(task_of(matrix_instance(distance, [0, 1, 1], 2))))) == [[1], [2]]
    alone = matrix_instance(distance, [0, 1, 1], 2, fleet=np.array([1]))
    assert sorted(routes(savings(task_of(alone)))[0]) == [1, 2]


def test_savings_has_no_answer_where_the_fleet_does_not_suffice():
    """Three customers of demand 2 and a vehicle of capacity 3 each; there are two."""
    distance = 1.0 - np.eye(4)
    instance = matrix_instance(distance, [0, 2, 2, 2], 3, fleet=np.array([2]))
    assert savings(task_of(instance)) is None
    assert Savings().solve(None, instance, Search()) is None


def test_savings_leaves_out_who_costs_more_than_the_prize():
    distance = np.array([[0.0, 1, 9], [1, 0, 9], [9, 9, 0]])
    instance = matrix_instance(distance, [0, 1, 1], 2, prize=np.array([[np.inf, np.inf, 5.0]]))
    assert routes(savings(task_of(instance))) == [[1]]


def test_heuristics_are_feasible_in_order_of_quality():
    """Polished savings beat savings, which beat sweep, which beats nearest neighbour, on instances of mixed size."""
    problem = CVRP(customers=60, fewest=30)
    instance = problem.instances("validation", 20)
    greedy = rollout(problem.environment(), problem.baseline("nearest_neighbour"), instance).solution
    solvers = [Sweep(), Savings(), SavingsPolish()]
    found = [type(greedy).concat([s.solve(problem, instance[i], Search()) for i in range(20)]) for s in solvers]
    scores = [problem.evaluate(instance, x) for x in (greedy, *found)]
    assert all(score.feasible.all() for score in scores)
    means = [score.objective.mean() for score in scores]
    assert means == sorted(means, reverse=True)
    assert means[2] < 0.9 * means[0]


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_kept_or_refused(rule):
    problem = VRP(customers=20, **RULES[rule])
    instance = problem.instances("validation", 3)
    for row in range(3):
        for solver in (Savings(), Sweep(), SavingsPolish(iterations=50)):
            if rule == "pairs" and isinstance(solver, Sweep):
                with pytest.raises(CapabilityError):
                    solver.solve(problem, instance[row], Search())
                continue
            found = solver.solve(problem, instance[row], Search())
            assert found is not None
            assert problem.evaluate(instance[row], found).feasible.all()


@pytest.mark.parametrize("rule", RULES)
def test_polish_is_never_worse_and_tells_its_cost(rule):
    problem = VRP(customers=20, **RULES[rule])
    instance = problem.instances("validation", 3)
    for row in range(3):
        task = task_of(instance, row)
        start = savings(task)
        before = problem.evaluate(instance[row], Routes(start[None])).objective[0]
        state = begun(task, start)
        descended(state)
        answers = [(best_of(state), float(state.run["best"][0])), polish(task, start, 50), improve(task, start, 50)]
        for visits, cost in answers:
            score = problem.evaluate(instance[row], Routes(visits[None]))
            assert score.feasible.all()
            assert score.objective[0] == pytest.approx(cost)
            assert cost <= before + 1e-9


def test_local_search_turns_a_crossing_round():
    """A square visited crosswise: one 2-opt move makes it the square."""
    coords = np.array([[[0.0, 0], [0, 1], [1, 1], [1, 0]]])
    instance = RoutingInstance.of(coords=coords, demand=np.array([[0, 1, 1, 1]]), capacity=np.array([3]))
    state = begun(task_of(instance), visits_of(Routes.of([[2, 1, 3]])))
    descended(state)
    assert state.run["best"][0] == pytest.approx(4.0)
