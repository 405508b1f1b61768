"""Matrices of distances or durations as CSV, with or without names."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from headway.domains.routing.family.instance import Floats
from headway.domains.routing.files.table import Table, cells
from headway.domains.routing.files.text import read_text
from headway.errors import InstanceError


def read_matrix(path: Path, names: list[str]) -> Floats:
    """float64 [N, N]: the entries from row to column, in the order of ``names``.

    A file whose first line begins with an empty cell, or with ``from``, has the names of the columns in that line and
    those of the rows in its first column, in any order, and maybe more of them. Any other is numbers only, in order.

    Raises
    ------
    InstanceError
        With file and line: a name is missing, an entry is no number, the form is another one.
    """
    rows = list(cells(path, read_text(path, InstanceError).splitlines()))
    if rows and rows[0][1][0] in ("", "from"):
        return _named(path, names)
    table = Table(path, [str(column) for column in range(len(names))], [], [])
    for line, row in rows:
        if len(row) != len(names):
            table.refuse("a row has another length", line, len(row), f"{len(names)} entries, one for each node")
        table.rows.append(row)
        table.lines.append(line)
    if len(table.rows) != len(names):
        table.refuse("the matrix has another size", None, f"{len(table.rows)} rows", len(names))
    return np.stack([table.numbers(column) for column in table.header], axis=1)


def _named(path: Path, names: list[str]) -> Floats:
    table = Table.read(path, None)
    rows = table.texts(table.header[0])
    for name in names:
        if name not in table.header[1:] or rows.count(name) != 1:
            got = f"{table.header[1:].count(name)} columns and {rows.count(name)} rows {name!r}"
            table.refuse("a name is missing or repeated", None, got, "one of each")
    entries = np.stack([table.numbers(name) for name in names], axis=1)
    return entries[[rows.index(name) for name in names]]
