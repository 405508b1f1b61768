"""Instances from what a user has: VRPLIB files, folders of them, arrays of the learning literature."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import numpy as np

from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.files.vrplib_reader import read_vrp
from headway.errors import InstanceError

ARRAYS = ("coords", "demands", "capacity")


def load(path: Path, convention: str | None = None) -> RoutingInstance:
    """Instances from a file or folder.

    ``.vrp``: one VRPLIB instance. A folder: all its ``.vrp`` files in the order of their names, padded to
    one batch. ``.npz``: what `Batch.save` wrote, or arrays ``coords`` [B, N, 2] (depot first), ``demands``
    [B, N] and ``capacity`` (one for all, or [B]).

    Parameters
    ----------
    convention : how Euclidean distances are rounded; None: to the nearest integer in VRPLIB files
        (TSPLIB 95), not at all in arrays

    Raises
    ------
    InstanceError
        With file and line, or file and field.
    """
    path = Path(path)
    if path.is_dir():
        return _load_folder(path, convention)
    if path.suffix == ".vrp":
        return read_vrp(path, convention or "nint")
    if path.suffix == ".npz":
        return _load_arrays(path, convention or "float")
    raise InstanceError(
        "the file is of another kind", where=path, got=path.suffix or "no suffix", expected=".vrp, .npz or a folder"
    )


def _load_folder(path: Path, convention: str | None) -> RoutingInstance:
    files = sorted(path.glob("*.vrp"))
    if not files:
        raise InstanceError("the folder holds no instance", where=path, got="nothing", expected="*.vrp files")
    return RoutingInstance.concat([read_vrp(file, convention or "nint") for file in files])


def _load_arrays(path: Path, convention: str) -> RoutingInstance:
    try:
        with np.load(path, allow_pickle=False) as file:
            if sorted(file.files) != sorted(ARRAYS):
                return RoutingInstance.restore(path)
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise InstanceError("the file cannot be read", where=path, got=error, expected="a .npz of arrays") from error
    return _from_arrays(path, **arrays, convention=convention)


def _from_arrays(
    path: Path,
    coords: np.ndarray[tuple[int, ...], np.dtype[np.generic]],
    demands: np.ndarray[tuple[int, ...], np.dtype[np.generic]],
    capacity: np.ndarray[tuple[int, ...], np.dtype[np.generic]],
    convention: str,
) -> RoutingInstance:
    if coords.dtype.kind not in "fi" or demands.dtype.kind != "i" or capacity.dtype.kind != "i" or demands.ndim != 2:
        raise InstanceError(
            "the arrays have the wrong form",
            where=path,
            got={name: f"{a.dtype} {a.shape}" for name, a in zip(ARRAYS, (coords, demands, capacity), strict=True)},
            expected="coords: float [B, N, 2], demands: int [B, N], capacity: int",
            hint="choose a unit in which demands are integers",
        )
    batch, nodes = demands.shape
    return RoutingInstance.of(
        coords=coords.astype(np.float64),
        demand=demands.astype(np.int64),
        capacity=np.broadcast_to(capacity, (batch,)).astype(np.int64),
        customers=np.full(batch, nodes - 1),
        convention=np.full(batch, convention),
        name=np.array([f"{path.stem}-{row}" for row in range(batch)], dtype=np.str_),
    )
