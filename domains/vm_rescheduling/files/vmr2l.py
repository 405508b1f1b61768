"""Mappings in the JSON form of VMR2L (Ding et al. 2025, github.com/zhykoties/VMR2L_eurosys).

``cluster_list`` holds clusters. Of each are read: ``cluster_name``; ``host_info`` (``node_id``, ``status``,
``rack_id``, ``numa`` with ``node``, ``total_cpu``, ``free_cpu``, ``memory_huge_total_mb``); ``vm_instance``
(``instance_id``, ``instance_type``, ``host_id``, ``numa`` with ``node``, ``cpu``, ``mem_mb``, ``allow_migration``);
``other_requirement.deployment_set`` (``granularity`` host or rack, ``data``: the ids of VMs that must be apart).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from headway.domains.vm_rescheduling.cluster.instance import NODES, Snapshot
from headway.domains.vm_rescheduling.files.json_rows import read_json
from headway.domains.vm_rescheduling.files.json_tree import Tree
from headway.domains.vm_rescheduling.workload.assemble import limit_of
from headway.errors import InstanceError

SPREAD = {"host": "machine", "rack": "rack"}


def read_vmr2l(path: Path, *, limit: float = 0.025) -> Snapshot:
    """A batch of the clusters in the file.

    What a host's free cores leave unexplained by its VMs is taken by nobody who could move, and is left out of the
    host's cores. Its free memory is not read: the released tools write that of the first node for both.

    Raises
    ------
    InstanceError
        With file and place in it: a field is missing or of another kind, an id is there twice, a VM is on no host, a
        node holds more than it has, a VM is in two deployment sets, or the sets differ in their granularity.
    """
    root = Tree(Path(path), (), read_json(Path(path)))
    try:
        return Snapshot.concat([_cluster(cluster, limit) for cluster in root.items("cluster_list")])
    except InstanceError as error:
        if str(path) in str(error.where):
            raise
        where = f"{path}, {error.where}"
        raise InstanceError(error.what, where=where, got=error.got, expected=error.expected) from error


def _cluster(cluster: Tree, limit: float) -> Snapshot:
    hosts, vms = cluster.items("host_info"), cluster.items("vm_instance")
    host = _numbers(hosts, "node_id")
    at = np.array([vm.lookup("host_id", host) for vm in vms], np.int64)
    vm_number = _numbers(vms, "instance_id")
    need = [_need(vm) for vm in vms]
    size, node = (
        np.array([row[:3] for row in need], np.int64).reshape(-1, 3),
        np.array([row[3] for row in need], np.int64),
    )
    cpu, memory = _room(hosts, at, size, node)
    racks = {rack: i for i, rack in enumerate(dict.fromkeys(str(item.get("rack_id", (int, str), 0)) for item in hosts))}
    group, spread = _groups(cluster, vm_number)
    return Snapshot(
        name=np.array([str(cluster.get("cluster_name", (str, int), cluster.path.stem))]),
        limit=np.array([limit_of(limit, len(vms))]),
        spread=np.array([spread]),
        machine=np.array([list(host)], np.str_),
        rack=np.array([[racks[str(item.get("rack_id", (int, str), 0))] for item in hosts]]),
        active=np.array([[item.get("status", str) == "ACTIVE" for item in hosts]]),
        cpu=cpu[None],
        memory=memory[None],
        vm=np.array([list(vm_number)], np.str_),
        flavor=np.array([[vm.get("instance_type", str) for vm in vms]], np.str_),
        vm_cpu=size[None, :, 0],
        vm_memory=size[None, :, 1],
        vm_nodes=size[None, :, 2],
        host=at[None],
        node=node[None],
        group=group[None],
        pinned=np.array([[not vm.get("allow_migration", bool, True) for vm in vms]], np.bool_),
    )


def _numbers(items: list[Tree], field: str) -> dict[str, int]:
    """Id -> its position; ids are kept as text."""
    numbers: dict[str, int] = {}
    for i, item in enumerate(items):
        if numbers.setdefault(str(item.get(field, (int, str))), i) != i:
            raise item.error(field, "an id of its own")
    return numbers


def _need(vm: Tree) -> tuple[int, int, int, int]:
    """Cores, MB, nodes and the node of a VM."""
    parts = vm.items("numa")
    where = [part.whole("node", most=NODES - 1) for part in parts]
    sizes = {(part.whole("cpu", least=1), part.whole("mem_mb")) for part in parts}
    if len(sizes) != 1 or len(set(where)) != len(parts):
        raise vm.error("numa", "one node, or both with equal parts")
    ((cores, memory),) = sizes
    return cores * len(parts), memory * len(parts), len(parts), where[0] if len(parts) == 1 else 0


def _room(
    hosts: list[Tree], at: np.ndarray[Any, Any], size: np.ndarray[Any, Any], node: np.ndarray[Any, Any]
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Cores and MB of each node of the hosts, int64 [P, 2]."""
    cpu, memory = np.zeros((len(hosts), NODES), np.int64), np.zeros((len(hosts), NODES), np.int64)
    taken = np.zeros((len(hosts), NODES, 2), np.int64)
    for (cores, megabytes, nodes), p, n in zip(size.tolist(), at.tolist(), node.tolist(), strict=True):
        taken[p, [n] if nodes == 1 else [0, 1]] += (cores // nodes, megabytes // nodes)
    for p, host in enumerate(hosts):
        for part in host.items("numa", length=NODES):
            n = part.whole("node", most=NODES - 1)
            cpu[p, n] = taken[p, n, 0] + part.whole("free_cpu")
            memory[p, n] = part.whole("memory_huge_total_mb")
            if cpu[p, n] > part.whole("total_cpu"):
                raise part.error(
                    "free_cpu", f"at most {part.whole('total_cpu') - taken[p, n, 0]}, its VMs have the rest"
                )
            if taken[p, n, 1] > memory[p, n]:
                raise part.error("memory_huge_total_mb", f"at least {taken[p, n, 1]}, which its VMs have")
    return cpu, memory


def _groups(cluster: Tree, vms: dict[str, int]) -> tuple[np.ndarray[Any, Any], str]:
    """Anti-affinity group of each VM, int64 [V], and what the members of a group must not share."""
    group, spread = np.full(len(vms), -1), "machine"
    requirements = cluster.child("other_requirement")
    sets = requirements.items("deployment_set") if requirements and requirements.child("deployment_set") else []
    for number, one in enumerate(sets):
        kind = one.get("granularity", str)
        if kind not in SPREAD or (number and SPREAD[kind] != spread):
            raise one.error("granularity", "host or rack, the same for all sets")
        spread = SPREAD[kind]
        for name in one.get("data", list):
            if str(name) not in vms or group[vms[str(name)]] >= 0:
                raise one.error("data", f"ids of VMs that are in no other set, not {name!r}")
            group[vms[str(name)]] = number
    return group, spread
