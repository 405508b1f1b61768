"""SISR against every solution of small instances, against the scorer, and against what its state should be."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.domains.routing.classical.polish import begun, improve
from headway.domains.routing.classical.savings import savings
from headway.domains.routing.classical.sisr import SISR
from headway.domains.routing.classical.sisr_kernel import anneal
from headway.domains.routing.classical.sisr_knobs import knobs_of, mean_distance
from headway.domains.routing.classical.sisr_state import ACTIVE, best_of
from headway.domains.routing.classical.task import task_of
from headway.domains.routing.family.evaluate import evaluate
from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.family.problems import VRP
from headway.domains.routing.family.solution import Routes
from headway.solver import Budget, Search

CASES = {
    "capacity": {},
    "windows": {"time_windows": True},
    "open": {"open": True},
    "mixed": {"backhauls": 0.4},
    "backhaul_last": {"backhauls": 0.4, "backhaul_last": True},
    "limit": {"distance_limit": 2.5},
    "depots": {"depots": 2},
    "fleet": {"fleet": 2},
    "prizes": {"prizes": 0.7},
    "pairs": {"pairs": True},
    "tour": {"tour": True},
    "windows, pairs": {"time_windows": True, "pairs": True},
    "pairs, prizes, open": {"pairs": True, "prizes": 1.0, "open": True},
    "all": {"time_windows": True, "open": True, "backhauls": 0.3, "backhaul_last": True, "distance_limit": 3.0,
            "prizes": 0.5},
}  # fmt: skip


def plans(customers: list[int]) -> Iterator[list[list[int]]]:
    """Every set of routes that visits all of these customers."""
    if not customers:
        yield []
        return
    c, *rest = customers
    for plan in plans(rest):
        yield [[c], *plan]
        for r, route in enumerate(plan):
            for k in range(len(route) + 1):
                yield [*plan[:r], [*route[:k], c, *route[k:]], *plan[r + 1 :]]


def optimum(instance: RoutingInstance) -> float:
    """The best of all solutions of a batch of one, as the scorer has it; inf where none is feasible."""
    n, depots = int(instance.customers[0]), int(instance.depots[0])
    optional = bool(np.isfinite(instance.prize[0, 1 : n + 1]).any())
    found = []
    for size in range(0 if optional else n, n + 1):
        for chosen in itertools.combinations(range(1, n + 1), size):
            for plan in plans(list(chosen)):
                found += [Routes.of(plan, list(d)) for d in itertools.product(range(depots), repeat=len(plan))]
    everything = Routes.concat(found)
    score = evaluate(instance[[0] * len(everything)], everything)
    return float(np.where(score.feasible, score.objective, np.inf).min())


def searched(instance: RoutingInstance, iterations: int = 2000, seed: int = 0) -> tuple[Routes | None, float]:
    task = task_of(instance)
    state, scale = begun(task, None, seed), mean_distance(task)
    cost = anneal(state, knobs_of(task), iterations, 0.2 * scale, 0.002 * scale)
    return (Routes(best_of(state)[None]) if np.isfinite(cost) else None), cost


@pytest.mark.parametrize("case", CASES)
def test_small_instances_are_solved_to_the_optimum(case):
    rows, size = (3, 4) if CASES[case].get("prizes") or CASES[case].get("depots") else (3, 5)
    if CASES[case].get("pairs"):
        rows, size = (3, 4) if "prizes" in case else (1, 6)
    problem = VRP(customers=size, capacity=15, **CASES[case])
    instance = problem.instances("validation", rows)
    for row in range(rows):
        routes, cost = searched(instance[row])
        assert cost == pytest.approx(optimum(instance[row]))
        score = evaluate(instance[row], routes)
        assert score.feasible.all()
        assert score.objective[0] == pytest.approx(cost)


@pytest.mark.parametrize("case", CASES)
def test_answers_are_feasible_and_better_than_savings(case):
    problem = VRP(customers=40, **CASES[case])
    instance = problem.instances("validation", 2)
    for row in range(2):
        routes, cost = searched(instance[row])
        score = evaluate(instance[row], routes)
        assert score.feasible.all()
        assert score.objective[0] == pytest.approx(cost)
        start = savings(task_of(instance, row))
        assert start is None or cost < evaluate(instance[row], Routes(start[None])).objective[0]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**31), pairs=st.booleans(), last=st.booleans(), limited=st.booleans())
def test_rules_are_kept_where_distances_and_times_are_anything(seed, pairs, last, limited):
    """Not symmetric, not metric, and times that have nothing to do with distances: removals may break rules too."""
    rng = np.random.default_rng(seed)
    n = 12
    matrix, duration = rng.random((2, 1, n + 1, n + 1)) * (1 - np.eye(n + 1))
    out = duration[:, 0, :]
    earliest = np.where(np.arange(n + 1) > 0, out * rng.random((1, n + 1)) * 2, 0.0)
    latest = np.where(np.arange(n + 1) > 0, np.maximum(earliest, out) + rng.random((1, n + 1)), 6.0)
    demand, pickup = rng.integers(0, 5, (2, 1, n + 1))
    demand[:, 0] = pickup[:, 0] = 0
    origin = np.zeros_like(demand)
    if pairs:
        origin[0, [2, 4]], demand[0, [2, 4]] = [1, 3], pickup[0, [1, 3]]
    instance = RoutingInstance.of(
        coords=np.zeros((1, n + 1, 2)), demand=demand, pickup=pickup, origin=origin, capacity=np.array([9]),
        matrix=matrix, duration=duration, convention=np.array(["matrix"]), earliest=earliest, latest=latest,
        prize=np.full((1, n + 1), 1.0), backhaul_last=np.array([last]), limit=np.array([1.5 if limited else np.inf]),
    )  # fmt: skip
    routes, cost = searched(instance, 300, seed)
    score = evaluate(instance, routes)
    assert score.feasible.all()
    assert score.objective[0] == pytest.approx(cost)


def test_a_fleet_that_barely_suffices_is_enough():
    """Demands 6, 5, 4, 3, ... fill three vehicles of 10 to the last unit, in few ways only."""
    rng = np.random.default_rng(1)
    demand = np.array([[0, 6, 4, 5, 3, 2, 7, 2, 1]])
    instance = RoutingInstance.of(
        coords=rng.random((1, 9, 2)), demand=demand, capacity=np.array([10]), fleet=np.array([3])
    )
    routes, _ = searched(instance)
    assert evaluate(instance, routes).feasible.all()
    assert searched(RoutingInstance.of(
        coords=rng.random((1, 9, 2)), demand=demand, capacity=np.array([10]), fleet=np.array([2])
    ))[0] is None  # fmt: skip


@pytest.mark.parametrize("case", ["capacity", "windows", "pairs", "all"])
def test_the_state_is_what_its_routes_say(case):
    """Links, loads, lengths and the current cost after many iterations, worked out again."""
    instance = VRP(customers=30, **CASES[case]).instances("validation", 1)
    task = task_of(instance)
    s = begun(task, None, 3)
    anneal(s, knobs_of(task), 777, 0.1, 0.01)
    cost, seen = 0.0, []
    for r in s.lists[ACTIVE, : s.run["active"][0]]:
        tour, chain = s.tour[r], [int(s.tour[r]["first"])]
        while chain[-1]:
            chain.append(int(s.stop["following"][chain[-1]]))
        visits = chain[:-1]
        assert (s.stop["route"][visits] == r).all()
        assert s.stop["preceding"][visits].tolist() == [0, *visits[:-1]]
        nodes = [int(tour["base"]), *visits, int(tour["base"])]
        assert tour["length"] == pytest.approx(task.distance[nodes[:-1], nodes[1:]].sum())
        assert tour["load"] == task.demand[visits].sum()
        assert tour["size"] == len(visits) > 0
        cost += tour["length"]
        seen += visits
    out = np.setdiff1d(np.arange(1, 31), seen)
    assert len(set(seen)) == len(seen)
    assert s.run["absent"][0] == len(out)
    assert s.run["current"][0] == pytest.approx(cost + s.site["loss"][out].sum())


def test_a_search_is_repeated_by_its_seed():
    task = task_of(VRP(customers=30).instances("validation", 1))
    start = savings(task)
    first, again, other = (improve(task, start, 200, seed=seed)[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert first.tolist() != other.tolist()


class Ticks:
    """A clock that moves on by a fixed time whenever it is read."""

    def __init__(self, tick: float) -> None:
        self.tick, self.now = tick, 0.0

    def __call__(self) -> float:
        self.now += self.tick
        return self.now


@pytest.mark.parametrize("start", [None, "savings"])
def test_the_solver_reports_ever_better_answers_within_its_budget(start):
    problem = VRP(customers=40)
    instance = problem.instances("validation", 1)
    found: list[tuple[float, float]] = []
    search = Search(Budget(cpu=1.0), clock=Ticks(0.01))
    search.report = lambda routes, seconds: found.append((seconds, problem.evaluate(instance, routes).objective[0]))
    last = SISR(start=start).solve(problem, instance, search)
    costs = [cost for _, cost in found]
    assert costs == sorted(costs, reverse=True)
    assert len(set(costs)) > 1
    assert max(seconds for seconds, _ in found) <= 1.0
    assert problem.evaluate(instance, last).objective[0] == pytest.approx(min(costs))
