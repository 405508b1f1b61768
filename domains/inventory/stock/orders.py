"""The solution: quantities ordered, as an array and as a CSV list of orders that people and pandas read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headway.batch import Batch
from headway.domains.inventory.stock.instance import StockPath
from headway.errors import SolutionError
from headway.storage.files import read_rows, write_rows


@dataclass(frozen=True)
class Orders(Batch):
    """What is ordered in each decided period.

    Attributes
    ----------
    quantity : float64 [B, T - start, I], units of goods, >= 0
    """

    error = SolutionError

    quantity: NDArray[np.float64]

    def validate(self) -> None:
        """Raise SolutionError where the quantities are no numbers in periods and items."""
        if self.quantity.ndim != 3 or self.quantity.dtype != np.float64:
            raise self.error(
                "quantities of another type",
                where="Orders.quantity",
                got=f"{self.quantity.dtype} {self.quantity.shape}",
                expected="float64 [batch, decided periods, items]",
            )


def write_csv(path: StockPath, solution: Orders, file: Path) -> Path:
    """Write a batch of one as ``period,item,quantity`` (``date`` where there is a calendar), one line an order.

    Periods count from the start of the path, the first decided one being ``start``. What is not listed is not
    ordered. Numbers are exact (shortest round trip).
    """
    column, periods = _calendar(path)
    quantity = solution.quantity[0]
    ordered = ([periods[t], path.items[0, i], repr(float(quantity[t, i]))] for t, i in np.argwhere(quantity != 0))
    return write_rows(file, [[column, "item", "quantity"], *ordered])


def read_csv(path: StockPath, file: Path) -> Orders:
    """Read the orders of ``path`` (a batch of one); columns and lines may come in any sequence.

    Raises
    ------
    SolutionError
        The file is missing, or a line names an unknown period or item, one twice, or no number; with its line.
    """
    column, periods = _calendar(path)
    quantity = np.zeros((len(periods), path.items.shape[1]))
    known = {column: {name: t for t, name in enumerate(periods)}}
    known["item"] = {str(name): i for i, name in enumerate(path.items[0])}
    seen: dict[tuple[int, int], str] = {}
    for where, row in read_rows(file, [column, "item", "quantity"]):
        place, amount = _order(where, known, row)
        if place in seen:
            raise SolutionError("an order is listed twice", where=where, got=row, expected=f"only at {seen[place]}")
        seen[place] = where
        quantity[place] = amount
    return Orders(quantity[None])


def _calendar(path: StockPath) -> tuple[str, list[str]]:
    """The name of the first column, and what the decided periods are called in it."""
    dates = path.dates[0, path.first : path.length]
    if len(dates) and np.isnat(dates[0]):
        return "period", [str(t) for t in range(path.first, path.length)]
    return "date", [str(date) for date in dates]


def _order(where: str, known: dict[str, dict[str, int]], row: dict[str, str]) -> tuple[tuple[int, int], float]:
    """One line as (period, item) and quantity."""
    place = []
    for column, names in known.items():
        if row[column] not in names:
            *_, last = names
            first = next(iter(names))
            expected = f"one of the {len(names)} from {first} to {last}"
            raise SolutionError(f"an unknown {column}", where=where, got=repr(row[column]), expected=expected)
        place.append(names[row[column]])
    try:
        return (place[0], place[1]), float(row["quantity"])
    except ValueError as error:
        raise SolutionError(
            "a quantity is no number", where=where, got=repr(row["quantity"]), expected="a number"
        ) from error
