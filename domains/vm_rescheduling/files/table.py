"""CSV files read cell by cell, so that what is wrong is quoted with file, line and field."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway.errors import DataError, InstanceError
from headway.storage.files import write_text

_WHOLE = re.compile(r"[+-]?[0-9]{1,15}")
_BOOLEANS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


def read_text(path: Path, error: type[DataError] = InstanceError) -> str:
    """The text of a UTF-8 file, with or without a byte order mark.

    Raises
    ------
    DataError
        (the given subclass) The file cannot be read, or line so-and-so is not UTF-8.
    """
    try:
        data = path.read_bytes()
        return data.decode("utf-8-sig")
    except OSError as problem:
        expected = "a readable file"
        raise error("the file cannot be read", where=path, got=problem.strerror, expected=expected) from problem
    except UnicodeDecodeError as problem:
        line, got = data[: problem.start].count(b"\n") + 1, f"byte 0x{data[problem.start]:02x}"
        raise error("the file is no text", where=f"{path}, line {line}", got=got, expected="UTF-8") from problem


@dataclass(frozen=True)
class Table:
    """``rows[i]`` stands in line ``lines[i]`` of the file and has one cell per column of ``header``."""

    path: Path
    header: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    lines: Sequence[int]
    error: type[DataError]

    @classmethod
    def read(
        cls, path: Path, columns: Iterable[str], optional: Iterable[str] = (), error: type[DataError] = InstanceError
    ) -> Table:
        """A file whose first line names these columns, in any order, and possibly the optional ones.

        Raises
        ------
        DataError
            (the given subclass) The file is missing or no UTF-8, its columns are others, a row has too few or too many
            cells.
        """
        reader = csv.reader(read_text(path, error).splitlines())
        try:
            found = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if row]
        except csv.Error as problem:
            raise error("the table cannot be read", where=f"{path}, line {reader.line_num}", got=problem) from problem
        required, header = list(columns), found[0][1] if found else []
        wrong = len(set(header)) < len(header) or not set(required) <= set(header) <= {*required, *optional}
        if wrong:
            raise error("the first line names other columns", where=f"{path}, line 1", got=",".join(header),
                        expected=",".join(required), hint=f"optional: {', '.join(optional) or 'none'}")  # fmt: skip
        for line, row in found[1:]:
            if len(row) != len(header):
                raise error("a row has another number of cells than the first", where=f"{path}, line {line}",
                            got=len(row), expected=len(header))  # fmt: skip
        return cls(path, tuple(header), [row for _, row in found[1:]], [line for line, _ in found[1:]], error)

    def __len__(self) -> int:
        return len(self.rows)

    def texts(self, name: str) -> list[str]:
        """The cells of a column; empty ones where the file has not got the column."""
        if name not in self.header:
            return [""] * len(self)
        at = self.header.index(name)
        return [row[at] for row in self.rows]

    def names(self, name: str) -> list[str]:
        """The cells of a column, none of them empty."""
        return [cell or self.fail(i, name, "a name, not an empty cell") for i, cell in enumerate(self.texts(name))]

    def unique(self, name: str) -> list[str]:
        """The cells of a column, none of them empty or twice."""
        cells = self.names(name)
        first: dict[str, int] = {}
        for i, cell in enumerate(cells):
            if first.setdefault(cell, i) != i:
                self.fail(i, name, f"a name of its own (line {self.lines[first[cell]]} has it)")
        return cells

    def integers(self, name: str, least: int = 0, empty: int | None = None) -> NDArray[np.int64]:
        """int64 [rows], each ``least`` or more; ``empty`` is what an empty cell (or no such column) means."""

        def number(cell: str) -> int | None:
            return empty if cell == "" else int(cell) if _WHOLE.fullmatch(cell) and int(cell) >= least else None

        return self._parsed(name, number, f"a whole number, {least} or more", np.int64)

    def booleans(self, name: str, empty: bool) -> NDArray[np.bool_]:
        """bool [rows] of 1 and 0 (also true, yes, false, no)."""

        def truth(cell: str) -> bool | None:
            return empty if cell == "" else _BOOLEANS.get(cell.lower())

        return self._parsed(name, truth, "1 or 0", np.bool_)

    def _parsed(self, name: str, parse: Callable[[str], Any], expected: str, dtype: Any) -> NDArray[Any]:
        values = [parse(cell) for cell in self.texts(name)]
        if None in values:
            self.fail(values.index(None), name, expected)
        return np.array(values, dtype)

    def fail(self, row: int, name: str, expected: str, hint: str | None = None) -> Any:
        """Raise for the cell in this row and column."""
        where = f"{self.path}, line {self.lines[row]}, field {name}"
        raise self.error(
            "a field cannot be used", where=where, got=repr(self.texts(name)[row]), expected=expected, hint=hint
        )


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Path:
    """Write a CSV file, whole or not at all; cells with commas or quotes are quoted."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [",".join(_quoted(str(cell)) for cell in row) for row in (header, *rows)]
    return write_text(path, "\n".join(lines) + "\n")


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if re.search(r'[",\r\n]', cell) else cell
