"""The solution: lots to buy or sell per decision date, as arrays and as a CSV."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headway.batch import Batch
from headway.domains.portfolio.market.instance import PricePath
from headway.domains.portfolio.market.orders import read_orders
from headway.errors import SolutionError
from headway.storage.files import write_rows


@dataclass(frozen=True)
class Lots(Batch):
    """Orders given at the close of each date: so many lots to buy (above zero) or to sell (below).

    Attributes
    ----------
    dates : datetime64[D] [B, D]
    assets : str [B, N]
    lots : int64 [B, D, N]
    """

    error = SolutionError

    dates: NDArray[np.datetime64]
    assets: NDArray[np.str_]
    lots: NDArray[np.int64]

    def validate(self) -> None:
        """Raise SolutionError where the shapes do not belong together, or lots are not whole."""
        expected = (*self.dates.shape, self.assets.shape[-1])
        if self.lots.shape != expected or self.lots.dtype != np.int64:
            raise self.error(
                "lots have another shape than dates and assets imply, or are not whole",
                where="Lots.lots",
                got=f"{self.lots.dtype} {self.lots.shape}",
                expected=f"int64 {expected}: batch, dates, assets",
            )


def write_csv(solution: Lots, file: Path) -> Path:
    """Write a batch of one as ``date,<asset>,...``."""
    lines = ([date, *map(int, row)] for date, row in zip(solution.dates[0], solution.lots[0], strict=True))
    return write_rows(file, [["date", *solution.assets[0]], *lines])


def read_csv(path: PricePath, file: Path) -> Lots:
    """Read orders for ``path`` (a batch of one); columns may come in any order.

    Raises
    ------
    SolutionError
        The file is missing, names other assets, or a row is no date followed by whole numbers.
    """
    names = list(path.assets[0])
    table = [(date, _lots(where, cells)) for where, date, cells in read_orders(file, names)]
    dates = np.array([date for date, _ in table], "datetime64[D]")
    lots = np.array([row for _, row in table], np.int64).reshape(1, len(table), len(names))
    return Lots(dates[None], path.assets, lots)


def _lots(where: str, cells: list[str]) -> list[int]:
    try:
        return [int(cell) for cell in cells]
    except ValueError as error:
        expected = "a whole number of lots for each asset"
        raise SolutionError("a line cannot be read", where=where, got=error, expected=expected) from error
