"""Pickup and delivery with time windows in the form of Li and Lim (2001)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.files.made import made
from headway.domains.routing.files.scan import Scanned, numbers
from headway.domains.routing.files.text import read_text
from headway.errors import InstanceError

HEAD = ("vehicles", "capacity", "speed")
COLUMNS = ("number", "x", "y", "demand", "ready time", "due date", "service time", "pickup", "delivery")
WHOLE = (0, 3, 7, 8)


def read_li_lim(path: Path, convention: str | None = None, allowed: frozenset[str] | None = None) -> RoutingInstance:
    """One instance (a batch of one): vehicles, capacity and speed, then nine numbers for the depot and each task.

    A pickup has a demand above 0 and the number of its delivery, which has the same below 0 and that of its pickup. The
    speed has no meaning. The number of vehicles is a limit only where the rule ``fleet`` is allowed, as in Solomon's
    files.

    Parameters
    ----------
    convention : how distances, which are the travel times, are rounded; None: not at all, as in published results
    allowed : rules the instance may have (`switches.USED`); None: all

    Raises
    ------
    InstanceError
        With file, line, what was found and what was expected.
    """
    file, text = Scanned(path), read_text(path, InstanceError)
    found = [(line, numbers(file, line, raw)) for line, raw in enumerate(text.splitlines(), 1) if raw.strip()]
    (top, head), rows = found[0], found[1:]
    _check(file, top, head, rows)
    table = np.array([row for _, row in rows])
    amount, origin = table[:, 3].astype(np.int64), table[:, 7].astype(np.int64)
    fields = {
        "name": path.stem, "capacity": int(head[1]), "customers": len(rows) - 1, "convention": convention or "float",
        "coords": table[:, 1:3], "demand": np.maximum(-amount, 0), "pickup": np.maximum(amount, 0), "origin": origin,
        "earliest": table[:, 4], "latest": table[:, 5], "service": table[:, 6],
    }  # fmt: skip
    if allowed is None or "fleet" in allowed:
        fields["fleet"] = int(head[0])

    def place(field: str, node: int | None) -> str:
        return f"{path}, line {top if field in ('capacity', 'fleet') else rows[node or 0][0]}"

    return made(fields, place, allowed)


def _check(file: Scanned, top: int, head: list[float], rows: list[tuple[int, list[float]]]) -> None:
    if len(head) != len(HEAD) or any(value != int(value) for value in head[:2]) or min(head[:2]) < 1:
        file.refuse("the first line is another one", top, head, f"whole numbers above 0: {', '.join(HEAD)}")
    if len(rows) < 2:
        file.refuse("there is no customer", top, f"{len(rows)} rows", "a depot and at least one customer")
    for number, (line, row) in enumerate(rows):
        if len(row) != len(COLUMNS):
            file.refuse("a row has another length", line, len(row), f"{len(COLUMNS)} numbers: {', '.join(COLUMNS)}")
        if any(row[column] != int(row[column]) for column in WHOLE):
            got = " ".join(f"{row[column]:g}" for column in WHOLE)
            file.refuse("a number is not whole", line, got, ", ".join(COLUMNS[column] for column in WHOLE))
        if row[0] != number:
            file.refuse("a customer is out of order", line, f"{row[0]:g}", number)
    for line, row in rows[1:]:
        _check_pair(file, line, row, rows)


def _check_pair(file: Scanned, line: int, row: list[float], rows: list[tuple[int, list[float]]]) -> None:
    """The other half exists, and names this one."""
    there, back = (7, 8) if row[3] < 0 else (8, 7)
    other = int(row[there])
    known = 0 < other < len(rows) and rows[other][1][back] == row[0] and row[back] == 0
    if not known:
        expected = "a pickup (demand > 0) and a delivery (demand < 0) that name each other, and 0 for the other number"
        file.refuse("a pair is none", line, f"demand {row[3]:g}, pickup {row[7]:g}, delivery {row[8]:g}", expected)
