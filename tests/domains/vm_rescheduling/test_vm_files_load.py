"""Snapshots by the suffix of their file."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from headway.domains.vm_rescheduling.files.load import load
from headway.domains.vm_rescheduling.files.snapshot_csv import read_snapshot, write_snapshot
from headway.domains.vm_rescheduling.workload.generator import snapshots
from headway.errors import InstanceError

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
