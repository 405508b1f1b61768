"""Files of orders: a line a decision date, a column an asset, in any order; what every problem of the domain reads."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from headway.errors import SolutionError


def read_orders(file: Path, names: Sequence[str]) -> list[tuple[str, np.datetime64, list[str]]]:
    """Of each line: where it stands, its date, and its cells in the order of ``names``, unread.

    Raises
    ------
    SolutionError
        The file is missing, names other columns than ``date`` and ``names``, or a line has another number of cells or
        no date.
    """
    try:
        with file.open(newline="", encoding="utf-8") as stream:
            header, *rows = list(csv.reader(stream)) or [[]]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SolutionError("the orders cannot be read", where=file, got=error, expected="a CSV file") from error
    columns = ["date", *names]
    if sorted(header) != sorted(columns):
        raise SolutionError("the header names other columns", where=f"{file}, row 1", got=header, expected=columns)
    return [_line(f"{file}, row {number}", header, cells, names) for number, cells in enumerate(rows, 2)]


def _line(
    where: str, header: list[str], cells: list[str], names: Sequence[str]
) -> tuple[str, np.datetime64, list[str]]:
    if len(cells) != len(header):
        raise SolutionError("a row has another number of cells", where=where, got=len(cells), expected=len(header))
    row = dict(zip(header, cells, strict=True))
    try:
        return where, np.datetime64(row["date"], "D"), [row[name] for name in names]
    except ValueError as error:
        raise SolutionError("a date cannot be read", where=where, got=cells, expected="YYYY-MM-DD") from error
