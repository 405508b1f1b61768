"""Steering SISR: what decisions do, what a policy sees, and that environment and solver agree."""

from __future__ import annotations

import numpy as np
import pytest

from headway.contest.chance import RandomPolicy
from headway.domains.routing.classical.polish import begun
from headway.domains.routing.classical.savings import savings
from headway.domains.routing.classical.sisr_kernel import anneal
from headway.domains.routing.classical.sisr_knobs import knobs_of, mean_distance
from headway.domains.routing.classical.task import Task, task_of
from headway.domains.routing.family.configurations import CVRP
from headway.domains.routing.family.problems import VRP
from headway.domains.routing.improve.blocks import numbers, task_at
from headway.domains.routing.improve.dynamics import Improve
from headway.domains.routing.improve.params import ACTIONS, SEEN
from headway.domains.routing.improve.steered import Steered
from headway.domains.routing.improve.steering import Watch, detours, drawn, seen, steered, tilted
from headway.errors import CapabilityError
from headway.policy import Policy
from headway.solver import Budget, Search

PLAIN = np.zeros(ACTIONS)


def decision(**parts: float) -> np.ndarray:
    names = ("heat", "removals", "length", "order", "credit", "detour")
    return np.array([parts.get(name, 0.0) for name in names])


@pytest.fixture
def task() -> Task:
    return task_of(CVRP(customers=20).instances("validation", 1))


def test_the_plain_decision_leaves_sisr_as_it_is(task):
    knobs = knobs_of(task)
    new, factor = steered(task, knobs, PLAIN, begun(task, savings(task)))
    assert factor == 1.0
    assert (new.average, new.longest) == (knobs.average, knobs.longest)
    np.testing.assert_allclose(new.orders, knobs.orders)
    np.testing.assert_array_equal(new.seeds, knobs.seeds)


def test_decisions_are_factors(task):
    state = begun(task, savings(task))
    new, factor = steered(task, knobs_of(task), decision(heat=1.0, removals=-1.0, length=0.5), state)
    assert factor == pytest.approx(4.0)
    assert new.average == pytest.approx(10.0 / 2.5)
    assert new.longest == pytest.approx(10.0 * 2**0.5)


def test_the_random_order_is_tilted():
    """Shares 4, 4, 2, 1 of 11; four times as much for the first: 16 of 23."""
    orders = np.array([4, 8, 10, 22]) / 11
    np.testing.assert_allclose(tilted(orders, 4.0)[:3], np.array([16, 20, 22]) / 23)


def test_seeds_are_drawn_by_weight():
    count = np.bincount(drawn(np.log(np.array([1.0, 2.0, 1.0, 4.0]))), minlength=5)
    np.testing.assert_array_equal(count, [0, 2, 4, 2, 8])


def test_credit_draws_seeds_to_where_the_search_got_better(task):
    state = begun(task, savings(task))
    state.site["credit"][3] = 50.0
    new, _ = steered(task, knobs_of(task), decision(credit=1.0), state)
    count = np.bincount(new.seeds, minlength=21)
    assert count[3] == count[1:].max() > np.delete(count[1:], 2).max()


def test_detours_by_hand(make_tiny):
    """Routes 1-2 and 3-4: 2 costs 20 - 10 more, 1 costs nothing, 3 costs 5 + sqrt 41 - 2, 4 costs 2 + sqrt 41 - 5."""
    task = task_of(make_tiny())
    state = begun(task, np.array([0, 1, 2, 0, 3, 4]))
    far = np.array([0.0, 10.0, 3 + 41**0.5, 41**0.5 - 3])
    np.testing.assert_allclose(detours(task, state), np.clip((far - far.mean()) / far.std(), -2, 2))


def test_what_is_seen_has_no_unit():
    """All distances times a thousand: the same observation."""
    instance = CVRP(customers=20).instances("validation", 1)
    large = type(instance).made({**instance.arrays(), "coords": 1000 * instance.coords})
    views = []
    for one, scale in ((instance, 1.0), (large, 1000.0)):
        watch = Watch(0.5, 100.0, 10 * scale, 8 * scale, 8.5 * scale, 9 * scale, 0.1, 0.01, 0.2, PLAIN)
        views.append(seen(task_of(one), watch))
    np.testing.assert_allclose(*views, atol=1e-9)
    assert views[0].shape == (SEEN,)


@pytest.mark.parametrize("rules", [{}, {"time_windows": True, "depots": 2}, {"pairs": True, "prizes": 1.0}])
def test_parameters_hold_the_task(rules):
    """Row by row, beside a larger instance, as it was."""
    instance = VRP(customers=24, fewest=12, **rules).instances("validation", 3)
    params = numbers(instance)
    for row in range(3):
        for name, value in task_of(instance, row)._asdict().items():
            np.testing.assert_array_equal(getattr(task_at(params, row), name), value, err_msg=name)


@pytest.mark.parametrize("rules", [{}, {"time_windows": True}, {"pairs": True, "prizes": 1.0, "open": True}])
def test_returns_are_what_solutions_save(rules):
    problem = VRP(customers=24, fewest=12, **rules)
    instance, env = problem.instances("validation", 3), Improve(problem=problem, effort=50.0, blocks=3)
    params = env.prepare(instance)
    state, total, rng = env.reset(params), np.zeros(3), np.random.default_rng(0)
    for _ in range(3):
        moved = env.step(params, state, rng.uniform(-1, 1, (3, ACTIONS)))
        state, total = moved.state, total + moved.reward
    assert moved.terminated.all()
    score = problem.evaluate(instance, env.solution(instance, np.zeros(0), np.zeros(0), state))
    assert score.feasible.all()
    np.testing.assert_allclose(total, env.offset(instance) - score.objective)


def test_one_plain_block_is_sisr():
    problem = CVRP(customers=20)
    instance, env = problem.instances("validation", 1), Improve(problem=problem, effort=40.0, blocks=1)
    params = env.prepare(instance)
    after = env.step(params, env.reset(params), PLAIN[None]).state
    task = task_of(instance)
    state = begun(task, savings(task), int(params.seed[0]))
    scale = mean_distance(task)
    assert after.cost[0] == anneal(state, knobs_of(task), 800, env.hot * scale, env.cold * scale)


def test_against_plain_is_nothing_for_plain_itself():
    problem = CVRP(customers=20)
    instance, env = (
        problem.instances("validation", 2),
        Improve(problem=problem, effort=40.0, blocks=3, reward="against"),
    )
    params = env.prepare(instance)
    state = env.reset(params)
    for _ in range(3):
        moved = env.step(params, state, np.zeros((2, ACTIONS)))
        np.testing.assert_allclose(moved.reward, 0.0, atol=1e-12)
        state = moved.state


def test_efforts_differ_between_instances():
    problem = CVRP(customers=10)
    effort = numbers(problem.instances("validation", 20), (10.0, 100.0)).effort
    assert 10.0 <= effort.min() < 20.0 < 60.0 < effort.max() <= 100.0


def test_a_fleet_too_small_to_begin_with_is_refused():
    problem = VRP(customers=4, fleet=1)
    instance = problem.instances("validation", 1)
    crowded = type(instance).made({
        **instance.arrays(), "demand": np.array([[0, 6, 6, 6, 2]]), "capacity": np.array([10]), "fleet": np.array([2])
    })  # fmt: skip
    with pytest.raises(CapabilityError):
        numbers(crowded)


class Remembers(Policy):
    """Plain decisions, and what was seen."""

    def __init__(self) -> None:
        self.observations: list[np.ndarray] = []

    def act(self, observation, mask, memory=None):
        self.observations.append(observation["search"][0])
        return PLAIN[None], memory


@pytest.mark.parametrize("policy", [None, RandomPolicy(), Remembers()])
def test_the_steered_solver_answers_better_and_better(policy):
    problem = CVRP(customers=30)
    instance = problem.instances("validation", 1)
    costs: list[float] = []
    search = Search(Budget(cpu=0.2))
    search.report = lambda routes, seconds: costs.append(float(problem.evaluate(instance, routes).objective[0]))
    last = problem.evaluate(instance, Steered(policy=policy, blocks=4).solve(problem, instance, search))
    assert last.feasible.all()
    assert costs == sorted(costs, reverse=True)
    assert last.objective[0] == pytest.approx(costs[-1])
    if isinstance(policy, Remembers):
        share = np.array(policy.observations)[:, 0]
        np.testing.assert_allclose(share, [0.0, 0.25, 0.5, 0.75])
        assert np.isfinite(policy.observations).all()
