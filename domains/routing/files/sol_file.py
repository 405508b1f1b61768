"""Solutions in the VRPLIB form: a line ``Route #k: ...`` for each route, then ``Cost ...``."""

from __future__ import annotations

import re
from pathlib import Path

from headway.domains.routing.family.solution import Routes
from headway.domains.routing.files.text import read_text
from headway.errors import SolutionError
from headway.storage.files import write_text

ROUTE = re.compile(r"route\s*#?\s*[0-9]+\s*:(?P<visits>.*)", re.IGNORECASE)
REMARK = re.compile(r"(cost|time)\s*:?\s*[-+.0-9a-z]+|#.*", re.IGNORECASE)


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
    routes = []
    for number, raw in enumerate(read_text(path, SolutionError).splitlines(), 1):
        line, where = raw.strip(), f"{path}, line {number}"
        if found := ROUTE.fullmatch(line):
            routes.append([_customer(where, token) for token in found["visits"].split()])
        elif line and not REMARK.fullmatch(line):
            raise SolutionError("a line is no route", where=where, got=repr(line[:80]), expected="Route #1: 4 7 2")
    if not routes:
        raise SolutionError("the file holds no route", where=path, got="nothing", expected="Route #1: 4 7 2")
    return Routes.of(routes)


def write_routes(path: Path, solution: Routes, cost: float) -> Path:
    """Write one solution (a batch of one) as a ``.sol`` file, or as .npz where the path says so."""
    path = Path(path)
    if path.suffix == ".npz":
        return solution.save(path)
    if len(solution) != 1:
        raise SolutionError("a .sol file holds one solution", where=path, got=len(solution), expected=1)
    lines = [f"Route #{k}: {' '.join(map(str, route))}" for k, route in enumerate(solution.routes(), 1)]
    lines.append(f"Cost {int(cost) if cost.is_integer() else cost!r}")
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_text(path, "\n".join(lines) + "\n")


def _customer(where: str, token: str) -> int:
    if not re.fullmatch(r"[0-9]{1,15}", token):
        raise SolutionError(
            "a visit is no customer", where=where, got=repr(token), expected="a customer's number: 1, 2, ..."
        )
    return int(token)
