"""The solution: what each machine makes in each period, as an array and as a CSV list."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headway.batch import Batch
from headway.domains.inventory.lot_sizing.instance import PlantPath
from headway.errors import SolutionError
from headway.storage.files import read_rows, write_rows

COLUMNS = ("period", "machine", "item")


@dataclass(frozen=True)
class Plan(Batch):
    """What each machine makes in each period.

    Attributes
    ----------
    item : int64 [B, T, M], 0 idle, else the number of the item, 1 to I
    """

    error = SolutionError

    item: NDArray[np.int64]

    def validate(self) -> None:
        """Raise SolutionError where it is no table of items by period and machine."""
        if self.item.ndim != 3 or self.item.dtype != np.int64:
            got = f"{self.item.dtype} {self.item.shape}"
            expected = "int64 [batch, periods, machines]"
            raise self.error("a plan of another type", where="Plan.item", got=got, expected=expected)


def write_csv(solution: Plan, file: Path) -> Path:
    """Write a batch of one as ``period,machine,item``, all counted from 1; what is not listed is idle."""
    plan = solution.item[0]
    return write_rows(file, [COLUMNS, *([t + 1, m + 1, int(plan[t, m])] for t, m in np.argwhere(plan != 0))])


def read_csv(path: PlantPath, file: Path) -> Plan:
    """Read the plan of ``path`` (a batch of one); columns and lines may come in any sequence.

    Raises
    ------
    SolutionError
        The file is missing, or a line names an unknown period, machine or item, or a machine twice; with its line.
    """
    limits = dict(zip(COLUMNS, (int(path.horizon[0]), path.machines, path.items), strict=True))
    plan, seen = np.zeros((limits["period"], limits["machine"]), np.int64), dict[tuple[int, int], str]()
    for where, cells in read_rows(file, COLUMNS):
        row = _numbers(where, cells, limits)
        place = row["period"] - 1, row["machine"] - 1
        if place in seen:
            first = f"only at {seen[place]}"
            raise SolutionError("a machine is told twice in a period", where=where, got=cells, expected=first)
        seen[place] = where
        plan[place] = row["item"]
    return Plan(plan[None])


def _numbers(where: str, row: dict[str, str], limits: dict[str, int]) -> dict[str, int]:
    for name, most in limits.items():
        text = row[name]
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= most):
            raise SolutionError(f"an unknown {name}", where=where, got=repr(text), expected=f"1 to {most}")
    return {name: int(row[name]) for name in limits}
