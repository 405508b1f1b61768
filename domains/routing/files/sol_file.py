"""Solutions in the VRPLIB form: a line ``Route #k: ...`` for each route, then ``Cost ...``.

Customers are numbered 1, 2, ... in the order of the instance. A route from a further depot says so:
``Route #2 (depot 1): 5 3``; the first depot is 0.
"""

from __future__ import annotations

import re
from pathlib import Path

from headway.domains.routing.family.solution import Routes
from headway.domains.routing.files.text import read_text
from headway.errors import SolutionError
from headway.storage.files import write_text

ROUTE = re.compile(r"route\s*#?\s*[0-9]+\s*(\(depot (?P<depot>[0-9]{1,9})\)\s*)?:(?P<visits>.*)", re.IGNORECASE)
# Costs, comments, and the head of the files that SINTEF publishes.
REMARK = re.compile(
    r"(cost|time)\s*:?\s*[-+.0-9a-z]+|#.*|(instance name|authors?|date|reference)\s*:.*|solution", re.IGNORECASE
)


def read_routes(path: Path) -> Routes:
    """One solution (a batch of one) from a ``.sol`` file, or from what `Batch.save` wrote.

    The stated cost is not trusted: the scorer recomputes it.

    Raises
    ------
    SolutionError
        With file and line.
    """
    path = Path(path)
    if path.suffix == ".npz":
        return Routes.restore(path)
    routes, depots = [], []
    for number, raw in enumerate(read_text(path, SolutionError).splitlines(), 1):
        line, where = raw.strip(), f"{path}, line {number}"
        if found := ROUTE.fullmatch(line):
            depots.append(int(found["depot"] or 0))
            routes.append([_customer(where, token) for token in found["visits"].split()])
        elif line and not REMARK.fullmatch(line):
            raise SolutionError("a line is no route", where=where, got=repr(line[:80]), expected="Route #1: 4 7 2")
    if not routes:
        raise SolutionError("the file holds no route", where=path, got="nothing", expected="Route #1: 4 7 2")
    return Routes.of(routes, depots)


def write_routes(path: Path, solution: Routes, cost: float) -> Path:
    """Write one solution (a batch of one) as a ``.sol`` file, or as .npz where the path says so."""
    path = Path(path)
    if path.suffix == ".npz":
        return solution.save(path)
    if len(solution) != 1:
        raise SolutionError("a .sol file holds one solution", where=path, got=len(solution), expected=1)
    leaving = solution.leaving()
    at = [f" (depot {depot})" if any(depot for depot, _ in leaving) else "" for depot, _ in leaving]
    lines = [f"Route #{k + 1}{at[k]}: {' '.join(map(str, route))}" for k, (_, route) in enumerate(leaving)]
    lines.append(f"Cost {int(cost) if cost.is_integer() else cost!r}")
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_text(path, "\n".join(lines) + "\n")


def _customer(where: str, token: str) -> int:
    if not re.fullmatch(r"[0-9]{1,15}", token):
        raise SolutionError(
            "a visit is no customer", where=where, got=repr(token), expected="a customer's number: 1, 2, ..."
        )
    return int(token)
