from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from headway.domains.vm_rescheduling.cluster.instance import Snapshot

# Machine, node, cores, nodes of each VM. Free cores are then 7+44, 30+31, 31+44 and 44+0 of 44 each.
VMS = [(0, 0, 32, 1), (0, 0, 5, 1), (1, 0, 28, 2), (2, 0, 13, 1), (3, 1, 44, 1), (1, 1, 0, 0)]


def cluster(**changes) -> Snapshot:
    """Four machines of 2 x 44 cores and five VMs (and one of padding), at most two migrations."""
    host, node, cpu, nodes = (np.array(column)[None] for column in zip(*VMS, strict=True))
    vms = host.shape[1]
    snapshot = Snapshot(
        name=np.array(["hand"]),
        limit=np.array([2]),
        spread=np.array(["machine"]),
        machine=np.array([["a", "b", "c", "d"]]),
        rack=np.array([[0, 0, 1, 1]]),
        active=np.ones((1, 4), bool),
        cpu=np.full((1, 4, 2), 44),
        memory=np.full((1, 4, 2), 100 * 1024),
        vm=np.arange(vms).astype(str)[None],
        flavor=np.full((1, vms), "any"),
        vm_cpu=cpu,
        vm_memory=cpu * 1024,
        vm_nodes=nodes,
        host=np.where(nodes > 0, host, -1),
        node=np.where(nodes > 0, node, 0),
        group=np.full((1, vms), -1),
        pinned=np.zeros((1, vms), bool),
    )
    return dataclasses.replace(snapshot, **changes)


@pytest.fixture(name="cluster")
def _cluster():
    """The function that makes the cluster worked out by hand, with some fields changed."""
    return cluster
