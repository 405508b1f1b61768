"""Ordering: from what should be where in the end to migrations that can be made one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies

from headway.domains.vm_rescheduling.cluster.counts import Counts
from headway.domains.vm_rescheduling.cluster.instance import Snapshot
from headway.domains.vm_rescheduling.cluster.ordering import order, reach
from headway.domains.vm_rescheduling.cluster.state import carry, clashes, room, state_of
from headway.domains.vm_rescheduling.rescheduling.problem import Rescheduling
from headway.domains.vm_rescheduling.workload.generator import snapshots


def cluster(machines, limit=10, group=None, **of):
    """Machines of two nodes with 8 cores; ``machines`` lists, for each node, the cores of its VMs."""
    places = [(m, n, cores) for m, nodes in enumerate(machines) for n, vms in enumerate(nodes) for cores in vms]
    host, node, cores = np.array(places).T[:, None]
    p, v = len(machines), len(places)
    fields = {
        "name": np.array(["hand"]), "limit": np.array([limit]), "spread": np.array(["machine"]),
        "machine": np.array([[f"m{i}" for i in range(p)]]), "rack": np.zeros((1, p), np.int64),
        "active": np.ones((1, p), bool), "cpu": np.full((1, p, 2), 8), "memory": np.full((1, p, 2), 64),
        "vm": np.arange(v).astype(str)[None], "flavor": np.array([["f"] * v]), "vm_cpu": cores, "vm_memory": cores,
        "vm_nodes": np.ones((1, v), np.int64), "host": host, "node": node,
        "group": np.full((1, v), -1) if group is None else np.array([group]), "pinned": np.zeros((1, v), bool),
    }  # fmt: skip
    return Snapshot(**(fields | of))


def wrong(snapshot, plan):
    """What the scorer finds wrong with a plan."""
    violations = Rescheduling().evaluate(snapshot, plan).violations
    return {name: value[0] for name, value in violations.items() if value[0]}


def wander(counts, rng, moves):
    """The node of each VM [V] after random feasible migrations, by the kernels."""
    state, place = state_of(counts), counts.place.copy()
    vms = np.flatnonzero(counts.kind >= 0)
    for _ in range(moves):
        vm = rng.choice(vms)
        kind, source = counts.kind[vm], place[vm]
        free = [n for n in range(len(counts.cpu)) if n != source and room(state, kind, n)]
        free = [n for n in free if not clashes(state, source, kind, n)]
        if free:
            place[vm] = rng.choice(free)
            carry(state, source, kind, place[vm])
    return place


@given(strategies.integers(0, 10_000), strategies.integers(1, 40), strategies.sampled_from(("machine", "rack")))
def test_what_can_be_reached_is_reached_step_by_step(seed, moves, spread):
    rng = np.random.default_rng(seed)
    snapshot = snapshots(rng, 1, machines=6, utilisation=0.85, affinity=0.4, pinned=0.1, limit=200, spread=spread,
                         per_rack=2)  # fmt: skip
    counts = Counts.of(snapshot, groups=True)
    target = wander(counts, rng, moves)
    plan = reach(snapshot, target)
    if plan is None:  # the walk is a heuristic; the tests below and the benchmark hold how rarely it gives up
        assert moves > 20
        return
    assert wrong(snapshot, plan) == {}
    after = counts.place.copy()
    for vm, machine, node in plan.moves():
        after[vm] = 2 * machine + node
    for kind in np.unique(counts.kind[counts.kind >= 0]):  # up to exchanges of VMs of one kind
        mine = counts.kind == kind
        assert sorted(after[mine]) == sorted(target[mine])


def test_no_more_migrations_than_must_be():
    """Two VMs of a size that swap places cancel; a chain needs one migration for each of its links."""
    snapshot = cluster([[[4, 2], [4]], [[2, 2], []]])
    at = 2 * snapshot.host[0] + snapshot.node[0]
    swapped = at.copy()
    swapped[[0, 2]] = swapped[[2, 0]]
    assert reach(snapshot, swapped).moves() == []
    chain = at.copy()
    chain[1], chain[2] = 1, 3  # the 2 to where the 4 makes room
    assert len(reach(snapshot, chain).moves()) == 2


def test_a_cycle_is_broken_by_one_temporary_move():
    """A 6 and a 5 change places, each in the other's way; the third machine takes one of them for a while."""
    snapshot = cluster([[[6], [8]], [[5], [8]], [[], [8]]], limit=3)
    target = 2 * snapshot.host[0] + snapshot.node[0]
    target[0], target[2] = 2, 0
    plan = reach(snapshot, target)
    assert len(plan.moves()) == 3
    assert wrong(snapshot, plan) == {}


@pytest.mark.parametrize(("limit", "machines"), [(2, 3), (3, 2)])
def test_it_says_so_where_there_is_no_order(limit, machines):
    """A migration too few, or no third machine."""
    snapshot = cluster([[[6], [8]], [[5], [8]], [[], [8]]][:machines], limit=limit)
    target = 2 * snapshot.host[0] + snapshot.node[0]
    target[0], target[2] = 2, 0
    assert reach(snapshot, target) is None
    counts = Counts.of(snapshot, groups=True)
    change = counts.change(np.array([(0, counts.kind[0], 2), (2, counts.kind[2], 0)]))
    assert order(counts, change, limit).left > 0


def test_groups_wait_for_each_other():
    """VM 0 may come to machine 1 only when its group's VM 1 has left."""
    snapshot = cluster([[[2], []], [[2], []], [[3], []]], group=[5, 5, -1])
    target = np.array([2, 4, 4])
    plan = reach(snapshot, target)
    assert wrong(snapshot, plan) == {}
    assert len(plan.moves()) == 1  # of one size and group: VM 0 to the third machine does as well
    snapshot = cluster([[[2], []], [[4], []], [[3], []]], group=[5, 5, -1])
    plan = reach(snapshot, target)
    assert [move.vm for move in plan.moves()] == [1, 0]
    assert wrong(snapshot, plan) == {}


def test_pinned_vms_stay():
    snapshot = cluster([[[2], []], [[], []]], pinned=np.array([[True]]))
    assert reach(snapshot, np.array([2])) is None
