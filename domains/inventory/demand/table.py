"""A CSV file as text cells with their places, so that what is wrong can be quoted where it stands."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headway.errors import DataError, UnknownNameError


@dataclass(frozen=True)
class Table:
    """Rows of a file: ``rows[i]`` stands in line ``lines[i]`` and has one cell per column of ``header``."""

    path: Path
    header: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    lines: Sequence[int]

    @classmethod
    def read(cls, path: Path, delimiter: str = ",") -> Table:
        """A ``.csv`` or ``.csv.gz`` in UTF-8 whose first line names the columns; empty lines are skipped.

        Raises
        ------
        DataError
            The file is missing, is no UTF-8 text, or its rows differ in length.
        """
        reader = csv.reader(_text(path).splitlines(), delimiter=delimiter)
        try:
            found = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if row]
        except csv.Error as error:
            raise DataError("the table cannot be read", where=f"{path}, row {reader.line_num}", got=error) from error
        if len(found) < 2:
            expected = "a line of column names and rows below it"
            raise DataError("the table is empty", where=path, got=f"{len(found)} rows", expected=expected)
        (_, header), *rest = found
        table = cls(path, tuple(header), [row for _, row in rest], [line for line, _ in rest])
        table._check()
        return table

    def _check(self) -> None:
        if len(set(self.header)) < len(self.header):
            where = f"{self.path}, row 1"
            raise DataError("a column appears twice", where=where, got=list(self.header), expected="unique names")
        for line, row in zip(self.lines, self.rows, strict=True):
            if len(row) != len(self.header):
                raise DataError(
                    "a row has another number of cells than the first",
                    where=f"{self.path}, row {line}",
                    got=len(row),
                    expected=f"{len(self.header)} ({', '.join(self.header[:4])}, ...)",
                )

    def column(self, name: str) -> list[str]:
        if name not in self.header:
            raise UnknownNameError("column", name, self.header, where=f"{self.path}, row 1")
        at = self.header.index(name)
        return [row[at] for row in self.rows]

    def place(self, row: int, name: str) -> str:
        return f"{self.path}, row {self.lines[row]}, column {name}"

    def dates(self, name: str) -> NDArray[np.datetime64]:
        """datetime64[D] [rows]. Raises DataError where a cell is no date YYYY-MM-DD."""
        cells = self.column(name)
        try:
            dates = np.array(cells, "datetime64[D]")
        except ValueError:
            dates = np.array([_date(cell) for cell in cells])
        whole = np.array([len(cell) == len("YYYY-MM-DD") for cell in cells])  # numpy also takes 2020 and 2020-05
        self.refuse(name, np.isnat(dates) | ~whole, "a date, YYYY-MM-DD")
        return dates

    def numbers(self, name: str, least: float = -np.inf) -> NDArray[np.float64]:
        """float64 [rows]. Raises DataError where a cell is empty, no finite number, or below ``least``."""
        cells = self.column(name)
        try:
            values = np.array(cells, np.float64)
        except ValueError:
            values = np.array([_number(cell) for cell in cells])
        self.refuse(name, np.isnan(values) & (np.array(cells) == ""), "a number, not an empty cell")
        bounded = "" if least == -np.inf else f", {least:g} or more"
        self.refuse(name, ~(np.isfinite(values) & (values >= least)), f"a finite number{bounded}")
        return values

    def refuse(self, name: str, bad: NDArray[np.bool_], expected: str) -> None:
        """Raise DataError at the first row where ``bad`` is true."""
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            got = repr(self.column(name)[row])
            raise DataError("a cell cannot be used", where=self.place(row, name), got=got, expected=expected)


def _text(path: Path) -> str:
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError) as error:
        raise DataError("the table cannot be read", where=path, got=error, expected="a CSV file") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DataError(
            "the table is not UTF-8 text",
            where=f"{path}, row {line}",
            got=f"byte 0x{content[error.start]:02x}",
            expected="UTF-8",
            hint="save it as 'CSV UTF-8'",
        ) from error


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return np.nan


def _date(cell: str) -> np.datetime64:
    try:
        return np.datetime64(cell, "D")
    except ValueError:
        return np.datetime64("NaT", "D")
