"""Counts of a cluster, and plans from migrations of kinds."""

from __future__ import annotations

import numpy as np
import pytest

from headway.domains.vm_rescheduling.cluster.counts import Counts
from headway.domains.vm_rescheduling.workload.generator import snapshots


@pytest.fixture(scope="module")
def snapshot():
    return snapshots(np.random.default_rng(1), 1, machines=8, affinity=0.3, pinned=0.2).padded(vms=200)


@pytest.mark.parametrize("groups", [False, True])
def test_each_movable_vm_is_counted_once_where_it_is(snapshot, groups):
    counts = Counts.of(snapshot, groups=groups)
    movable = np.flatnonzero(snapshot.movable[0])
    assert counts.count.sum() == len(movable)
    for vm in movable:
        kind = counts.kind[vm]
        nodes = snapshot.vm_nodes[0, vm]
        assert counts.count[2 * snapshot.host[0, vm] + snapshot.node[0, vm], kind] > 0
        assert (counts.nodes[kind], counts.share_cpu[kind] * nodes) == (nodes, snapshot.vm_cpu[0, vm])
        assert counts.share_memory[kind] * nodes == snapshot.vm_memory[0, vm]
        grouped = groups and snapshot.group[0, vm] >= 0
        assert (counts.group[kind] >= 0) == grouped


def test_kinds_are_in_lexical_order_and_distinct(snapshot):
    counts = Counts.of(snapshot, groups=True)
    rows = list(zip(counts.share_cpu * counts.nodes, counts.share_memory * counts.nodes, counts.nodes, counts.group,
                    strict=True))  # fmt: skip
    assert rows == sorted(set(rows))


def test_free_is_what_vms_leave(snapshot):
    counts = Counts.of(snapshot)
    assert counts.free[0] == snapshot.cpu[snapshot.active].sum() - snapshot.vm_cpu.sum()
    assert counts.free[1] == snapshot.memory[snapshot.active].sum() - snapshot.vm_memory.sum()


def test_groups_are_counted_with_their_pinned_members(snapshot):
    counts = Counts.of(snapshot)
    grouped = snapshot.real[0] & (snapshot.group[0] >= 0)
    assert counts.hosted.sum() == grouped.sum() > 0
    assert counts.hosted.max() == 1  # no two in one zone
    assert (grouped & snapshot.pinned[0]).any()


def test_a_vm_that_moved_moves_again_only_when_it_must(snapshot):
    counts = Counts.of(snapshot)
    node, kind = np.argwhere((counts.count >= 2) & (counts.nodes == 1))[0]
    there, beyond = (node + 2) % len(counts.cpu), (node + 4) % len(counts.cpu)
    moves = counts.plan(np.array([(node, kind, there), (there, kind, beyond)])).moves()
    stayed = counts.count[there, kind] > 0
    assert (moves[0].vm != moves[1].vm) == stayed
    assert (moves[0].machine, moves[0].node) == (there // 2, there % 2)
    assert counts.change(np.array([(node, kind, there), (there, kind, beyond)])).sum() == 0
