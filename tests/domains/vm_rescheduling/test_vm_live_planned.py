"""Planners of frozen snapshots in the living cluster: what they see, and when their plans are ready."""

from __future__ import annotations

import numpy as np
import pytest

from headway.domains.vm_rescheduling.live.problem import ReschedulingLive
from headway.solver import Budget, Search, Solver

PROBLEM = ReschedulingLive(machines=6)


def solved(contestant, instance, cpu=0.2):
    """The last answer and all incumbents, by a clock that only looking at it moves: 10 ms."""
    looks, found = iter(np.arange(0.0, 1e6, 0.01)), []
    search = Search(Budget(cpu=cpu), report=lambda plan, spent: found.append((plan, spent)), clock=looks.__next__)
    return contestant.solve(PROBLEM, instance, search), found


@pytest.mark.parametrize("name", list(ReschedulingLive.baselines))
def test_another_future_changes_no_plan(name):
    instance = PROBLEM.instances("validation", 1)
    other = PROBLEM.perturb(instance, 0, np.random.default_rng(3))
    assert PROBLEM.evaluate(instance, solved(PROBLEM.baseline(name), instance)[0]).feasible.all()
    plans = [solved(PROBLEM.baseline(name), x)[0].plan.digest() for x in (instance, other)]
    assert plans[0] == plans[1]


def test_the_plan_is_that_of_the_snapshot_stamped_when_it_is_complete():
    instance = PROBLEM.instances("validation", 1)
    expected = PROBLEM.frozen.baseline("greedy").solve(PROBLEM.frozen, instance.snapshot, Search())
    plan, _ = solved(PROBLEM.baseline("planned", inner="greedy"), instance)
    assert plan.plan.digest() == expected.digest()
    ready = plan.ready[0, : plan.length[0]]
    assert (ready == ready[0]).all()
    assert 0 < ready[0] < 0.1
    later, _ = solved(PROBLEM.baseline("planned", inner="greedy", wait=60.0), instance)
    assert later.ready[0, 0] == pytest.approx(ready[0] + 60.0)


def test_incumbents_are_stamped_when_they_are_found():
    instance = PROBLEM.instances("validation", 1)
    last, found = solved(PROBLEM.baseline("planned", inner="randomised_greedy", seconds=0.4), instance, cpu=1.0)
    stamps = [plan.ready[0, 0] for plan, _ in found if plan.length[0]]
    assert stamps == sorted(stamps)
    assert all(plan.ready[0, 0] <= spent for plan, spent in found if plan.length[0])
    assert 0.4 <= last.ready[0, 0] < 0.6  # it thinks as long as it may, and no longer


def test_all_contestants_are_solvers():
    assert all(isinstance(PROBLEM.baseline(name), Solver) for name in PROBLEM.baselines)
