"""Instances with time windows in the form of Solomon (1987) and of Gehring and Homberger (1999)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.files.made import made
from headway.domains.routing.files.scan import Scanned, numbers
from headway.domains.routing.files.text import read_text
from headway.errors import InstanceError

# The lines before the customers, whatever their spaces; the vehicles stand behind the third.
TITLES = ("VEHICLE", "NUMBER CAPACITY", "CUSTOMER", "CUST NO. XCOORD. YCOORD. DEMAND READY TIME DUE DATE SERVICE TIME")
COLUMNS = ("number", "x", "y", "demand", "ready time", "due date", "service time")
WHOLE = {0: "number", 3: "demand"}
FORM = "the form of Solomon's files"


def read_solomon(path: Path, convention: str | None = None, allowed: frozenset[str] | None = None) -> RoutingInstance:
    """One instance (a batch of one): a name, ``NUMBER CAPACITY``, and seven numbers for the depot and each customer.

    The number of vehicles is a limit only where the rule ``fleet`` is allowed: published costs, and best known values,
    are of any number (12th DIMACS challenge, VRPTW track).

    Parameters
    ----------
    convention : how distances, which are the travel times, are rounded; None: ``trunc1``, as in published costs
    allowed : rules the instance may have (`switches.USED`); None: all

    Raises
    ------
    InstanceError
        With file, line, what was found and what was expected.
    """
    text = read_text(path, InstanceError)
    lines = ((number, " ".join(raw.split())) for number, raw in enumerate(text.splitlines(), 1) if raw.strip())
    file = Scanned(path)
    name = _next(file, lines)[1]
    for title in TITLES[:2]:
        _check_title(file, *_next(file, lines), title)
    fleet_line, content = _next(file, lines)
    fleet, capacity = _whole_pair(file, fleet_line, content)
    for title in TITLES[2:]:
        _check_title(file, *_next(file, lines), title)
    rows = [(line, _row(file, line, content, k)) for k, (line, content) in enumerate(lines)]
    if len(rows) < 2:
        file.refuse("there is no customer", fleet_line, f"{len(rows)} rows", "a depot and at least one customer")
    table = np.array([row for _, row in rows])
    fields = {
        "name": name, "capacity": capacity, "customers": len(rows) - 1, "convention": convention or "trunc1",
        "coords": table[:, 1:3], "demand": table[:, 3].astype(np.int64),
        "earliest": table[:, 4], "latest": table[:, 5], "service": table[:, 6],
    }  # fmt: skip
    if allowed is None or "fleet" in allowed:
        fields["fleet"] = fleet

    def place(field: str, node: int | None) -> str:
        line = fleet_line if field in ("capacity", "fleet") else rows[node or 0][0]
        return f"{path}, line {line}"

    return made(fields, place, allowed)


def _next(file: Scanned, lines: Iterator[tuple[int, str]]) -> tuple[int, str]:
    found = next(lines, None)
    if found is None:
        file.refuse("the file ends early", None, "its end", FORM)
    return found


def _check_title(file: Scanned, line: int, content: str, title: str) -> None:
    if content.upper() != title:
        file.refuse(f"the file has not {FORM}", line, repr(content), title)


def _whole_pair(file: Scanned, line: int, content: str) -> tuple[int, int]:
    values = numbers(file, line, content)
    if len(values) != 2 or any(v != int(v) or v < 1 for v in values):
        file.refuse("the vehicles are no vehicles", line, repr(content), "two whole numbers above 0: number, capacity")
    return int(values[0]), int(values[1])


def _row(file: Scanned, line: int, content: str, number: int) -> list[float]:
    row = numbers(file, line, content)
    if len(row) != len(COLUMNS):
        file.refuse("a row has another length", line, len(row), f"{len(COLUMNS)} numbers: {', '.join(COLUMNS)}")
    for column, name in WHOLE.items():
        if row[column] != int(row[column]):
            file.refuse(f"a {name} is no whole number", line, f"{row[column]:g}", "an integer")
    if row[0] != number:
        file.refuse("a customer is out of order", line, f"{row[0]:g}", number)
    return row
