"""Demand resampled from values that were seen."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from headway.components import component
from headway.domains.inventory.demand.distribution import Distribution, Floats
from headway.domains.inventory.demand.lattice import Lattice
from headway.domains.inventory.demand.table import Table
from headway.errors import ConfigError

CELLS = 10_000  # of the grid, up to the largest value, on which sums of demands that are not whole are computed


@component
class Empirical(Distribution):
    """Each demand is one of the ``values``, or of a column of a file, all equally likely.

    values : demands seen, units of goods
    path, column : a CSV and the name of its column, instead of ``values``
    """

    values: tuple[Annotated[float, Field(ge=0)], ...] = ()
    path: Path | None = None
    column: str = "demand"

    def __post_init__(self) -> None:
        if bool(self.values) == (self.path is not None):
            got, expected = f"values={self.values}, path={self.path}", "one of the two"
            raise ConfigError(
                "demand is resampled from values or from a file", where="demand_options", got=got, expected=expected
            )

    @cached_property
    def seen(self) -> Floats:
        """The values, float64 [N]. Raises DataError where the file holds others than finite numbers >= 0."""
        if self.path is None:
            return np.array(self.values, np.float64)
        return Table.read(self.path).numbers(self.column, least=0.0)

    @property
    def mean(self) -> float:
        return float(self.seen.mean())

    @property
    def std(self) -> float:
        return float(self.seen.std())

    @property
    def discrete(self) -> bool:
        return not (self.seen % 1).any()

    @property
    def step(self) -> float:
        return 1.0 if self.discrete else float(self.seen.max()) / CELLS

    def grid(self, step: float) -> Lattice:
        return Lattice(np.bincount(np.rint(self.seen / step).astype(np.int64)), step)

    @cached_property
    def lattice(self) -> Lattice:
        return self.grid(self.step)

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        return self.seen[rng.integers(len(self.seen), size=shape)]

    def quantile(self, q: float, periods: int = 1) -> float:
        if periods > 1:
            return super().quantile(q, periods)
        return float(np.quantile(self.seen, q, method="inverted_cdf"))

    def loss(self, level: float, periods: int = 1) -> float:
        return super().loss(level, periods) if periods > 1 else float(np.maximum(self.seen - level, 0.0).mean())
