"""Snapshots and arrivals from whatever file they are in."""

from __future__ import annotations

from pathlib import Path

from headway.domains.vm_rescheduling.cluster.instance import Snapshot
from headway.domains.vm_rescheduling.files.azure_packing import read_azure_packing
from headway.domains.vm_rescheduling.files.azure_trace import read_azure_trace
from headway.domains.vm_rescheduling.files.huawei import read_huawei
from headway.domains.vm_rescheduling.files.snapshot_csv import read_snapshot
from headway.domains.vm_rescheduling.files.vmr2l import read_vmr2l
from headway.domains.vm_rescheduling.workload.arrivals import Arrivals
from headway.errors import InstanceError

_BESIDE = {".machines", ".flavors"}  # what lies beside a snapshot and is none


def load(path: Path, *, limit: float = 0.025, machines: int | None = None, spread: str = "machine") -> Snapshot:
    """The snapshots in a file or folder, as one batch.

    ``.csv``: one snapshot (`read_snapshot`); ``.json``: VMR2L's clusters (`read_vmr2l`); ``.npz``: what `Batch.save`
    wrote, its limits included; a folder: all snapshots in its ``.csv`` files, by name.

    Raises
    ------
    InstanceError
        No such format, or what the readers refuse.
    """
    path = Path(path)
    if path.is_dir():
        files = [file for file in sorted(path.glob("*.csv")) if not _BESIDE & set(file.suffixes)]
        if not files:
            raise InstanceError("the folder has no snapshots", where=path, expected="files *.csv")
        return Snapshot.concat([read_snapshot(file, limit=limit, machines=machines, spread=spread) for file in files])
    if path.suffix == ".csv":
        return read_snapshot(path, limit=limit, machines=machines, spread=spread)
    if path.suffix == ".json":
        return read_vmr2l(path, limit=limit)
    if path.suffix == ".npz":
        return Snapshot.restore(path)
    raise InstanceError(
        "no format of snapshots", where=path, got=repr(path.suffix), expected=".csv, .json, .npz or a folder"
    )


def load_arrivals(path: Path) -> Arrivals:
    """The arrivals in a trace: a folder or ``.txt`` (Azure 2017, processed), ``.csv`` (Huawei-East-1), else Azure
    packing 2020.

    Raises
    ------
    DataError
        What the readers refuse.
    """
    path = Path(path)
    if path.is_dir() or path.suffix == ".txt":
        return read_azure_trace(path)
    return read_huawei(path) if path.suffix == ".csv" else read_azure_packing(path)
