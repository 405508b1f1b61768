"""The exact solver against enumeration, and every other solver against it, under every rule of the family."""

from __future__ import annotations

import dataclasses
import functools
import itertools

import numpy as np
import pytest

from headway import make_problem
from headway.domains.routing.classical.exact import Exact
from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.family.solution import Routes
from headway.errors import CapabilityError, SolverError
from headway.solver import Budget, Search

RULES = {
    "capacity": {},
    "windows": {"time_windows": True},
    "open": {"open": True},
    "open windows": {"open": True, "time_windows": True},
    "backhauls": {"backhauls": 0.4},
    "backhauls last": {"backhauls": 0.4, "backhaul_last": True},
    "limit": {"distance_limit": 3.0},
    "depots": {"depots": 3, "fleet": 2},
    "fleet": {"fleet": 2},
    "prizes": {"prizes": 0.6},
    "pairs": {"pairs": True},
    "pairs and windows": {"pairs": True, "time_windows": True},
    "nint": {"convention": "nint", "distance_limit": 4.0},
    "tour": {"tour": True},
}
HAND_MADE = ("simultaneous", "duration", "pairs and depot", "optional pairs", "optional windows", "asymmetric")
NOT_IN_PYVRP = ("pairs and depot",)


def drawn(name, customers, row=0):
    """Problem and instance for a rule, or for rules together that no generator has."""
    problem = make_problem("routing/vrp", customers=customers, **RULES.get(name, {}))
    instance = problem.instances("tuning", row + 1)[row] if name in RULES else hand_made(name, customers, row)
    if name == "nint":
        instance = dataclasses.replace(instance, coords=instance.coords * 30, limit=np.array([90.0]))
    return problem, instance


def hand_made(name, customers, row):
    """Random, and with something that each customer must get or gets wrong if a solver overlooks it."""
    rng = np.random.default_rng([row, len(name)])
    n = customers + 1
    coords = rng.random((1, n, 2))
    demand = rng.integers(1, 6, (1, n))
    demand[0, 0] = 0
    given = {"coords": coords, "demand": demand, "capacity": np.array([9])}
    at = np.arange(n)
    if name == "simultaneous":
        pickup = rng.integers(0, 6, (1, n))
        pickup[0, 0] = 0
        return RoutingInstance.of(**given, pickup=pickup)
    if "pairs" in name:
        origin = np.where((at > 0) & (at <= n // 2 * 2 - 2) & (at % 2 == 0), at - 1, 0)[None]
        pickup = np.zeros_like(demand)
        pickup[0, origin[0][origin[0] > 0]] = demand[0, origin[0] > 0]
        senders = np.isin(at, origin[0][origin[0] > 0])
        demand[0, senders] = 1 if name == "pairs and depot" else 0
        prize = np.full((1, n), np.inf) if name == "pairs and depot" else np.full((1, n), 0.4)
        return RoutingInstance.of(**given, pickup=pickup, origin=origin, prize=prize)
    if name == "asymmetric":
        matrix = rng.integers(1, 50, (1, n, n)).astype(float) * (1 - np.eye(n))
        return RoutingInstance.of(**given, convention=np.array(["matrix"]), matrix=matrix)
    duration = rng.random((1, n, n)) * (1 - np.eye(n))
    earliest = np.where(at > 0, rng.random((1, n)), 0.25)
    latest = np.where(at > 0, earliest + 1.25, 3.0)
    prize = np.full((1, n), np.inf if name == "duration" else 0.5)
    service = np.where(at > 0, 0.1, 0.0)[None]
    return RoutingInstance.of(
        **given, duration=duration, earliest=earliest, latest=latest, service=service, prize=prize
    )


def enumerated(problem, instance):
    """The optimum, from every sequence of customers from every depot as the scorer sees it alone."""
    n, depots, fleet = int(instance.customers[0]), int(instance.depots[0]), int(instance.fleet[0])
    nodes = range(1, n + 1)
    routes = [(d, r) for d in range(depots) for k in range(1, n + 1) for r in itertools.permutations(nodes, k)]
    score = problem.evaluate(
        instance[np.zeros(len(routes), int)], Routes.concat([Routes.of([list(r)], [d]) for d, r in routes])
    )
    broken = sum(np.array(v) for name, v in score.violations.items() if name != "missed") > 0
    prize = np.where(np.isfinite(instance.prize[0]), instance.prize[0], 0.0)[1 : n + 1]
    alone = {}
    for (depot, route), cost, bad in zip(routes, score.objective, broken, strict=True):
        mask = sum(1 << (node - 1) for node in route)
        lost = sum(prize[i] for i in range(n) if not mask >> i & 1)
        if not bad:
            alone[depot, mask] = min(alone.get((depot, mask), np.inf), cost - lost)
    best = {0: {(0,) * depots: 0.0}}  # customers served -> vehicles used -> cost
    for mask in range(1 << n):
        lowest = next((i for i in range(n) if not mask >> i & 1), None)
        for used, cost in list(best.get(mask, {}).items()):
            if lowest is None:
                continue
            steps = [(mask | 1 << lowest, used, prize[lowest])] if np.isfinite(instance.prize[0, lowest + 1]) else []
            for (depot, served), length in alone.items():
                if not served & mask and served >> lowest & 1 and used[depot] < fleet:
                    more = tuple(u + (d == depot) for d, u in enumerate(used))
                    steps.append((mask | served, more, length))
            for after, vehicles, extra in steps:
                known = best.setdefault(after, {})
                known[vehicles] = min(known.get(vehicles, np.inf), cost + extra)
    return min(best[(1 << n) - 1].values())


def solved(problem, instance, solver, cpu):
    """Cost of the answer, whose feasibility is checked, as that of all incumbents; and the last bound."""
    found, bounds = [], []
    search = Search(Budget(cpu=cpu), report=lambda x, s: found.append(x), report_bound=lambda v, s: bounds.append(v))
    answer = solver.solve(problem, instance, search)
    scores = [problem.evaluate(instance, solution) for solution in [*found, answer]]
    for score in scores:
        assert score.feasible.all(), {name: v for name, v in score.violations.items() if v.any()}
    return float(scores[-1].objective[0]), bounds


@pytest.mark.parametrize("name", [*RULES, *HAND_MADE])
def test_exact_is_optimal(name):
    """The optimum of all solutions, with a bound that says so."""
    problem, instance = drawn(name, 5 if name == "depots" else 6)
    cost, bounds = solved(problem, instance, Exact(), 20.0)
    assert cost == pytest.approx(enumerated(problem, instance), rel=1e-6)
    assert bounds[-1] == pytest.approx(cost, rel=1e-6)
    assert all(bound <= cost + 1e-9 for bound in bounds)


@functools.lru_cache
def optimum(name, row):
    """Of the tasks that every solver is given."""
    problem, instance = drawn(name, 8, row)
    return solved(problem, instance, Exact(), 20.0)[0]


@pytest.mark.parametrize("name", [*RULES, *HAND_MADE])
@pytest.mark.parametrize("solver", ["ortools", "ortools_first", "pyvrp"])
def test_solvers_keep_every_rule(name, solver):
    """Feasible, never below the optimum, and the searches close to it."""
    if solver == "pyvrp" and name in NOT_IN_PYVRP:
        pytest.skip("not a rule of PyVRP")
    for row in range(2):
        problem, instance = drawn(name, 8, row)
        cost, _ = solved(problem, instance, problem.baseline(solver), 0.05)
        assert cost >= optimum(name, row) * (1 - 1e-6) - 1e-9
        assert solver == "ortools_first" or cost <= optimum(name, row) * 1.1 + 1e-9


def test_pyvrp_refuses_what_it_does_not_know():
    """By name, with what to do."""
    problem, instance = drawn("pairs and depot", 6)
    with pytest.raises(CapabilityError, match="pairs"):
        solved(problem, instance, problem.baseline("pyvrp"), 0.05)
    problem, instance = drawn("backhauls last", 6)
    idle = dataclasses.replace(instance, demand=np.where(np.arange(7) == instance.demand.argmax(), 0, instance.demand))
    with pytest.raises(CapabilityError, match="backhauls"):
        solved(problem, idle, problem.baseline("pyvrp"), 0.05)


def test_exact_refuses_large_instances():
    """Before it begins."""
    problem = make_problem("routing/vrp", customers=16)
    with pytest.raises(CapabilityError, match="16 customers"):
        Exact().solve(problem, problem.instances("tuning", 1), Search())


def test_exact_says_that_nothing_is_feasible():
    """Two vehicles' load for one vehicle."""
    problem = make_problem("routing/vrp", customers=2)
    instance = RoutingInstance.of(
        coords=np.ones((1, 3, 2)), demand=np.array([[0, 2, 2]]), capacity=np.array([3]), fleet=np.array([1])
    )
    with pytest.raises(SolverError, match="no solution"):
        Exact().solve(problem, instance, Search())


@pytest.mark.parametrize("solver", ["exact", "ortools"])
def test_limits_that_are_met_exactly(solver):
    """A customer as far away as the limit and the closing time allow can be served."""
    coords = np.array([[[0.0, 0.0], [1 / 3, 0.1], [0.2, 1 / 7]]])
    far = np.sqrt((coords**2).sum(-1))
    problem = make_problem("routing/vrp", customers=2)
    instance = RoutingInstance.of(
        coords=coords,
        demand=np.array([[0, 1, 1]]),
        capacity=np.array([1]),
        limit=2 * far.max(1),
        latest=np.where(far > 0, far, 5.0),
    )
    contestant = Exact() if solver == "exact" else problem.baseline(solver)
    assert solved(problem, instance, contestant, 0.1)[0] == pytest.approx(2 * far.sum())
