"""Snapshots by the suffix of their file."""

import shutil
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from headway.domains.vm_rescheduling.files.load import load, load_arrivals
from headway.domains.vm_rescheduling.files.snapshot_csv import read_snapshot, write_snapshot
from headway.domains.vm_rescheduling.workload.generator import snapshots
from headway.domains.vm_rescheduling.workload.traced import shipped_arrivals
from headway.errors import DataError, InstanceError

DATA = Path(__file__).parent / "data"


def test_a_folder_is_a_batch_of_its_snapshots(tmp_path):
    shutil.copy(DATA / "cal_pm20_s0.csv", tmp_path / "b.csv")
    write_snapshot(snapshots(np.random.default_rng(0), 1, machines=5), tmp_path / "a.csv")
    batch = load(tmp_path, limit=3)
    assert batch.name.tolist() == ["a", "b"]
    assert batch.active.sum(1).tolist() == [5, 20]
    assert batch.limit.tolist() == [3, 3]
    assert load(tmp_path / "a.csv").digest() == read_snapshot(tmp_path / "a.csv").digest()


def test_saved_batches_come_back(tmp_path):
    batch = snapshots(np.random.default_rng(0), 2, machines=5)
    assert load(batch.save(tmp_path / "x.npz")).digest() == batch.digest()


def test_other_files_are_refused(tmp_path):
    with pytest.raises(InstanceError, match="xml"):
        load(tmp_path / "x.xml")
    with pytest.raises(InstanceError, match="no snapshots"):
        load(tmp_path)


def test_traces_by_suffix(tmp_path):
    (tmp_path / "events.csv").write_text("vmid,cpu,memory,time,type\n1,2,4,100,0\n")
    assert load_arrivals(tmp_path / "events.csv").flavor.tolist() == ["hw_2c_4g"]
    shipped = files("headway.domains.vm_rescheduling.workload") / "data" / "azure"
    for path in (Path(str(shipped)), Path(str(shipped)) / "v1.dev.txt"):
        assert len(load_arrivals(path)) == len(shipped_arrivals())
    with pytest.raises(DataError, match=r"packing\.sqlite"):
        load_arrivals(tmp_path / "packing.sqlite")
