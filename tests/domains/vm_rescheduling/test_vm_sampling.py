"""Sampling and the hybrid: never worse than what they start from, feasible, repeatable; their hand rules by hand."""

from __future__ import annotations

import numpy as np
import pytest

from headway import make_problem
from headway.contest.chance import RandomPolicy
from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.exact.optimise import optimise
from headway.domains.vm_rescheduling.learned.class_episodes import Played
from headway.domains.vm_rescheduling.learned.class_guide import Guide
from headway.domains.vm_rescheduling.learned.hybrid import Hybrid, fragment, touched
from headway.domains.vm_rescheduling.learned.sampling import Sampling
from headway.errors import CapabilityError
from headway.solver import Budget, Search


def solved(solver, problem, instance, cpu=100.0):
    """The plan's objective, and those of its incumbents, all feasible."""
    seen = []
    search = Search(Budget(cpu=cpu), report=lambda plan, seconds: seen.append(problem.evaluate(instance, plan)))
    verdict = problem.evaluate(instance, solver.solve(problem, instance, search))
    assert verdict.feasible.all()
    assert all(incumbent.feasible.all() for incumbent in seen)
    return float(verdict.objective[0]), [float(incumbent.objective[0]) for incumbent in seen]


SETTINGS = [{}, {"affinity": 0.5}, {"fragments": {"cpu16": 0.5, "cpu64x2": 0.5}}, {"objective": "moves", "goal": 0.3}]


@pytest.mark.parametrize("options", SETTINGS)
def test_more_samples_are_never_worse(options):
    """Incumbents improve; with the seed given, the same plans are drawn."""
    problem = make_problem("vm_rescheduling/rescheduling", machines=16, limit=0.06, **options)
    instance = problem.instances("validation", 1)
    scores = []
    for samples in (0, 32, 128):
        score, seen = solved(Sampling(policy=RandomPolicy(), samples=samples, by="fragment"), problem, instance)
        assert seen == sorted(seen, reverse=True)
        assert seen[-1] == score
        scores.append(score)
    assert scores == sorted(scores, reverse=True)
    assert solved(Sampling(policy=RandomPolicy(), samples=32, by="fragment"), problem, instance)[0] == scores[1]


@pytest.mark.parametrize("rank", ["policy", "fragment", "random"])
@pytest.mark.parametrize("options", SETTINGS)
def test_hybrid_improves_on_its_plans_and_ends_at_the_optimum(rank, options):
    """Grown to all machines it is the exact method; before that never worse than the plans that it starts from."""
    problem = make_problem("vm_rescheduling/rescheduling", machines=10, limit=0.06, **options)
    instance = problem.instances("validation", 1)
    once, seen = solved(Hybrid(policy=RandomPolicy(), rank=rank, grow=False), problem, instance)
    assert once <= seen[0]
    goal = {"objective": problem.objective, "goal": problem.goal}
    best = optimise(instance, problem.terms, seconds=100.0, **goal).objective
    assert best - 1e-9 <= once
    assert solved(Hybrid(policy=RandomPolicy(), rank=rank), problem, instance)[0] == pytest.approx(best, abs=1e-9)


def test_without_time_the_likeliest_plan_is_there():
    """A search that has no time left still answers."""
    problem = make_problem("vm_rescheduling/rescheduling", machines=10)
    instance = problem.instances("validation", 1)
    score, seen = solved(Sampling(policy=RandomPolicy(), by="fragment"), problem, instance, cpu=0.0)
    assert seen == [score]
    assert solved(Hybrid(policy=RandomPolicy(), rank="fragment"), problem, instance, cpu=0.0)[1][0] <= score


def test_random_is_not_greedy():
    """Plans of any VM to anywhere gain less than those of greed."""
    problem = make_problem("vm_rescheduling/rescheduling", machines=20, limit=0.05)
    instance = problem.instances("validation", 1)
    greedy, chance = (Guide(problem, instance, RandomPolicy(), by).drawn(64, 0, 0) for by in ("fragment", "random"))
    assert greedy.gained.mean() > 1.2 * chance.gained.mean()


def test_only_the_class_policy_guides():
    """Another policy is refused by name."""
    problem = make_problem("vm_rescheduling/rescheduling", machines=4)
    with pytest.raises(CapabilityError, match="class policy"):
        Guide(problem, problem.instances("validation", 1), object(), "policy")


def test_touched_by_hand():
    """Machines of migrations up to the best, once an episode; staying touches nothing."""
    moves = np.array(
        [[[[0, 0, 2, 5], [2, 0, 3, 5], [4, 0, 6, 7]], [[8, 0, 8, 1], [9, 0, 1, 2], [-1, -1, -1, -1]]]], np.int32
    )
    value = np.array([[[0.1, 0.2, 0.1], [0.0, 0.3, 0.3]]])
    assert touched(Played(moves, value, value), 5).tolist() == [2, 1, 0, 0, 1]


def test_fragments_by_hand():
    """What is beyond whole slots of 16, node by node."""
    problem = make_problem("vm_rescheduling/rescheduling", machines=3)
    instance = problem.instances("validation", 1)
    free = (instance.cpu - instance.used(instance.vm_cpu))[0]
    assert fragment(problem, instance) == pytest.approx([sum(int(n) % 16 for n in row) / 16 for row in free])


def test_a_plan_is_its_best_beginning():
    """Migrations after the best are left out, and those that stay are none."""
    moves = np.array([[[[0, 0, 2, 5], [2, 0, 2, 6], [4, 0, 6, 7]]]], np.int32)
    played = Played(moves, np.array([[[0.1, 0.2, 0.1]]]), np.zeros((1, 1, 3)))
    assert Plan.of(played.plan(0, 0, np.zeros(8, bool))).moves() == [(5, 1, 0)]
    assert Plan.of(Played(moves, -np.ones((1, 1, 3)), np.zeros((1, 1, 3))).plan(0, 0, np.zeros(8, bool))).moves() == []
