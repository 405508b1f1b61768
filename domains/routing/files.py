"""Text files, read with errors that name the line and written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from headway.errors import DataError


def read_text(path: Path, error: type[DataError]) -> str:
    """The text of a UTF-8 file, with or without a byte order mark, with any line ends.

    Raises
    ------
    DataError
        (the given subclass) The file cannot be read, or line so-and-so is not UTF-8.
    """
    try:
        data = path.read_bytes()
    except OSError as problem:
        raise error(
            "the file cannot be read", where=path, got=problem.strerror, expected="a readable file"
        ) from problem
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data[: problem.start].count(b"\n") + 1
        got = f"byte 0x{data[problem.start]:02x}"
        raise error("the file is no text", where=f"{path}, line {line}", got=got, expected="UTF-8") from problem


def write_text(path: Path, text: str) -> Path:
    """Write ``text`` so that a reader finds the old file or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)
    return path
