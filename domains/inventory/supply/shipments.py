"""The solution: quantities shipped, as an array and as a CSV list that people and pandas read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headway.batch import Batch, pad
from headway.domains.inventory.supply.instance import SupplyPath
from headway.errors import SolutionError
from headway.storage.files import read_rows, write_rows

COLUMNS = ["period", "link", "from", "to", "quantity"]
SUPPLIER = "outside"  # what the file calls where outside links begin


@dataclass(frozen=True)
class Shipments(Batch):
    """What is shipped along each link in each period.

    Attributes
    ----------
    quantity : float64 [B, T, E], units of goods, >= 0; 0 from a row's horizon on and along padded links
    """

    error = SolutionError

    quantity: NDArray[np.float64] = pad(0.0)

    def validate(self) -> None:
        """Raise SolutionError where the quantities are no numbers in periods and links."""
        if self.quantity.ndim != 3 or self.quantity.dtype != np.float64:
            raise self.error(
                "quantities of another type",
                where="Shipments.quantity",
                got=f"{self.quantity.dtype} {self.quantity.shape}",
                expected="float64 [batch, periods, links]",
            )


def write_csv(path: SupplyPath, solution: Shipments, file: Path) -> Path:
    """Write a batch of one as ``period,link,from,to,quantity``, one line a shipment; ``link`` is the link's number.

    What is not listed is not shipped. Numbers are exact (shortest round trip).
    """
    quantity = solution.quantity[0]
    shipped = ([t, e, *_ends(path, e), repr(float(quantity[t, e]))] for t, e in np.argwhere(quantity != 0))
    return write_rows(file, [COLUMNS, *shipped])


def read_csv(path: SupplyPath, file: Path) -> Shipments:
    """Read the shipments of ``path`` (a batch of one); columns and lines may come in any sequence.

    Raises
    ------
    SolutionError
        The file is missing, or a line names no period or link, one twice, other ends than the link's, or
        no number; with its line.
    """
    quantity = np.zeros((path.demand.shape[1], path.tail.shape[1]))
    seen: dict[tuple[int, int], str] = {}
    for where, row in read_rows(file, COLUMNS):
        place = _place(where, path, row)
        if place in seen:
            raise SolutionError("a shipment is listed twice", where=where, got=row, expected=f"only at {seen[place]}")
        seen[place] = where
        quantity[place] = _number(where, row)
    return Shipments(quantity[None])


def _ends(path: SupplyPath, link: int) -> tuple[str, str]:
    """What the file calls the ends of a link."""
    tail, head = int(path.tail[0, link]), int(path.head[0, link])
    return (SUPPLIER if tail < 0 else str(path.nodes[0, tail])), str(path.nodes[0, head])


def _place(where: str, path: SupplyPath, row: dict[str, str]) -> tuple[int, int]:
    """(period, link) of a line."""
    place = []
    for column, n in (("period", int(path.horizon[0])), ("link", int(path.exists[0].sum()))):
        if not (row[column].isascii() and row[column].isdigit() and int(row[column]) < n):
            raise SolutionError(f"an unknown {column}", where=where, got=repr(row[column]), expected=f"0 to {n - 1}")
        place.append(int(row[column]))
    if (got := (row["from"], row["to"])) != (expected := _ends(path, place[1])):
        raise SolutionError("a link has other ends", where=where, got=got, expected=expected)
    return place[0], place[1]


def _number(where: str, row: dict[str, str]) -> float:
    try:
        return float(row["quantity"])
    except ValueError as error:
        raise SolutionError(
            "a quantity is no number", where=where, got=repr(row["quantity"]), expected="a number"
        ) from error
