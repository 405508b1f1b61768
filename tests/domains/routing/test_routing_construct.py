"""`construct` under every rule: legal play is feasible, its return the objective, and all that is feasible is legal."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway import make_problem
from headway.domains.routing.family.solution import Routes
from headway.policy import Policy
from headway.rollouts import rollout

PROBLEMS = {
    "vrptw": {}, "ovrp": {}, "vrpb": {}, "vrpl": {"distance_limit": 2.5}, "mdvrp": {}, "pcvrp": {"prizes": 0.5},
    "pdp": {}, "tsp": {},
}  # fmt: skip
MIXED = [
    {"time_windows": True, "open": True, "backhauls": 0.3},
    {"time_windows": True, "depots": 2, "distance_limit": 3.0},
    {"depots": 3, "fleet": 2, "prizes": 0.5, "open": True},
    {"pairs": True, "time_windows": True},
    {"pairs": True, "depots": 2, "distance_limit": 4.0, "prizes": 0.5},
    {"backhauls": 0.4, "backhaul_last": True, "fleet": 3},
]


class Random(Policy):
    """Any allowed node."""

    def start(self, n, seed=0):
        return np.zeros(n, np.int64)

    def act(self, observation, mask, memory=None):
        assert mask.any(1).all()
        np.testing.assert_array_equal(observation["allowed"], mask)
        rank = np.random.default_rng(int(memory[0])).random(mask.shape)
        return np.where(mask, rank, -1.0).argmax(1), memory + 1


def played(problem, seed, n=6):
    instance = problem.generate(np.random.default_rng(seed), n, "test")
    done = rollout(problem.environment(), Random(), instance)
    return done, problem.evaluate(instance, done.solution), problem.environment().offset(instance)


@pytest.mark.parametrize("name", PROBLEMS)
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_legal_play_is_feasible(name, seed):
    """In every named problem, with sizes mixed; returns are offset - objective."""
    problem = make_problem(f"routing/{name}", customers=9, fewest=4, **PROBLEMS[name])
    done, evaluation, offset = played(problem, seed)
    assert evaluation.feasible.all(), evaluation.violations
    np.testing.assert_allclose(done.returns, offset - evaluation.objective, rtol=1e-9)


@pytest.mark.parametrize("options", MIXED)
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_mixtures_end_feasibly_or_in_a_dead_end(options, seed):
    """Rules combined: what is left undone is missed or undelivered, and nothing else is broken."""
    problem = make_problem("routing/vrp", customers=10, **options)
    done, evaluation, offset = played(problem, seed)
    for name, amount in evaluation.violations.items():
        assert name in ("missed", "order") or not amount.any(), name
    np.testing.assert_allclose(done.returns, offset - evaluation.objective, rtol=1e-9)


@pytest.mark.parametrize("name", PROBLEMS)
def test_every_feasible_tour_can_be_built(name):
    """What the scorer accepts of three customers in every order and split, the masks allow, and the other way round."""
    problem = make_problem(f"routing/{name}", customers=4 if name == "pdp" else 3, **PROBLEMS[name])
    instance = problem.generate(np.random.default_rng(3), 1, "test")
    n, depots = int(instance.customers[0]), int(instance.depots[0])
    env = problem.environment()
    agreed = {True: 0, False: 0}
    for order in itertools.permutations(range(1, n + 1)):
        for cuts in itertools.product([False, True], repeat=n - 1):
            routes = [[order[0]]]
            for node, cut in zip(order[1:], cuts, strict=True):
                if cut:
                    routes.append([])
                routes[-1].append(node)
            for chosen in itertools.product(range(depots), repeat=len(routes)):
                feasible = bool(problem.evaluate(instance, Routes.of(routes, chosen)).feasible[0])
                assert allowed(env, instance, routes, chosen) == feasible, (routes, chosen)
                agreed[feasible] += 1
    assert agreed[True]


def allowed(env, instance, routes, chosen):
    """Whether the masks allow these routes, node by node."""
    params = env.prepare(instance)
    state, n = env.reset(params), int(instance.customers[0])
    homes = [0 if depot == 0 else n + depot for depot in chosen]
    decisions = [homes[0]] if homes[0] else []
    for route, then in zip(routes, [*homes[1:], homes[-1]], strict=True):
        decisions += [*route, then]
    for node in decisions:
        if not env.mask(params, state)[0, node]:
            return False
        state = env.step(params, state, np.array([node])).state
    return bool(state.finished[0])


def test_the_last_vehicle_goes_on():
    """One vehicle, everything fits: home is no choice before the end."""
    problem = make_problem("routing/tsp", customers=3)
    env, instance = problem.environment(), problem.instances("test", 1)
    params = env.prepare(instance)
    state = env.reset(params)
    for node in (2, 1, 3):
        assert not env.mask(params, state)[0, 0]
        state = env.step(params, state, np.array([node])).state
    assert env.mask(params, state)[0].tolist() == [True, False, False, False]


def test_a_vehicle_at_the_depot_may_stop_where_all_the_rest_is_optional():
    """From the start, and at the cost of all prizes."""
    problem = make_problem("routing/pcvrp", customers=4)
    env, instance = problem.environment(), problem.instances("test", 1)
    params = env.prepare(instance)
    state = env.reset(params)
    assert env.mask(params, state)[0].all()
    step = env.step(params, state, np.array([0]))
    assert step.terminated[0]
    assert problem.evaluate(instance, Routes.of([])).objective[0] == pytest.approx(instance.prize[0, 1:].sum())
