"""CSV files read cell by cell, so that what is wrong is quoted with file, line and column."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import numpy as np

from headway.domains.routing.family.instance import Bools, Floats
from headway.domains.routing.files.scan import LARGEST, NUMBER
from headway.domains.routing.files.text import read_text
from headway.errors import InstanceError

FLAGS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}
SETTING = re.compile(r"#\s*(?P<key>\w+)\s*:\s*(?P<value>.*?)[\s,;]*")  # spreadsheets fill a line with commas


@dataclass
class Table:
    """A table with a line of column names; ``rows[i]`` is line ``lines[i]``. Before it, lines ``# key: value``."""

    path: Path
    header: list[str]
    rows: list[list[str]]
    lines: list[int]
    settings: dict[str, tuple[int, str]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path, columns: Collection[str] | None, keys: Collection[str] = ()) -> Table:
        """A comma- or semicolon-separated file with some of these columns (None: any) and settings.

        Raises
        ------
        InstanceError
            With file and line: no table, unknown or repeated names, a row of another length.
        """
        table = cls(path, [], [], [])
        lines = read_text(path, InstanceError).splitlines()
        for number, raw in enumerate(lines, 1):
            if raw.lstrip().startswith("#"):
                table._set(number, raw.strip(), keys)
                lines[number - 1] = ""
        for line, row in cells(path, lines):
            table._take(line, row, columns)
        if not table.rows:
            table.refuse("the table is empty", None, f"{len(table.header)} columns", "a line of names, then rows")
        return table

    def _set(self, line: int, content: str, keys: Collection[str]) -> None:
        found = SETTING.fullmatch(content)
        if found and (found["key"] not in keys or found["key"] in self.settings):
            self.refuse("a setting is unknown or repeated", line, content, f"once each: {', '.join(keys)}")
        if found:
            self.settings[found["key"]] = line, found["value"]

    def _take(self, line: int, row: list[str], columns: Collection[str] | None) -> None:
        if not self.header:
            self.header = row
            wrong = [name for name in row if columns is not None and name not in columns and not name.startswith("_")]
            if wrong or len(set(row)) < len(row):
                hint = "columns whose names begin with _ are ignored"
                expected = f"once each: {', '.join(columns or ['a name'])}"
                self.refuse("the columns are others", line, ", ".join(wrong or row), expected, hint)
            return
        if len(row) != len(self.header):
            self.refuse("a row has another length", line, len(row), f"{len(self.header)} cells")
        self.rows.append(row)
        self.lines.append(line)

    def refuse(self, what: str, line: int | None, got: object, expected: object, hint: str | None = None) -> NoReturn:
        """Raise with file and line."""
        where = self.path if line is None else f"{self.path}, line {line}"
        raise InstanceError(what, where=where, got=got, expected=expected, hint=hint)

    # -- columns --------------------------------------------------------------------------------
    def texts(self, name: str) -> list[str]:
        """The cells of a column; empty ones where the table lacks it."""
        if name not in self.header:
            return [""] * len(self.rows)
        at = self.header.index(name)
        return [row[at] for row in self.rows]

    def numbers(self, name: str, empty: float | None = None, *, whole: bool = False) -> Floats:
        """float64 [rows]: the numbers of a column; empty cells, and a column that is not there, are ``empty``."""
        out = np.empty(len(self.rows))
        for row, (line, cell) in enumerate(zip(self.lines, self.texts(name), strict=True)):
            out[row] = empty if not cell and empty is not None else self.number(cell, line, name, whole=whole)
        return out

    def number(self, cell: str, line: int, name: str, *, whole: bool = False) -> float:
        """The number that a cell, or a setting, says."""
        good = NUMBER.fullmatch(cell) and math.isfinite(float(cell)) and abs(float(cell)) <= LARGEST
        if not good or (whole and float(cell) != int(float(cell))):
            kind = "an integer" if whole else "a number"
            self.refuse(f"{name} is no number", line, repr(cell), f"{kind} up to {LARGEST:g}")
        return float(cell)

    def flags(self, name: str) -> Bools:
        """bool [rows]: yes, true, 1 or no, false, 0 and nothing."""
        return np.array([self.flag(c, k, name) for k, c in zip(self.lines, self.texts(name), strict=True)])

    def flag(self, cell: str, line: int, name: str) -> bool:
        """What one cell, or a setting, says."""
        if cell.lower() not in FLAGS:
            self.refuse(f"{name} is neither yes nor no", line, repr(cell), "1 or 0")
        return FLAGS[cell.lower()]


def cells(path: Path, lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each row that has any, by commas or by what the first line has more of, semicolons.

    Raises
    ------
    InstanceError
        With file and line: quotes that do not close, or close in the middle of a cell.
    """
    first = next(filter(str.strip, lines), "")
    reader = csv.reader(lines, delimiter=";" if first.count(";") > first.count(",") else ",", strict=True)
    try:
        for row in reader:
            if any(found := [cell.strip() for cell in row]):
                yield reader.line_num, found
    except csv.Error as error:
        where, expected = f"{path}, line {reader.line_num}", "comma-separated values"
        raise InstanceError("the table cannot be read", where=where, got=error, expected=expected) from error
