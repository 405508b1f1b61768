"""Files of orders: a line a decision date, a column an asset, in any order; what every problem of the domain reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from headway.errors import SolutionError
from headway.storage.files import read_rows


def read_orders(file: Path, names: Sequence[str]) -> list[tuple[str, np.datetime64, list[str]]]:
    """Of each line: where it stands, its date, and its cells in the order of ``names``, unread.

    Raises
    ------
    SolutionError
        The file is missing, names other columns than ``date`` and ``names``, or a line has another number of cells or
        no date.
    """
    return [_line(where, row, names) for where, row in read_rows(file, ["date", *names])]


def _line(where: str, row: dict[str, str], names: Sequence[str]) -> tuple[str, np.datetime64, list[str]]:
    try:
        return where, np.datetime64(row["date"], "D"), [row[name] for name in names]
    except ValueError as error:
        raise SolutionError("a date cannot be read", where=where, got=row, expected="YYYY-MM-DD") from error
