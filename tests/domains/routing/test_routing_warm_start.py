"""OR-Tools and PyVRP from the routes of another contestant."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest

from headway import make_problem
from headway.domains.routing.classical.ortools import ORTools
from headway.domains.routing.classical.pyvrp import PyVRP
from headway.domains.routing.classical.started import StartedORTools, StartedPyVRP
from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.family.solution import Routes
from headway.errors import UnknownNameError
from headway.solver import Budget, Search, answer

RULES = {
    "capacity": {},
    "windows": {"time_windows": True},
    "open": {"open": True},
    "backhauls last": {"backhauls": 0.4, "backhaul_last": True},
    "depots": {"depots": 3},
    "prizes": {"prizes": 0.6},
    "pairs": {"pairs": True},
}
STARTED = {"ortools": StartedORTools, "pyvrp": StartedPyVRP}


def told(solver, problem, instance, cpu):
    """Objectives of all incumbents and of the answer; all of them feasible."""
    found = []
    search = Search(Budget(cpu=cpu), report=lambda solution, seconds: found.append(solution))
    last = solver.solve(problem, instance, search)
    scores = [problem.evaluate(instance, routes) for routes in (*found, last)]
    assert all(score.feasible.all() for score in scores)
    return [float(score.objective[0]) for score in scores]


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("finish", [ORTools(), PyVRP()])
def test_the_start_is_taken(name, finish):
    """Good routes, and a thousandth of a second to go on: nothing worse is told, whatever the rule."""
    problem = make_problem("routing/vrp", customers=12, **RULES[name])
    instance = problem.instances("tuning", 1)
    good = answer(PyVRP(), problem, instance, Search(Budget(cpu=0.1)))
    goal = float(problem.evaluate(instance, good).objective[0])
    found = []
    search = Search(Budget(cpu=0.02), report=lambda solution, seconds: found.append(solution))
    last = finish.resume(instance, search, good)
    assert last is not None
    for routes in [*found, last]:
        assert float(problem.evaluate(instance, routes).objective[0]) <= goal * (1 + 1e-4)


@pytest.mark.parametrize("finish", ["ortools", "pyvrp"])
@pytest.mark.parametrize("start", ["savings", "nearest_neighbour"])
def test_started_is_never_worse_than_its_start(finish, start):
    """A solver or a policy first; its routes are the first incumbent, and the search ends below them."""
    problem = make_problem("routing/cvrp", customers=40)
    instance = problem.instances("tuning", 1)
    costs = told(STARTED[finish](start=start), problem, instance, 0.6)
    alone = told(problem.baseline(start), problem, instance, 0.6)[-1] if start == "savings" else costs[0]
    assert costs[0] == pytest.approx(alone)
    assert costs[-1] < costs[0]
    assert all(after <= before * (1 + 1e-4) for before, after in itertools.pairwise(costs))


def test_guided_local_search_goes_on_from_a_start():
    """It leaves the local optimum that the start may be: the metaheuristic is not lost with a start."""
    problem = make_problem("routing/cvrp", customers=30)
    instance = problem.instances("tuning", 1)
    start = ORTools(metaheuristic="none").resume(instance, Search(Budget(cpu=0.3)), None)
    polished = ORTools().resume(instance, Search(Budget(cpu=0.5)), start)
    first, last = (float(problem.evaluate(instance, routes).objective[0]) for routes in (start, polished))
    assert last < 0.97 * first


@pytest.mark.parametrize("finish", [ORTools(), PyVRP()])
def test_a_start_that_no_rounding_admits(finish):
    """Its limit is met with nothing to spare; the answer is no worse than the start all the same."""
    coords = np.array([[[0.0, 0.0], [1 / 6, 0.05], [1 / 3, 0.1], [0.2, 1 / 7]]])
    far = np.sqrt((coords**2).sum(-1))
    problem = make_problem("routing/vrp", customers=3)
    instance = RoutingInstance.of(
        coords=coords, demand=np.array([[0, 1, 1, 1]]), capacity=np.array([3]), limit=2 * far.max(1)
    )
    start = Routes.of([[1, 2], [3]])
    last = finish.resume(instance, Search(Budget(cpu=0.03)), start)
    scores = [problem.evaluate(instance, routes) for routes in (start, last)]
    assert all(score.feasible.all() for score in scores)
    assert scores[1].objective[0] <= scores[0].objective[0] + 1e-9


def test_more_routes_than_vehicles_to_spare():
    """A start of single customers fits, although so many vehicles are never needed."""
    problem = make_problem("routing/cvrp", customers=25)
    instance = problem.instances("tuning", 1)
    start = Routes.of([[node] for node in range(1, 26)])
    for finish in (ORTools(), PyVRP()):
        last = finish.resume(instance, Search(Budget(cpu=0.1)), start)
        assert problem.evaluate(instance, last).objective[0] < 0.8 * problem.evaluate(instance, start).objective[0]


def test_an_infeasible_start_is_left_aside():
    """The search begins by itself."""
    problem = make_problem("routing/vrp", customers=10, time_windows=True)
    instance = problem.instances("tuning", 1)
    tight = dataclasses.replace(instance, capacity=instance.demand.max(1))
    costs = told(StartedPyVRP(start="savings"), problem, tight, 0.1)
    assert np.isfinite(costs[-1])


def test_unknown_start():
    """By name, with the known ones."""
    problem = make_problem("routing/cvrp", customers=5)
    with pytest.raises(UnknownNameError, match="saving"):
        StartedPyVRP(start="saving").solve(problem, problem.instances("tuning", 1), Search(Budget(cpu=0.05)))
