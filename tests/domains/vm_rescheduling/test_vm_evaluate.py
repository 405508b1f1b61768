"""The scorer: a small cluster worked out by hand, and every way in which a plan can be wrong."""

from __future__ import annotations

import numpy as np
import pytest

from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.rescheduling.problem import Rescheduling
from headway.errors import ConfigError, InstanceError, SolutionError


def test_fragments_by_hand(cluster):
    """Free 7+44, 30+30, 31+44, 44+0: 9 slots of 16 in 230 free cores; the VM of 13 cores to node b1 makes it 10."""
    problem, snapshot = Rescheduling(), cluster()
    still = problem.evaluate(snapshot, Plan.of([]))
    assert still.objective[0] == pytest.approx(1 - 16 * (0 + 2 + 1 + 1 + 1 + 2 + 2) / 230)
    moved = problem.evaluate(snapshot, Plan.of([(3, 0, 0)]))
    assert moved.violations["cpu"][0] == 6
    better = problem.evaluate(snapshot, Plan.of([(3, 1, 1), (1, 2, 0)]))
    # 12+44, 30+17, 39+44, 44+0
    assert better.feasible[0]
    assert better.objective[0] == pytest.approx(1 - 16 * (0 + 2 + 1 + 1 + 2 + 2 + 2) / 230)
    assert better.metrics["migrations"][0] == 2
    assert better.metrics["initial"][0] == still.objective[0]
    assert better.metrics["moved"][0] == 18
    np.testing.assert_allclose(better.series["fragments"][0, [0, -1]], [still.objective[0], better.objective[0]])


def test_slots_over_both_nodes_and_of_memory(cluster):
    """cpu64x2: the lesser node of each machine counts in 32s; memory64 in 64 GB."""
    snapshot = cluster()
    twice = Rescheduling(fragments={"cpu64x2": 1.0}).evaluate(snapshot, Plan.of([]))
    assert twice.objective[0] == 1.0
    emptied = Rescheduling(fragments={"cpu64x2": 2.0}).evaluate(snapshot, Plan.of([(3, 1, 0)]))
    assert emptied.objective[0] == pytest.approx(1 - 64 / 230)
    memory = Rescheduling(fragments={"memory64": 1.0}).evaluate(snapshot, Plan.of([]))
    free = [63, 100, 86, 86, 87, 100, 100, 56]
    assert memory.objective[0] == pytest.approx(1 - 64 * sum(gb // 64 for gb in free) / sum(free))
    mixed = Rescheduling(fragments={"memory64": 1.0, "cpu64x2": 3.0}).evaluate(snapshot, Plan.of([]))
    assert mixed.objective[0] == pytest.approx((memory.objective[0] + 3 * twice.objective[0]) / 4)


def test_machines_in_use(cluster):
    """Emptying machine c leaves three; an inactive machine does not count."""
    problem = Rescheduling(objective="machines")
    assert problem.evaluate(cluster(), Plan.of([])).objective[0] == 4
    assert problem.evaluate(cluster(), Plan.of([(3, 1, 1)])).objective[0] == 3
    idle = cluster(active=np.array([[True, True, True, False]]))
    assert problem.evaluate(idle, Plan.of([])).objective[0] == 3


def test_fewest_migrations_to_a_goal(cluster):
    """A plan that reaches the goal costs its migrations; one that misses it more than any that does."""
    snapshot = cluster()
    start = 1 - 16 * 9 / 230
    assert Rescheduling(objective="moves", goal=0.5).evaluate(snapshot, Plan.of([])).objective[0] == 0
    problem = Rescheduling(objective="moves", goal=0.31)
    assert problem.evaluate(snapshot, Plan.of([(3, 1, 1), (1, 2, 0)])).objective[0] == 2
    assert problem.evaluate(snapshot, Plan.of([])).objective[0] == pytest.approx(3 + start - 0.31)


GROUPED = {"group": np.array([[0, -1, -1, 0, -1, -1]])}
WRONG = {
    "unknown": [({}, [(9, 0, 0)]), ({}, [(5, 0, 1)]), ({}, [(0, 4, 0)]), ({}, [(0, 3, 2)]), ({}, [(2, 3, 1)]),
                ({"active": np.array([[True, True, False, True]])}, [(0, 2, 1)])],
    "pinned": [({"pinned": np.array([[True, False, False, False, False, True]])}, [(0, 2, 1)])],
    "idle": [({}, [(3, 2, 0)])],
    "cpu": [({}, [(3, 0, 0)]), ({}, [(2, 3, 0)])],
    "memory": [({"memory": np.array([[[100] * 2, [100] * 2, [100] * 2, [20, 100]]]) * 1024}, [(0, 3, 0)])],
    "affinity": [(GROUPED, [(0, 2, 1)]), (GROUPED | {"spread": np.array(["rack"])}, [(0, 3, 0)])],
    "excess": [({}, [(3, 1, 0), (3, 0, 1), (3, 2, 0)])],
}  # fmt: skip


@pytest.mark.parametrize(("kind", "changes", "moves"), [(k, *case) for k, cases in WRONG.items() for case in cases])
def test_a_wrong_plan_is_infeasible(cluster, kind, changes, moves):
    """Each rule by itself: the violation of its name, and no other."""
    evaluation = Rescheduling().evaluate(cluster(**changes), Plan.of(moves))
    broken = {name for name, amount in evaluation.violations.items() if amount[0]}
    assert broken == {kind}
    assert not evaluation.feasible[0]


def test_each_migration_must_be_feasible_when_it_is_made(cluster):
    """Two VMs of 32 and 28 + 28 cores cannot swap in one go, though the outcome would be sound."""
    snapshot = cluster(limit=np.array([3]))
    swapped = [(0, 2, 0), (3, 0, 0)]  # 31 free where 32 arrive, before 13 have left
    assert Rescheduling().evaluate(snapshot, Plan.of(swapped)).violations["cpu"][0] == 1
    assert Rescheduling().evaluate(snapshot, Plan.of([(3, 1, 0), (0, 2, 0), (3, 0, 0)])).feasible[0]


def test_a_cut_plan_is_refused(cluster):
    """What says more migrations than it holds is no plan."""
    plan = Plan.of([(3, 1, 1), (1, 2, 0)])
    with pytest.raises(SolutionError, match="not whole"):
        Rescheduling().evaluate(cluster(), Plan.made(plan.arrays() | {"vm": plan.vm[:, :1]}))
    with pytest.raises(SolutionError):
        Plan(np.array([2]), *(np.zeros((1, 1), int) for _ in range(3)))


@pytest.mark.parametrize(
    ("field", "value"),
    [("host", 7), ("host", -1), ("vm_cpu", 100), ("vm_memory", 10**6), ("vm_nodes", 3), ("node", 2), ("vm_cpu", -1)],
)
def test_malformed_snapshots_are_refused(cluster, field, value):
    """With the field and the place."""
    array = getattr(cluster(), field).copy()
    array[0, 0] = value
    with pytest.raises(InstanceError, match=rf"Snapshot\.({field}|cpu|memory|node)"):
        cluster(**{field: array})


def test_groups_that_are_broken_from_the_start_are_refused(cluster):
    """Two VMs of one group on one machine."""
    with pytest.raises(InstanceError, match=r"Snapshot\.group"):
        cluster(group=np.array([[0, 0, -1, -1, -1, -1]]))


@pytest.mark.parametrize("name", ["cpu", "disk16", "cpu0", "cpu15x2", "cpu16x3"])
def test_unknown_kinds_of_fragments_are_refused(name):
    """With what is expected."""
    with pytest.raises(ConfigError, match="cpu64x2"):
        _ = Rescheduling(fragments={name: 1.0}).terms
