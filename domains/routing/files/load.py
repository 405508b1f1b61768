"""Instances from what a user has: files of the field's formats, folders of them, arrays of the learning literature."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.files.customers_csv import read_customers
from headway.domains.routing.files.li_lim import read_li_lim
from headway.domains.routing.files.scan import NUMBER
from headway.domains.routing.files.solomon import read_solomon
from headway.domains.routing.files.text import read_text
from headway.domains.routing.files.vrplib_reader import read_vrp
from headway.errors import InstanceError

ARRAYS = ("coords", "demands", "capacity")
Reader = Callable[[Path, str | None, frozenset[str] | None], RoutingInstance]


def _read_txt(path: Path, convention: str | None, allowed: frozenset[str] | None) -> RoutingInstance:
    """Li and Lim's files begin with three numbers, Solomon's with a name."""
    first = read_text(path, InstanceError).split("\n", 1)[0].split()
    reader = read_li_lim if len(first) == 3 and all(map(NUMBER.fullmatch, first)) else read_solomon
    return reader(path, convention, allowed)


READERS: Mapping[str, Reader] = {".vrp": read_vrp, ".tsp": read_vrp, ".txt": _read_txt, ".csv": read_customers}


def load(path: Path, convention: str | None = None, allowed: frozenset[str] | None = None) -> RoutingInstance:
    """Instances from a file or folder.

    ``.vrp`` (and LKH-3's ``.vrptw`` and so on), ``.tsp``: one VRPLIB or TSPLIB instance. ``.txt``: one of Solomon's, or
    one of Li and Lim's. ``.csv``: a table of customers. A folder: its ``.vrp`` files in the order of their names,
    padded to one batch; where there are none, those of the next of these kinds. ``.npz``: what `Batch.save` wrote, or
    arrays ``coords`` [B, N, 2] (depot first), ``demands`` [B, N] and ``capacity`` (one for all, or [B]).

    Parameters
    ----------
    convention : how Euclidean distances are rounded; None: what is usual: to the nearest integer in VRPLIB files,
        to one decimal in Solomon's, not at all in the others
    allowed : rules the instances may have (`switches.USED`); None: all

    Raises
    ------
    InstanceError
        With file and line, or file and field.
    """
    path = Path(path)
    if path.is_dir():
        return _load_folder(path, convention, allowed)
    if path.suffix in READERS or path.suffix.startswith(".vrp"):
        return READERS.get(path.suffix, read_vrp)(path, convention, allowed)
    if path.suffix == ".npz":
        try:
            return _load_arrays(path, convention or "float")
        except InstanceError as error:
            if str(path) in str(error.where):
                raise
            where = f"{path}, {error.where}"
            raise InstanceError(error.what, where=where, got=error.got, expected=error.expected) from error
    kinds = ", ".join((*READERS, ".npz"))
    raise InstanceError(
        "the file is of another kind", where=path, got=path.suffix or "no suffix", expected=f"{kinds} or a folder"
    )


def _load_folder(path: Path, convention: str | None, allowed: frozenset[str] | None) -> RoutingInstance:
    for suffix in READERS:
        if files := sorted(path.glob(f"*{suffix}")):
            return RoutingInstance.concat([load(file, convention, allowed) for file in files])
    kinds = " or ".join(f"*{suffix}" for suffix in READERS)
    raise InstanceError("the folder holds no instance", where=path, got="nothing", expected=f"{kinds} files")


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
