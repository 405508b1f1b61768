"""Text files, read with errors that name the line."""

from __future__ import annotations

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
