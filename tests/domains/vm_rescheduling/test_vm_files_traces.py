"""Traces of arrivals: Azure 2017 as processed, Huawei-East-1, Azure for packing."""

import sqlite3
from contextlib import closing

import numpy as np
import pytest

from headway.domains.vm_rescheduling.files.azure_packing import read_azure_packing
from headway.domains.vm_rescheduling.files.azure_trace import read_azure_trace
from headway.domains.vm_rescheduling.files.huawei import read_huawei
from headway.errors import DataError

INF = np.inf


@pytest.fixture
def trace(tmp_path):
    (tmp_path / "flav_map.txt").write_text("1,0.75 a\n2,3.5 g\n")
    (tmp_path / "v1.interval_map.txt").write_text("0 0\n300 1\n600 2\n900 2\n")
    (tmp_path / "v1.dev.txt").write_text("300 a,|,g,g,|\n600 \n900 a,|\n")
    (tmp_path / "v1.dev.c1200.txt").write_text("300 U0,|,U1,C2,|\n600 \n900 U2,|\n")
    return tmp_path


def test_azure_trace_by_hand(trace):
    for path in (trace, trace / "v1.dev.txt"):
        a = read_azure_trace(path)
        assert a.time.tolist() == [50, 150, 250, 750]  # evenly spread over the five minutes before
        # The middles of 0-300, of 300-600, and of the bin of 600-900 and 900-1200.
        assert (a.departure - a.time).tolist() == [150, 450, INF, 900]
        assert a.flavor.tolist() == ["az_1c_0.75g", "az_2c_3.5g", "az_2c_3.5g", "az_1c_0.75g"]
        assert (a.cpu.tolist(), a.memory.tolist(), a.nodes.tolist()) == ([1, 2, 2, 1], [768, 3584, 3584, 768], [1] * 4)


def test_azure_trace_without_lifetimes(trace):
    (trace / "v1.dev.c1200.txt").unlink()
    assert not read_azure_trace(trace / "v1.dev.txt").lifetime_known
    with pytest.raises(DataError, match="no trace with lifetimes"):
        read_azure_trace(trace)


@pytest.mark.parametrize(("file", "text", "where"), [
    ("v1.dev.txt", "300 a,|,g,g,|\n600 z,|\n900 a,|\n", "v1.dev.txt, line 2"),
    ("v1.dev.txt", "300 a,|,g,g,|\nsoon a\n", "v1.dev.txt, line 2"),
    ("v1.dev.c1200.txt", "300 U0,|,U1,C2,|\n600 U1,|\n900 U2,|\n", "c1200.txt, line 2"),
    ("v1.dev.c1200.txt", "300 U0,|,U1,C2,|\n600 \n", "c1200.txt, line 2"),
    ("v1.dev.c1200.txt", "300 U0,|,U1,C9,|\n600 \n900 U2,|\n", "c1200.txt, line 1"),
    ("flav_map.txt", "1,0.75 a\none g\n", "flav_map.txt, line 2"),
])  # fmt: skip
def test_malformed_azure_traces_are_refused(trace, file, text, where):
    (trace / file).write_text(text)
    with pytest.raises(DataError, match=where):
        read_azure_trace(trace)


def test_part_of_a_trace_and_its_flavours(trace):
    a = read_azure_trace(trace)
    assert a.between(100, 750).time.tolist() == [150, 250]
    assert a.table.name[a.kind].tolist() == a.flavor.tolist()
    assert a.table.share.tolist() == [0.5, 0.5]


def huawei(folder, *rows):
    (folder / "h.csv").write_text("\n".join(["vmid,cpu,memory,time,type", *rows]))
    return folder / "h.csv"


def test_huawei_by_hand(tmp_path):
    rows = ["1,2,4,100,0", "2,64,128,150,0", "1,2,4,400,1", "9,1,1,120,1", "3,4,8,90,0", "1,1,2,500,0"]
    a = read_huawei(huawei(tmp_path, *rows))
    assert a.time.tolist() == [90, 100, 150, 500]
    assert a.departure.tolist() == [INF, 400, INF, INF]
    assert (a.cpu.tolist(), a.memory.tolist()) == ([4, 2, 64, 1], [8192, 4096, 131072, 2048])
    assert (a.nodes.tolist(), a.flavor[0]) == ([1, 1, 2, 1], "hw_4c_8g")


@pytest.mark.parametrize(("row", "where"), [
    ("1,2,4,200,0", "line 3, field vmid"), ("2,2,4,200,2", "line 3, field type"), ("2,-2,4,200,0", "line 3, field cpu"),
    ("2,2,4,noon,0", "line 3, field time"), ("2,2,4", "line 3"),
])  # fmt: skip
def test_malformed_huawei_events_are_refused(tmp_path, row, where):
    with pytest.raises(DataError, match=where):
        read_huawei(huawei(tmp_path, "1,2,4,100,0", row))


def packing(folder, types, vms):
    path = folder / "packing.sqlite"
    with closing(sqlite3.connect(path)) as base:
        base.execute("CREATE TABLE vmType (id, vmTypeId, machineId, core, memory, hdd, ssd, nic)")
        base.execute("CREATE TABLE vm (vmId, tenantId, vmTypeId, priority, starttime, endtime)")
        base.executemany("INSERT INTO vmType VALUES (?, ?, ?, ?, ?, 0, 0, 0)", types)
        base.executemany("INSERT INTO vm VALUES (?, 0, ?, 0, ?, ?)", vms)
        base.commit()
    return path


TYPES = [(0, 7, 1, 0.25, 0.1), (1, 8, 1, 0.75, 0.5), (2, 7, 2, 0.5, 0.5)]


def test_azure_packing_by_hand(tmp_path):
    path = packing(tmp_path, TYPES, [(1, 8, 0.5, None), (0, 7, -1.0, 1.0), (2, 99, 0.0, 1.0)])
    a = read_azure_packing(path)
    assert (a.time.tolist(), a.departure.tolist()) == ([-86400, 43200], [86400, INF])
    assert (a.cpu.tolist(), a.nodes.tolist()) == ([22, 66], [1, 2])
    assert (a.memory.tolist(), a.flavor.tolist()) == ([36878, 184388], ["type-7", "type-8"])
    assert read_azure_packing(path, machine=2).cpu.tolist() == [44]


@pytest.mark.parametrize(("types", "vms", "message"), [
    ([(0, 7, 1, 1.5, 0.1)], [(0, 7, 0.0, 1.0)], "vmType 7, field core"),
    (TYPES, [(0, 7, 2.0, 1.0)], "table vm, row 1"), (TYPES, [(0, 7, None, 1.0)], "table vm, row 1"),
    (TYPES, [], "no VM"), ([], [], "no VM"),
])  # fmt: skip
def test_malformed_packing_traces_are_refused(tmp_path, types, vms, message):
    with pytest.raises(DataError, match=message):
        read_azure_packing(packing(tmp_path, types, vms))


def test_what_is_no_database_is_refused(tmp_path):
    (tmp_path / "x.sqlite").write_text("no database at all, but a text of some length")
    for name in ("x.sqlite", "missing.sqlite"):
        with pytest.raises(DataError, match=name):
            read_azure_packing(tmp_path / name)
