"""OR-Tools and PyVRP: optimal where it is easy, anytime, within their budget."""

from __future__ import annotations

import itertools
import sys

import numpy as np
import pytest

from headway.domains.routing.classical.hgs import HGS
from headway.domains.routing.classical.packing import first_fit_decreasing
from headway.domains.routing.classical.scaling import NEVER, whole
from headway.domains.routing.family.configurations import CVRP
from headway.errors import CapabilityError
from headway.solver import Budget, Search

SOLVERS = ["ortools", "ortools_first", "pyvrp"]


def run(problem, instance, name, cpu=0.1, seed=0, **options):
    """Costs of all incumbents in order, and of the answer; all of them feasible."""
    found = []
    search = Search(budget=Budget(cpu=cpu), seed=seed, report=lambda solution, seconds: found.append(solution))
    answer = problem.baseline(name, **options).solve(problem, instance, search)
    scores = [problem.evaluate(instance, solution) for solution in [*found, answer]]
    assert all(score.feasible.all() for score in scores)
    return [float(score.objective[0]) for score in scores], answer


@pytest.mark.parametrize("name", ["ortools", "pyvrp"])
@pytest.mark.parametrize("convention", ["float", "nint", "trunc1"])
def test_tiny_task_is_solved(problem, make_tiny, name, convention):
    """27 + sqrt(41) is optimal; rounded, 33 and 33.4 are."""
    instance = make_tiny(convention=np.array([convention]))
    costs, _ = run(problem, instance, name)
    assert costs[-1] == pytest.approx({"float": 27 + 41**0.5, "nint": 33.0, "trunc1": 33.4}[convention])


@pytest.mark.parametrize("name", SOLVERS)
def test_incumbents_are_feasible_and_improve(name):
    """Each report is a complete solution, better than the one before."""
    problem = CVRP(customers=40)
    costs, _ = run(problem, problem.instances("test", 1), name, cpu=0.2)
    assert len(costs) > 1
    assert all(after <= before + 1e-3 for before, after in itertools.pairwise(costs))


@pytest.mark.parametrize("name", SOLVERS)
def test_one_customer(name):
    """The smallest task there is."""
    problem = CVRP(customers=1)
    instance = problem.instances("test", 1)
    costs, _ = run(problem, instance, name, cpu=0.03)
    assert costs[-1] == pytest.approx(2 * instance.distances()[0, 0, 1])


@pytest.mark.parametrize("name", SOLVERS)
def test_padding_and_matrices(make_tiny, tiny_optimum, problem, name):
    """Padding is not visited, and a matrix replaces the plane."""
    tiny = make_tiny()
    padding = np.zeros((1, 2), np.int64)
    padded = make_tiny(
        convention=np.array(["matrix"]),
        matrix=tiny.distances(),
        coords=np.zeros((1, 7, 2)),
        demand=np.hstack([tiny.demand, padding]),
    )
    costs, _ = run(problem, padded, name)
    assert costs[-1] <= (tiny_optimum if name != "ortools_first" else 2 * tiny_optimum) + 1e-9


def test_guided_local_search_improves_on_the_first_solution():
    """The metaheuristic was not lost on the way into the model."""
    problem = CVRP(customers=30)
    instance = problem.instances("test", 1)
    first, _ = run(problem, instance, "ortools_first")
    searched, _ = run(problem, instance, "ortools", cpu=0.3)
    assert searched[-1] < 0.95 * first[-1]


def test_first_solution_strategy_matters():
    """The knob reaches the library."""
    problem = CVRP(customers=50)
    instance = problem.instances("test", 1)
    costs = {
        name: run(problem, instance, "ortools_first", first_solution=name)[0][-1]
        for name in ("PATH_CHEAPEST_ARC", "SAVINGS", "GLOBAL_CHEAPEST_ARC")
    }
    assert len(set(costs.values())) == 3


def test_ortools_resumes_where_wall_time_ran_out(problem, tiny):
    """A clock that shows half of the wall time: the search goes on from its best until the budget is spent."""
    import time

    started = time.perf_counter()
    search = Search(budget=Budget(cpu=0.1), clock=lambda: (time.perf_counter() - started) / 2)
    answer = problem.baseline("ortools").solve(problem, tiny, search)
    assert problem.evaluate(tiny, answer).feasible.all()
    assert search.left <= 0.01


def test_pyvrp_stops_at_a_virtual_clock_and_repeats(problem):
    """A hundred looks at the clock are the budget: equal seeds give equal answers, whatever the machine."""
    instance = CVRP(customers=40).instances("test", 1)

    def answer(seed):
        ticks = itertools.count()
        search = Search(budget=Budget(cpu=100.0), seed=seed, clock=lambda: float(next(ticks)))
        return problem.baseline("pyvrp").solve(problem, instance, search).digest()

    assert answer(1) == answer(1)
    assert answer(1) != answer(2)


def test_whole_distances(make_tiny):
    """Integers stay, one decimal becomes tenths, the rest gets four digits or more."""
    assert whole(make_tiny(convention=np.array(["nint"]))).cost[3, 4] == 6
    assert whole(make_tiny(convention=np.array(["trunc1"]))).cost[3, 4] == 64
    assert whole(make_tiny()).cost[3, 4] == round(1000 * 41**0.5)  # longest: sqrt(136) = 11.66 -> 11662


def test_whole_limits_are_on_the_safe_side(make_tiny):
    """Lengths and times up, limits and closing times down; relaxed, the other way round. sqrt(41) = 6.403124."""
    instance = make_tiny(limit=np.array([31.23456]), latest=np.full((1, 5), 32.34567), service=np.eye(1, 5, 3) * 0.0001)
    tight, loose = whole(instance), whole(instance, relaxed=True)
    assert (tight.length[3, 4], tight.limit, tight.travel[3, 4], tight.latest[1]) == (6404, 31234, 6404, 32345)
    assert (loose.length[3, 4], loose.limit, loose.travel[3, 4], loose.latest[1]) == (6403, 31235, 6403, 32346)
    assert (tight.service[3], loose.service[3], whole(make_tiny()).limit) == (1, 0, NEVER)


def test_whole_open_routes(make_tiny):
    """No leg to the depot counts, nor when the depot closes."""
    numbers = whole(make_tiny(open=np.array([True]), latest=np.full((1, 5), 40.0), convention=np.array(["nint"])))
    assert numbers.cost[:, 0].tolist() == [0, 0, 0, 0, 0]
    assert numbers.cost[0].tolist() == [0, 5, 10, 5, 2]
    assert numbers.latest.tolist() == [NEVER, 40, 40, 40, 40]


def test_hgs_solves_the_tiny_task(problem, tiny, tiny_optimum):
    """Where it is installed."""
    pytest.importorskip("hygese")
    answer = HGS().solve(problem, tiny, Search(Budget(cpu=0.1)))
    assert problem.evaluate(tiny, answer).objective[0] == pytest.approx(tiny_optimum)


def test_hgs_says_what_is_missing(monkeypatch, problem, tiny):
    """The package, and how to get it."""
    monkeypatch.setitem(sys.modules, "hygese", None)
    with pytest.raises(CapabilityError, match="pip install"):
        HGS().solve(problem, tiny, Search())


@pytest.mark.parametrize("rule", [{"open": np.array([True])}, {"latest": np.full((1, 5), 99.0)}])
def test_hgs_refuses_other_rules(monkeypatch, make_tiny, problem, rule):
    """By name."""
    monkeypatch.setitem(sys.modules, "hygese", object())
    with pytest.raises(CapabilityError, match=r"open|windows"):
        HGS().solve(problem, make_tiny(**rule), Search())


def test_first_fit_decreasing_by_hand():
    """6 | 5 4 | 4 3 3 in tens: three vehicles; 26 units alone would need as many."""
    assert first_fit_decreasing(np.array([0, 4, 3, 6, 5, 4, 3]), 10) == 3
    assert first_fit_decreasing(np.array([0, 6, 6, 6]), 10) == 3
