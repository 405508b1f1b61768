"""Mappings of VMR2L: what is read of them, and what is refused."""

import copy
import json

import pytest

from headway.domains.vm_rescheduling.files.vmr2l import read_vmr2l
from headway.errors import InstanceError


def numa(node, free, total=44):
    memory = {"memory_huge_total_mb": 184388, "memory_huge_free_mb": 7}
    return {"node": node, "total_cpu": total, "free_cpu": free, **memory}


def host(name, *free, status="ACTIVE", rack="r1"):
    parts = [numa(node, cores) for node, cores in enumerate(free)]
    return {"node_id": name, "status": status, "node_cpu": 88, "node_mem_mb": 368776, "numa": parts, "rack_id": rack}


def vm(name, kind, where, *parts, movable=True):
    entries = [{"node": node, "cpu": cpu, "mem_mb": memory} for node, cpu, memory in parts]
    return {"instance_id": name, "instance_type": kind, "host_id": where, "numa": entries, "allow_migration": movable}


MAPPING = {
    "cluster_list": [{
        "cluster_name": "az1",
        "host_info": [host("h1", 42, 44), host("h2", 28, 20, rack="r2"), host("h3", 44, 44, status="DISABLED")],
        "vm_instance": [
            vm("a", "ecs.c1.large", "h1", (0, 2, 4096)),
            vm("b", "ecs.c1.8xlarge", "h2", (0, 16, 32768), (1, 16, 32768)),
            vm("c", "ecs.c1.xlarge", "h2", (1, 4, 8192), movable=False),
        ],
        "other_requirement": {"deployment_set": [{"granularity": "rack", "data": ["a", "b"]}]},
    }],
    "vm_type_list": [], "general_requirement": {},
}  # fmt: skip


def changed(edit):
    mapping = copy.deepcopy(MAPPING)
    edit(mapping["cluster_list"][0])
    return mapping


def read(folder, mapping, **options):
    path = folder / "mapping.json"
    path.write_text(json.dumps(mapping))
    return read_vmr2l(path, **options)


def test_fields_by_hand(tmp_path):
    s = read(tmp_path, MAPPING, limit=2)
    assert (s.machine.tolist(), s.vm.tolist()) == ([["h1", "h2", "h3"]], [["a", "b", "c"]])
    assert (s.host.tolist(), s.node.tolist(), s.vm_nodes.tolist()) == ([[0, 1, 1]], [[0, 0, 1]], [[1, 2, 1]])
    assert (s.vm_cpu.tolist(), s.vm_memory.tolist()) == ([[2, 32, 4]], [[4096, 65536, 8192]])
    assert s.active.tolist() == [[True, True, False]]
    assert s.rack.tolist() == [[0, 1, 0]]
    assert s.pinned.tolist() == [[False, False, True]]
    assert (s.group.tolist(), s.spread.tolist()) == ([[0, 0, -1]], ["rack"])
    assert (s.name.tolist(), s.limit.tolist()) == (["az1"], [2])


def test_cores_are_what_vms_have_and_what_is_free(tmp_path):
    """h2's second node: 16 + 4 cores of VMs and 20 free ones are 40 of 44; the other 4 are not ours to use."""
    s = read(tmp_path, MAPPING)
    assert s.cpu.tolist() == [[[44, 44], [44, 40], [44, 44]]]
    assert (s.cpu - s.used(s.vm_cpu)).tolist() == [[[42, 44], [28, 20], [44, 44]]]
    assert (s.memory == 184388).all()


def test_every_cluster_of_a_file_is_a_row(tmp_path):
    small = changed(lambda c: c.update(vm_instance=c["vm_instance"][:1], other_requirement=None))["cluster_list"][0]
    s = read(tmp_path, {"cluster_list": [MAPPING["cluster_list"][0], small]})
    assert s.real.sum(1).tolist() == [3, 1]


@pytest.mark.parametrize(("edit", "place"), [
    (lambda c: c.pop("host_info"), "cluster_list[0].host_info"),
    (lambda c: c["vm_instance"][1].update(host_id="h9"), "vm_instance[1].host_id"),
    (lambda c: c["vm_instance"][1].update(instance_id="a"), "vm_instance[1].instance_id"),
    (lambda c: c["host_info"][1].update(node_id="h1"), "host_info[1].node_id"),
    (lambda c: c["vm_instance"][0]["numa"][0].update(mem_mb=-1), "vm_instance[0].numa[0].mem_mb"),
    (lambda c: c["vm_instance"][0]["numa"][0].update(cpu=2.5), "vm_instance[0].numa[0].cpu"),
    (lambda c: c["vm_instance"][0]["numa"][0].update(cpu=True), "vm_instance[0].numa[0].cpu"),
    (lambda c: c["vm_instance"][0]["numa"][0].update(node=2), "vm_instance[0].numa[0].node"),
    (lambda c: c["vm_instance"][1]["numa"][1].update(cpu=8), "vm_instance[1].numa"),
    (lambda c: c["vm_instance"][1]["numa"][1].update(node=0), "vm_instance[1].numa"),
    (lambda c: c["host_info"][0]["numa"][0].update(free_cpu=43), "host_info[0].numa[0].free_cpu"),
    (lambda c: c["host_info"][0]["numa"][0].update(memory_huge_total_mb=4000), "memory_huge_total_mb"),
    (lambda c: c["host_info"][0]["numa"].pop(), "host_info[0].numa"),
    (lambda c: c["other_requirement"]["deployment_set"][0].update(granularity="city"), "deployment_set[0].granularity"),
    (lambda c: c["other_requirement"]["deployment_set"][0].update(data=["z"]), "deployment_set[0].data"),
    (lambda c: c["other_requirement"]["deployment_set"][0].update(data=["b", "c"]), "Snapshot.group"),
])  # fmt: skip
def test_malformed_mappings_are_refused_with_their_place(tmp_path, edit, place):
    with pytest.raises(InstanceError) as caught:
        read(tmp_path, changed(edit))
    assert place in str(caught.value)
    assert "mapping.json" in str(caught.value)


def test_what_is_no_mapping_is_refused(tmp_path):
    (tmp_path / "m.json").write_text('{"cluster_list":\n [}')
    with pytest.raises(InstanceError, match=r"m\.json, line 2"):
        read_vmr2l(tmp_path / "m.json")
    (tmp_path / "m.json").write_text("[]")
    with pytest.raises(InstanceError, match="cluster_list"):
        read_vmr2l(tmp_path / "m.json")
