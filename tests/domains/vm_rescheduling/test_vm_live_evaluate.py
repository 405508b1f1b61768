"""The scorer of the living cluster, worked out by hand: free cores are 7+44, 30+30, 31+44 and 44+0; 9 slots of 16."""

from __future__ import annotations

import numpy as np
import pytest

from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.live.instance import LiveSnapshot
from headway.domains.vm_rescheduling.live.plan import LivePlan
from headway.domains.vm_rescheduling.live.problem import ReschedulingLive
from headway.errors import SolutionError

FREE = 230
INITIAL = 1 - 9 * 16 / FREE
MOVE = (3, 1, 0)  # 13 cores from c0 to b0: one slot more
NEVER = np.inf


def live(snapshot, arrivals=(), leaves=()):
    """The cluster with arrivals (second, until, spot, cores, nodes) of 1 GB per core, and departures (VM, second)."""
    second, until, spot, cores, nodes = np.array([*arrivals, (NEVER, NEVER, -1, 0, 0)]).T[:, None]
    ends = np.full(snapshot.host.shape, NEVER)
    for vm, end in leaves:
        ends[0, vm] = end
    cores = cores.astype(int)
    return LiveSnapshot.of(
        snapshot, leaves=ends, time=second, until=until, spot=spot, arrival_cpu=cores, arrival_memory=1024 * cores,
        arrival_nodes=nodes.astype(int),
    )  # fmt: skip


def score(instance, moves=(), ready=(), **options):
    plan = LivePlan.stamped(Plan.of(list(moves)), list(ready))
    return ReschedulingLive(machines=4, **options).evaluate(instance, plan)


def metric(evaluation, name):
    return float(evaluation.metrics[name][0])


def test_without_events_a_plan_is_worth_the_same_at_any_time(cluster):
    for ready in (0.0, 3.0, 10_000.0):
        evaluation = score(live(cluster()), [MOVE], [ready])
        assert evaluation.objective[0] == pytest.approx(1 - 10 * 16 / FREE, abs=1e-12)
        assert metric(evaluation, "ready") == ready
        assert metric(evaluation, "late") == 0


def test_a_vm_that_has_departed_is_not_migrated(cluster):
    instance = live(cluster(), leaves=[(3, 3.0)])
    for ready, late in ((2.9, 0), (3.0, 1), (4.0, 1)):
        evaluation = score(instance, [MOVE], [ready])
        assert metric(evaluation, "late") == late
        assert evaluation.feasible[0]
        expected = INITIAL if late else 1 - 10 * 16 / FREE
        assert evaluation.objective[0] == pytest.approx(expected, abs=1e-12)


def test_room_that_an_arrival_has_taken_is_gone(cluster):
    # Of the nodes with 20 cores, a1 b0 b1 c0 c1 d0, the one at 0.2 is b0.
    instance = live(cluster(), [(5.0, NEVER, 0.2, 20, 1)])
    late = score(instance, [MOVE], [6.0])
    assert metric(late, "late") == 1
    assert late.objective[0] == pytest.approx(INITIAL, abs=1e-12)
    # b0 has 10 cores left: a slot less, and 20 free cores less.
    assert metric(late, "without") == pytest.approx(1 - 8 * 16 / (FREE - 20), abs=1e-12)
    assert metric(score(instance, [MOVE], [4.0]), "late") == 0


def test_the_cluster_is_looked_at_right_after_the_last_migration(cluster):
    instance = live(cluster(), [(5.0, 9.0, 0.2, 20, 1)], [(3, 7.0)])
    early, later = (score(instance, [(0, 2, 1), MOVE], [1.0, ready]) for ready in (2.0, 8.0))
    # 32 cores from a0 to c1 and MOVE: 39+44, 17+30, 44+12, 44+0.
    assert metric(early, "rate") == pytest.approx(1 - (2 + 2 + 1 + 1 + 2 + 0 + 2) * 16 / FREE, abs=1e-12)
    # Of a0 a1 b0 b1 c0 d0 the arrival got a1, and VM 3 has gone: 39+24, 30+30, 44+12, 44+0.
    assert metric(later, "late") == 1
    assert metric(later, "rate") == pytest.approx(1 - (2 + 1 + 1 + 1 + 2 + 0 + 2) * 16 / (FREE - 20 + 13), abs=1e-12)


def test_best_fit_takes_the_fullest_machine_then_node_then_number(cluster):
    fullest = live(cluster(), [(1.0, NEVER, -1.0, 20, 1)])  # d has 44 cores free, a 51
    assert metric(score(fullest), "end") == pytest.approx(1 - 8 * 16 / (FREE - 20), abs=1e-12)
    node = live(cluster(active=np.array([[False, False, True, False]])), [(1.0, NEVER, -1.0, 31, 1)])
    assert metric(score(node), "end") == pytest.approx(1 - 2 * 16 / 44, abs=1e-12)  # c0, not c1
    number = live(cluster(active=np.array([[False, True, False, False]])), [(1.0, NEVER, -1.0, 30, 1)])
    evaluation = score(number, [(2, 1, 0)], [2.0])
    assert evaluation.violations["idle"][0] == 1


def test_first_fit_is_spot_zero(cluster):
    instance = live(cluster(), [(1.0, NEVER, 0.0, 30, 1)])  # a1 is the first with 30 cores
    assert metric(score(instance), "end") == pytest.approx(1 - 7 * 16 / (FREE - 30), abs=1e-12)


@pytest.mark.parametrize(("gone", "refused"), [(4.0, 0), (5.0, 0), (5.001, 1), (NEVER, 1)])
def test_departures_come_before_arrivals(cluster, gone, refused):
    # Only d is open, and its second node full until VM 4 departs: 64 cores need 32 on both.
    instance = live(cluster(active=np.array([[False, False, False, True]])), [(5.0, NEVER, -1.0, 64, 2)], [(4, gone)])
    assert metric(score(instance), "refused") == refused
    assert metric(score(instance), "refused_without") == refused


def test_a_group_keeps_apart_in_the_living_cluster(cluster):
    # VM 1 (5 cores) is to leave a for d0 before VM 3 of its group comes to a1. An arrival of 44 cores gets d0 while all
    # of that is free, else c1.
    instance = live(cluster(group=np.array([[-1, 0, -1, 0, -1, -1]])), [(1.0, NEVER, 0.9, 44, 1)])
    plan = [(1, 3, 0), (3, 0, 1)]
    assert metric(score(instance, plan, [0.5, 2.0]), "late") == 0
    crossed = score(instance, plan, [1.5, 2.0])
    assert metric(crossed, "late") == 2
    assert crossed.feasible[0]


def test_waiting_is_not_rewarded(cluster):
    # VM 0 departs, and the rate falls by itself; a migration that gains nothing is worth nothing.
    instance = live(cluster(), leaves=[(0, 1.0)])
    evaluation = score(instance, [(1, 2, 1)], [50.0])
    assert metric(evaluation, "without") < INITIAL
    assert metric(evaluation, "rate") == pytest.approx(metric(evaluation, "without"))
    assert evaluation.objective[0] == pytest.approx(INITIAL)
    assert score(instance).objective[0] == INITIAL


@pytest.mark.parametrize(
    ("moves", "broken"),
    [([(9, 0, 0)], "unknown"), ([(4, 3, 1)], "idle"), ([(3, 0, 0)], "cpu"), ([MOVE, (3, 2, 0), MOVE], "excess")],
)
def test_a_plan_that_was_wrong_from_the_start_is_infeasible(cluster, moves, broken):
    evaluation = score(live(cluster()), moves, [1.0] * len(moves))
    assert evaluation.violations[broken][0] > 0
    assert not evaluation.feasible[0]


def test_series_tell_the_rate_every_ten_seconds(cluster):
    instance = live(cluster(), [(15.0, 35.0, 0.2, 20, 1)])
    series = score(instance, [MOVE], [10.0], horizon=40.0).series
    arrived = 1 - 8 * 16 / (FREE - 20)
    np.testing.assert_allclose(series["without"][0], [INITIAL, INITIAL, arrived, arrived, INITIAL])
    assert series["fragments"][0, 0] == INITIAL
    assert series["fragments"][0, 1] == pytest.approx(1 - 10 * 16 / FREE)


@pytest.mark.parametrize("ready", [[2.0, 1.0], [-1.0, 0.0], [0.0, np.nan], [0.0, np.inf]])
def test_seconds_out_of_order_are_refused(ready):
    with pytest.raises(SolutionError, match=r"LivePlan\.ready"):
        LivePlan.stamped(Plan.of([MOVE, (0, 2, 1)]), ready)


def test_ready_times_of_another_shape_are_refused():
    plan = Plan.of([MOVE])
    with pytest.raises(SolutionError, match=r"LivePlan\.ready"):
        LivePlan(plan.length, plan.vm, plan.machine, plan.node, np.zeros((1, 2)))
