"""Dispatched days as a table: a row per stop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from headway.domains.routing.dynamic.instance import Day, Dispatches
from headway.domains.routing.family.solution import Routes
from headway.errors import SolutionError
from headway.storage.files import write_text

COLUMNS = ("wave", "vehicle", "stop", "order")


def write_dispatches(solution: Dispatches, path: Path) -> Path:
    """Write one day (a batch of one): wave from 0, vehicle and stop from 1, order; or .npz where the path says so."""
    path = Path(path)
    if path.suffix == ".npz":
        return solution.save(path)
    lines = [",".join(COLUMNS)]
    for vehicle, route in enumerate(Routes(solution.visits[:1]).routes(), 1):
        lines += [f"{solution.wave[0, order]},{vehicle},{stop},{order}" for stop, order in enumerate(route, 1)]
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_text(path, "\n".join(lines) + "\n")


def read_dispatches(day: Day, path: Path) -> Dispatches:
    """Read what `write_dispatches` wrote for this day (a batch of one).

    Raises
    ------
    SolutionError
        With file and line: other columns, no whole number, an order the day does not have.
    """
    import pandas as pd

    path = Path(path)
    if path.suffix == ".npz":
        return Dispatches.restore(path)
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise SolutionError("the file cannot be read", where=path, got=error, expected=",".join(COLUMNS)) from error
    if tuple(table.columns) != COLUMNS:
        raise SolutionError("the columns differ", where=path, got=list(table.columns), expected=list(COLUMNS))
    _check(path, table, day.demand.shape[1])
    stops = table.astype(int).sort_values(["vehicle", "stop"], kind="stable")
    wave = np.zeros(day.demand.shape, np.int64)
    wave[0, stops["order"]] = stops["wave"]
    routes = Routes.of([route["order"].tolist() for _, route in stops.groupby("vehicle")])
    return Dispatches(routes.visits, wave)


def _check(path: Path, table: Any, nodes: int) -> None:
    for name in COLUMNS:
        sound = table[name].str.fullmatch("[0-9]{1,9}")
        if name == "order":
            number = table[name].where(sound, "0").astype(int)
            sound &= (number > 0) & (number < nodes)
        if not sound.all():
            row = int((~sound).to_numpy().argmax())
            raise SolutionError(
                f"a stop has no {name}", where=f"{path}, line {row + 2}", got=repr(table[name][row]),
                expected=f"1..{nodes - 1}" if name == "order" else "a whole number",
            )  # fmt: skip
