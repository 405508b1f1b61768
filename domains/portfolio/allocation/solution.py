"""The solution: target weights per decision date, as arrays and as a CSV that people and pandas read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headway.batch import Batch
from headway.domains.portfolio.accounting.rules import Rules
from headway.domains.portfolio.market.instance import CASH, PricePath
from headway.domains.portfolio.market.orders import read_orders
from headway.errors import SolutionError
from headway.storage.files import write_rows


@dataclass(frozen=True)
class Weights(Batch):
    """Orders: at the close of each date, hold these shares of wealth from the trade on.

    A row of zeros orders nothing: holdings drift on (buy and hold). In the CSV it is a date with
    empty cells.

    Attributes
    ----------
    dates : datetime64[D] [B, D], when each decision was taken (it is traded ``lag`` days later)
    assets : str [B, N]
    weights : float64 [B, D, N + 1], fractions of wealth, cash last; a row sums to 1
    """

    error = SolutionError

    dates: NDArray[np.datetime64]
    assets: NDArray[np.str_]
    weights: NDArray[np.float64]

    def validate(self) -> None:
        """Raise SolutionError where the shapes do not belong together."""
        expected = (*self.dates.shape, self.assets.shape[-1] + 1)
        if self.weights.shape != expected:
            raise self.error(
                "weights have another shape than dates and assets imply",
                where="Weights.weights",
                got=self.weights.shape,
                expected=f"{expected}: batch, dates, assets and cash",
            )


def orders(path: PricePath, rules: Rules, weights: NDArray[np.float64]) -> Weights:
    """Weights [B, D, N + 1] as a solution of ``path``, one row per decision."""
    days = path.decisions(rules.every, rules.lag)
    return Weights(path.dates[:, days], path.assets, np.asarray(weights, np.float64))


def write_csv(solution: Weights, file: Path) -> Path:
    """Write a batch of one as ``date,<asset>,...,cash``; numbers are exact (shortest round trip)."""
    dated = zip(solution.dates[0], solution.weights[0], strict=True)
    lines = ([date, *(repr(float(w)) if row.any() else "" for w in row)] for date, row in dated)
    return write_rows(file, [["date", *solution.assets[0], CASH], *lines])


def read_csv(path: PricePath, file: Path) -> Weights:
    """Read target weights of ``path`` (a batch of one); columns may come in any order.

    Raises
    ------
    SolutionError
        The file is missing, names other assets, or has a cell that is no number; with row and column.
    """
    names = [*path.assets[0], CASH]
    table = [(date, _weights(where, names, cells)) for where, date, cells in read_orders(file, names)]
    dates = np.array([date for date, _ in table], "datetime64[D]")
    weights = np.array([row for _, row in table], np.float64)
    return Weights(dates[None], path.assets, weights.reshape(1, len(table), len(names)))


def _weights(where: str, names: list[str], cells: list[str]) -> list[float]:
    if not any(cells):
        return [0.0] * len(cells)
    return [_number(f"{where}, column {name}", cell) for name, cell in zip(names, cells, strict=True)]


def _number(where: str, cell: str) -> float:
    try:
        return float(cell)
    except ValueError as error:
        raise SolutionError(
            "a weight is no number", where=where, got=repr(cell), expected="a number, or a row of empty cells to hold"
        ) from error
