"""Snapshots as CSV: what they hold, that they come back, and what is refused."""

import csv
import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest

from headway.domains.vm_rescheduling.files.snapshot_csv import read_snapshot, write_snapshot
from headway.domains.vm_rescheduling.workload.generator import snapshots
from headway.errors import InstanceError

DATA = Path(__file__).parent / "data"
HEADER = "vm_id,flavor,cpu,mem_mb,numa_count,pm,numa"
GOOD = ["a,ecs.c1.large,2,4096,1,0,0", "b,ecs.c1.8xlarge,32,65536,2,1,0+1", "c,ecs.c1.xlarge,4,8192,1,1,1"]


def optima():
    with (DATA / "snapshot_optima.csv").open() as file:
        return {row["instance"]: row for row in reversed(list(csv.DictReader(file)))}  # the row of 2.5 %


def written(folder, *rows, header=HEADER):
    path = folder / "cluster.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def refused(path, *words, **options):
    with pytest.raises(InstanceError) as caught:
        read_snapshot(path, **options)
    for word in (path.name, *words):
        assert word in str(caught.value)


@pytest.mark.parametrize("name", ["cal_pm20_s0", "cal_pm50_s0", "az_dev_pm20_1"])
def test_shared_snapshots_have_the_listed_fragment_rate(name):
    snapshot, row = read_snapshot(DATA / f"{name}.csv"), optima()[name]
    free = snapshot.cpu - snapshot.used(snapshot.vm_cpu)
    assert (snapshot.machines, snapshot.vms) == (int(row["pms"]), int(row["vms"]))
    assert (free % 16).sum() / free.sum() == pytest.approx(float(row["init_fr"]), abs=1e-6)
    assert snapshot.limit.tolist() == [int(row["mnl"])]


def test_fields_by_hand(tmp_path):
    s = read_snapshot(written(tmp_path, *GOOD), limit=0.5)
    assert s.vm.tolist() == [["a", "b", "c"]]
    assert (s.host.tolist(), s.node.tolist(), s.vm_nodes.tolist()) == ([[0, 1, 1]], [[0, 0, 1]], [[1, 2, 1]])
    assert s.used(s.vm_cpu).tolist() == [[[2, 0], [16, 20]]]
    assert s.used(s.vm_memory).tolist() == [[[4096, 0], [32768, 40960]]]
    assert (s.cpu.tolist(), s.memory.tolist()) == ([[[44, 44]] * 2], [[[184388, 184388]] * 2])
    assert (s.limit.tolist(), s.name.tolist()) == ([2], ["cluster"])


def test_empty_machines_can_be_asked_for(tmp_path):
    assert read_snapshot(written(tmp_path, *GOOD), machines=7).machines == 7
    refused(written(tmp_path, *GOOD), "line 3", "field pm", machines=1)


@pytest.mark.parametrize("options", [
    {}, {"flavors": "ecs_memory"}, {"flavors": "azure"}, {"affinity": 0.3, "pinned": 0.1},
    {"shapes": {"2x32": 1, "2x64": 1}, "per_rack": 4, "affinity": 0.2, "spread": "rack"},
])  # fmt: skip
def test_round_trip_is_exact(tmp_path, options):
    batch = snapshots(np.random.default_rng(1), 2, machines=12, **options)
    for k in range(2):
        path = write_snapshot(batch[k], tmp_path / f"{k}.csv")
        back = read_snapshot(path, limit=int(batch.limit[k]), spread=str(batch.spread[k]))
        real = batch.real[k]
        for name, array in batch[k].arrays().items():
            expected = array[:, real] if array.shape[1:] == real.shape else array
            if name != "name":
                np.testing.assert_array_equal(getattr(back, name), expected, err_msg=name)


def test_own_flavours_inactive_and_empty_machines_come_back(tmp_path):
    s = snapshots(np.random.default_rng(1), 1, machines=3)
    own = np.where(s.vm_cpu == 2, "tiny, but ours", s.flavor)
    s = dataclasses.replace(s, flavor=own, active=np.array([[True, False, True]]), name=np.array(["x"]))
    path = write_snapshot(s, tmp_path / "x.csv")
    back = read_snapshot(path, limit=int(s.limit[0]))
    assert back.active.tolist() == [[True, False, True]]
    assert back.flavor.tolist() == own.tolist()
    (tmp_path / "x.flavors.csv").unlink()
    refused(path, "field flavor", "tiny, but ours", "x.flavors.csv")


def test_flavours_of_two_sizes_are_not_written(tmp_path):
    s = snapshots(np.random.default_rng(1), 1, machines=3)
    with pytest.raises(InstanceError, match="two sizes"):
        write_snapshot(dataclasses.replace(s, flavor=np.full(s.flavor.shape, "any")), tmp_path / "x.csv")


def test_a_written_shared_snapshot_is_the_same_file(tmp_path):
    write_snapshot(read_snapshot(DATA / "cal_pm20_s0.csv"), tmp_path / "cal_pm20_s0.csv")
    assert (tmp_path / "cal_pm20_s0.csv").read_text() == (DATA / "cal_pm20_s0.csv").read_text()


@pytest.mark.parametrize(("row", "field"), [
    ("d,ecs.c1.large,2,4096,1,,0", "pm"),
    ("d,ecs.c1.large,2,4096,1,-1,0", "pm"),
    ("d,ecs.c1.large,2,4096,1,999,0", "pm"),
    ("a,ecs.c1.large,2,4096,1,0,0", "vm_id"),
    (",ecs.c1.large,2,4096,1,0,0", "vm_id"),
    ("d,ecs.c1.large,2,-4096,1,0,0", "mem_mb"),
    ("d,ecs.c1.large,2,8192,1,0,0", "mem_mb"),
    ("d,ecs.c1.large,two,4096,1,0,0", "cpu"),
    ("d,ecs.c1.large,2.0,4096,1,0,0", "cpu"),
    ("d,ecs.c1.large,4,4096,1,0,0", "cpu"),
    ("d,ecs.c1.huge,2,4096,1,0,0", "flavor"),
    ("d,,2,4096,1,0,0", "flavor"),
    ("d,ecs.c1.large,2,4096,2,0,0+1", "numa_count"),
    ("d,ecs.c1.large,2,4096,1,0,2", "numa"),
    ("d,ecs.c1.large,2,4096,1,0,0+1", "numa"),
    ("d,ecs.c1.8xlarge,32,65536,2,0,0", "numa"),
    ("d,ecs.c1.16xlarge,64,131072,2,1,0+1", "cpu"),
])  # fmt: skip
def test_malformed_rows_are_refused_with_line_and_field(tmp_path, row, field):
    refused(written(tmp_path, *GOOD, row), "line 5", f"field {field}")


def test_overfull_memory_is_refused(tmp_path):
    rows = [f"v{i},az_8c_56g,8,57344,1,0,1" for i in range(4)]  # 4 x 57,344 > 184,388 MB
    refused(written(tmp_path, *rows), "line 5", "field mem_mb", "12356")


@pytest.mark.parametrize(("header", "rows"), [
    (HEADER.replace("pm", "host"), GOOD), (HEADER + ",color", [row + ",red" for row in GOOD]), (HEADER, []),
    (HEADER, ["a,ecs.c1.large,2,4096"]), ("", []), (HEADER.replace("numa_count", "cpu"), GOOD),
])  # fmt: skip
def test_malformed_tables_are_refused(tmp_path, header, rows):
    refused(written(tmp_path, *rows, header=header))


def test_groups_and_pins(tmp_path):
    header = HEADER + ",group,pinned"
    s = read_snapshot(written(tmp_path, GOOD[0] + ",4,1", GOOD[1] + ",4,", GOOD[2] + ",,0", header=header))
    assert (s.group.tolist(), s.pinned.tolist()) == ([[4, 4, -1]], [[True, False, False]])
    together = written(tmp_path, GOOD[0] + ",,", GOOD[1] + ",4,", GOOD[2] + ",4,", header=header)
    refused(together, "line 4", "field group")
    refused(written(tmp_path, GOOD[0] + ",,maybe", header=header), "line 2", "field pinned")


@pytest.mark.parametrize(("row", "field"), [
    ("m0,0,1,44,44,1,1", "machine"), ("m2,0,1,44,-1,1,1", "cpu1"), ("m2,0,perhaps,44,44,1,1", "active"),
])  # fmt: skip
def test_malformed_machines_are_refused(tmp_path, row, field):
    shutil.copy(written(tmp_path, GOOD[0].replace(",0,0", ",m0,0")), tmp_path / "c.csv")
    machines = tmp_path / "c.machines.csv"
    machines.write_text(f"machine,rack,active,cpu0,cpu1,memory0,memory1\nm0,0,1,44,44,9999,9999\n{row}\n")
    with pytest.raises(InstanceError, match=f"c.machines.csv, line 3, field {field}"):
        read_snapshot(tmp_path / "c.csv")


def test_missing_and_binary_files_are_refused(tmp_path):
    refused(tmp_path / "none.csv", "cannot be read")
    (tmp_path / "cluster.csv").write_bytes(HEADER.encode() + b"\n\xff\xfe")
    refused(tmp_path / "cluster.csv", "line 2", "UTF-8")
