"""Frozen dataclasses of arrays that share a leading batch axis: instances and solutions."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import tempfile
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from headway.errors import DataError, InstanceError


def pad(value: Any) -> Any:
    """A dataclass field whose trailing axes are padded with ``value`` when sizes differ."""
    return dataclasses.field(metadata={"pad": value})


@dataclasses.dataclass(frozen=True)
class Batch:
    """Base of `Instance` and of solutions: named arrays, axis 0 is the batch.

    Subclasses are frozen dataclasses whose fields are all numpy arrays (numbers, strings or
    dates); a field declared with `pad` may differ in its trailing axes between batches that
    are concatenated. Construction validates; slicing does not repeat it.

    Raises
    ------
    InstanceError
        A field is no array, or its leading axis differs from the others'.
    """

    error: ClassVar[type[DataError]] = DataError
    unbounded: ClassVar[frozenset[str]] = frozenset()  # fields in which infinity means that there is no bound
    missing: ClassVar[frozenset[str]] = frozenset()  # fields in which NaN means that there is no value

    def __post_init__(self) -> None:
        for name, array in self.arrays().items():
            if not isinstance(array, np.ndarray) or array.ndim == 0:
                raise self.error(
                    "a field is not a batched array",
                    where=f"{type(self).__name__}.{name}",
                    got=type(array).__name__,
                    expected="numpy.ndarray with a leading batch axis",
                )
        lengths = {name: len(array) for name, array in self.arrays().items()}
        if len(set(lengths.values())) > 1:
            raise self.error(
                "fields differ in their batch length", where=type(self).__name__, got=lengths, expected="one length"
            )
        self.validate()

    def validate(self) -> None:
        """Raise `self.error` where the arrays break the type's own rules."""

    def refuse(self, field: str, rule: str, bad: NDArray[np.bool_]) -> None:
        """Raise with row and value of the first place where ``bad`` (batch first) is true."""
        bad = np.asarray(bad)
        if bad.any():
            place = tuple(int(i) for i in np.argwhere(bad)[0])
            value = np.asarray(getattr(self, field))
            got = value[place] if len(place) <= value.ndim else value[place[0]]
            index = ", ".join(map(str, place))
            raise self.error(
                "a value breaks a rule", where=f"{type(self).__name__}.{field}[{index}]", got=got, expected=rule
            )

    # -- views --------------------------------------------------------------------------------
    def arrays(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}

    def __len__(self) -> int:
        return len(next(iter(self.arrays().values())))

    def __getitem__(self, rows: int | slice | Sequence[int] | NDArray[Any]) -> Self:
        """The batch of these rows; an integer gives a batch of one."""
        index = slice(rows, rows + 1 or None) if isinstance(rows, (int, np.integer)) else rows
        return self.made({name: array[index] for name, array in self.arrays().items()})

    @classmethod
    def made(cls, arrays: dict[str, Any]) -> Self:
        """Built without validation, from arrays that are known to be sound (any array library)."""
        new = object.__new__(cls)
        for name, array in arrays.items():
            object.__setattr__(new, name, array)
        return new

    @classmethod
    def concat(cls, parts: Sequence[Self]) -> Self:
        """One batch of all rows, in order; smaller rows are padded as their fields declare."""
        fields = dataclasses.fields(cls)
        joined = {f.name: _stack([getattr(p, f.name) for p in parts], f.metadata.get("pad"), f.name) for f in fields}
        return cls(**joined)

    # -- identity and storage -----------------------------------------------------------------
    def digest(self) -> str:
        """SHA-256 over names, dtypes, shapes and bytes: equal content, equal digest."""
        sha = hashlib.sha256(type(self).__name__.encode())
        for name, array in sorted(self.arrays().items()):
            sha.update(f"{name}|{array.dtype.str}|{array.shape}|".encode())
            sha.update(np.ascontiguousarray(array).tobytes())
        return sha.hexdigest()

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write one ``.npz`` (no pickle), whole or not at all."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez_compressed(file, allow_pickle=False, **self.arrays())
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        finally:
            Path(temporary).unlink(missing_ok=True)
        return path

    @classmethod
    def restore(cls, path: str | os.PathLike[str]) -> Self:
        """Read what `save` wrote and validate it.

        Raises
        ------
        DataError
            The file is missing, is no ``.npz``, or has other fields than this type.
        """
        try:
            # Not `numpy.load`, which returns a bare array for a ``.npy`` whatever the file is called.
            with Path(path).open("rb") as content, np.lib.npyio.NpzFile(content, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
        except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
            raise cls.error(
                "the file cannot be read", where=path, got=error, expected="a .npz written by headway"
            ) from error
        expected = {f.name for f in dataclasses.fields(cls)}
        if set(arrays) != expected:
            raise cls.error("the file has other fields", where=path, got=sorted(arrays), expected=sorted(expected))
        return cls(**arrays)


@dataclasses.dataclass(frozen=True)
class Instance(Batch):
    """Problem data and the exogenous path: everything that chance decides (design, section 1)."""

    error = InstanceError


def _stack(arrays: list[NDArray[Any]], fill: Any, name: str) -> NDArray[Any]:
    shapes = {a.shape[1:] for a in arrays}
    if len(shapes) == 1:
        return np.concatenate(arrays)
    if fill is None or len({len(s) for s in shapes}) > 1:
        raise InstanceError("batches of different shape", where=name, got=sorted(shapes), expected="one shape")
    target = tuple(max(sizes) for sizes in zip(*shapes, strict=True))
    dtype = np.result_type(*arrays)
    out = np.full((sum(map(len, arrays)), *target), fill, dtype=dtype)
    start = 0
    for array in arrays:
        out[(slice(start, start + len(array)), *(slice(0, n) for n in array.shape[1:]))] = array
        start += len(array)
    return out
