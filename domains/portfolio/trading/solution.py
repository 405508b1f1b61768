"""The solution: lots to buy or sell per decision date, as arrays and as a CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headway.batch import Batch
from headway.domains.portfolio.market.instance import PricePath
from headway.errors import SolutionError
from headway.storage.files import write_text


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
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["date", *solution.assets[0]])
    writer.writerows([date, *map(int, row)] for date, row in zip(solution.dates[0], solution.lots[0], strict=True))
    return write_text(file, text.getvalue())


def read_csv(path: PricePath, file: Path) -> Lots:
    """Read orders for ``path`` (a batch of one); columns may come in any order.

    Raises
    ------
    SolutionError
        The file is missing, names other assets, or a row is no date followed by whole numbers.
    """
    try:
        with file.open(newline="", encoding="utf-8") as stream:
            header, *rows = list(csv.reader(stream)) or [[]]
    except (OSError, UnicodeDecodeError) as error:
        raise SolutionError("the orders cannot be read", where=file, got=error, expected="a CSV file") from error
    names = ["date", *path.assets[0]]
    if sorted(header) != sorted(names):
        raise SolutionError("the header names other columns", where=f"{file}, row 1", got=header, expected=names)
    table = [_row(file, number, dict(zip(header, row, strict=False)), names) for number, row in enumerate(rows, 2)]
    dates = np.array([row[0] for row in table], "datetime64[D]")
    lots = np.array([row[1:] for row in table], np.int64).reshape(1, len(table), len(names) - 1)
    return Lots(dates[None], path.assets, lots)


def _row(file: Path, number: int, cells: dict[str, str], names: list[str]) -> list[object]:
    try:
        return [np.datetime64(cells["date"], "D"), *(int(cells[name]) for name in names[1:])]
    except (ValueError, KeyError) as error:
        raise SolutionError(
            "a row cannot be read",
            where=f"{file}, row {number}",
            got=error,
            expected="a date (YYYY-MM-DD) and a whole number of lots for each asset",
        ) from error
