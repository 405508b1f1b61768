"""What laws on the real line share: sums, rounding to whole numbers, and a fine grid where no formula is known."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from headway.components import component
from headway.domains.inventory.demand.distribution import Distribution, Floats
from headway.domains.inventory.demand.lattice import NOTHING, Lattice

FINENESS = 500  # grid cells per standard deviation, where sums have no closed form


@component
class Continuous(Distribution):
    """A law with a density; ``whole`` rounds its draws to the nearest whole number, and then all is exact.

    Of the sum of several periods: a closed form where it has one (`summed`), else a convolution on a grid.
    """

    whole: bool = False

    @property
    def discrete(self) -> bool:
        return self.whole

    @abstractmethod
    def cdf(self, x: Any) -> Any:
        """P(D <= x) of one period, before rounding."""

    @abstractmethod
    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        """Independent demands before rounding."""

    def summed(self, periods: int) -> Continuous | None:
        """The law of the sum of ``periods`` demands before rounding, where it has a closed form."""
        return self if periods == 1 else None

    @abstractmethod
    def ppf(self, q: float) -> float:
        """Inverse of `cdf`."""

    def excess(self, level: float) -> float | None:
        """E(D - level)+ of one period, where it has a closed form."""
        return None

    # -- rounded, or on a grid --------------------------------------------------------------------
    def masses(self, values: Floats) -> Floats:
        return self.cells(values, 1.0)

    def cells(self, values: Floats, step: float) -> Floats:
        """Probability of the cell of width ``step`` around each grid point; the first takes all below it."""
        upper = self.cdf((values + 0.5) * step)
        return np.asarray(np.maximum(np.diff(upper, prepend=0.0), 0.0))

    @property
    def step(self) -> float:
        return 1.0 if self.whole else self.std / FINENESS

    def grid(self, step: float) -> Lattice:
        if self.whole:
            return super().grid(step)
        size = int((self.mean + 10 * self.std) / step) + 32
        while (masses := self.cells(np.arange(size, dtype=np.float64), step))[-1] >= NOTHING:
            size *= 2
        return Lattice(masses, step)

    # -- what others ask --------------------------------------------------------------------------
    def sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        return super().sample(rng, shape) if self.whole else self.draw(rng, shape)

    def quantile(self, q: float, periods: int = 1) -> float:
        """Exact where the sum has a closed form, else interpolated between grid points (error below 1e-5 std)."""
        law = None if self.whole else self.summed(periods)
        return super().quantile(q, periods) if law is None else law.ppf(q)

    def loss(self, level: float, periods: int = 1) -> float:
        law = None if self.whole else self.summed(periods)
        excess = None if law is None else law.excess(level)
        return super().loss(level, periods) if excess is None else excess
