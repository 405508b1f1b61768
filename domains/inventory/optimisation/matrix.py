"""A sparse matrix that is put together block by block, without a loop over its entries."""

from __future__ import annotations

import math

import numpy as np

from headway.domains.inventory.optimisation.network import Floats, Ints


class Matrix:
    """Rows are handed out in blocks; entries are added as arrays of row numbers, column numbers and values."""

    def __init__(self) -> None:
        self.rows = 0
        self._entries: list[tuple[Ints, Ints, Floats]] = []

    def more(self, *shape: int) -> Ints:
        """Numbers of new rows, in an array of this shape."""
        first, self.rows = self.rows, self.rows + math.prod(shape)
        return np.arange(first, self.rows).reshape(shape)

    def add(self, row: Ints, column: Ints, value: Floats | float) -> None:
        """An entry in each ``column``; rows and values are broadcast to the columns' shape."""
        row, value = np.broadcast_to(row, column.shape), np.broadcast_to(value, column.shape)
        self._entries.append((row.ravel(), column.ravel(), value.ravel()))

    def entries(self) -> tuple[Ints, Ints, Floats]:
        """Row, column and value of all entries, each one-dimensional."""
        row, column, value = zip(*self._entries, strict=True)
        return np.concatenate(row), np.concatenate(column), np.concatenate(value)
