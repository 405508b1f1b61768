"""Files that are written whole or not at all, and tables that are read with the line where each row stands."""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from headway.errors import SolutionError


def write_text(path: Path, text: str) -> Path:
    """Replace ``path`` by ``text`` in one step: a reader, or a crash, sees the old file or the new one."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".tmp-")
    draft = Path(temporary)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(0o644)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return path


def write_rows(path: Path, rows: Iterable[Iterable[Any]]) -> Path:
    """Replace ``path`` by a CSV of these rows, the header first, as `write_text` does."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return write_text(path, text.getvalue())


def read_rows(path: Path, columns: Sequence[str]) -> list[tuple[str, dict[str, str]]]:
    """Of each line of a solution's CSV: where it stands, and its cells by column; columns may come in any sequence.

    Raises
    ------
    SolutionError
        The file cannot be read, names other columns, or a line has another number of cells; with its line.
    """
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            header, *lines = list(csv.reader(stream)) or [[]]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SolutionError("the file cannot be read", where=path, got=error, expected="a CSV file") from error
    if sorted(header) != sorted(columns):
        raise SolutionError(
            "the header names other columns", where=f"{path}, line 1", got=header, expected=list(map(str, columns))
        )
    return [_row(f"{path}, line {number}", header, cells) for number, cells in enumerate(lines, 2)]


def _row(where: str, header: Sequence[str], cells: Sequence[str]) -> tuple[str, dict[str, str]]:
    if len(cells) != len(header):
        raise SolutionError("a line has another number of cells", where=where, got=len(cells), expected=len(header))
    return where, dict(zip(header, (cell.strip() for cell in cells), strict=True))
