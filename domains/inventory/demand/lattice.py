"""Laws on 0, step, 2 step, ...: exact draws by table, sums, quantiles and expected losses."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CUT = 1e-12  # probability left out of `pmf` (it is given to the last value)
NOTHING = 1e-18  # probability below which a value is not listed: no float64 uniform can reach it
ROUNDING = 1e-12  # a cumulative probability this close below q counts as having reached it
CELLS = 1 << 16


class Lattice:
    """P(D = k * step) for k = 0, 1, ..., K - 1.

    probabilities : float64 [K], >= 0; scaled to sum to 1
    """

    def __init__(self, probabilities: Any, step: float = 1.0) -> None:
        mass = np.asarray(probabilities, np.float64)
        last = int(np.flatnonzero(mass >= NOTHING)[-1])
        self.probabilities: Floats = mass[: last + 1] / mass[: last + 1].sum()
        self.step = step

    @cached_property
    def cumulative(self) -> Floats:
        """P(D <= k * step), float64 [K]; the last one is 1."""
        summed = np.cumsum(self.probabilities)
        return np.asarray(np.minimum(summed / summed[-1], 1.0))

    @cached_property
    def values(self) -> Floats:
        """What can be demanded, float64 [K]."""
        return self.step * np.arange(len(self.probabilities), dtype=np.float64)

    def pmf(self) -> Floats:
        """Probabilities up to where less than `CUT` is left; that rest is added to the last one."""
        tail = np.cumsum(self.probabilities[::-1])[::-1]  # P(D >= k), exact where it is small
        kept = int(np.flatnonzero(tail >= CUT)[-1]) + 1
        mass = self.probabilities[:kept].copy()
        mass[-1] += self.probabilities[kept:].sum()
        return mass

    # -- moments and quantiles ------------------------------------------------------------------
    @cached_property
    def mean(self) -> float:
        return float(self.probabilities @ self.values)

    @cached_property
    def std(self) -> float:
        return float(np.sqrt(self.probabilities @ (self.values - self.mean) ** 2))

    def quantile(self, q: float) -> float:
        """The smallest value that demand does not exceed with probability ``q``."""
        return float(self.values[np.searchsorted(self.cumulative[:-1], q - ROUNDING)])

    def interpolated(self, q: float) -> float:
        """The quantile of a law with a density, of which each value stands for the cell around it."""
        return float(np.interp(q, self.cumulative, self.values + 0.5 * self.step, left=0.0))

    def loss(self, level: float) -> float:
        """E(D - level)+, what a stock of ``level`` is short of on average."""
        return float(self.probabilities @ np.maximum(self.values - level, 0.0))

    def total(self, periods: int) -> Lattice:
        """The law of the sum of ``periods`` independent demands, by convolution."""
        summed, power = np.ones(1), self.probabilities
        while periods:  # by squaring: the sum of n demands takes about log2(n) convolutions
            if periods & 1:
                summed = convolve(summed, power)
            periods >>= 1
            power = convolve(power, power) if periods else power
        return Lattice(summed, self.step)

    def plus(self, other: Lattice) -> Lattice:
        """The law of the sum of two independent demands on the same grid."""
        return Lattice(convolve(self.probabilities, other.probabilities), self.step)

    @classmethod
    def mixture(cls, laws: Sequence[Lattice]) -> Lattice:
        """The law of a demand that follows any of these on the same grid, each equally likely."""
        mass = np.zeros(max(len(law.probabilities) for law in laws))
        for law in laws:
            mass[: len(law.probabilities)] += law.probabilities
        return cls(mass, laws[0].step)

    # -- draws ----------------------------------------------------------------------------------
    @cached_property
    def guide(self) -> NDArray[np.unsignedinteger[Any]]:
        """Index of the value in each of 2**16 equal cells of the unit interval; K where a cell has several.

        Chen and Asau's guide table, 1974, with cells so small that nearly all need no search.
        """
        edges = np.arange(CELLS + 1) / CELLS
        first = np.searchsorted(self.cumulative, edges[:-1], side="right")
        last = np.searchsorted(self.cumulative, edges[1:], side="left")
        several = len(self.values)
        return np.where(first == last, first, several).astype(np.min_scalar_type(several))

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        """Inverse cumulative probabilities of uniforms with 16 + 53 bits: the law, to double precision.

        The first 16 bits name the cell, which settles most draws; the others are drawn where it does not.
        """
        cells = rng.integers(CELLS, size=shape, dtype=np.uint16)
        drawn = self.guide[cells]
        unsettled = np.flatnonzero(drawn == len(self.values))
        uniform = (cells.ravel()[unsettled] + rng.random(len(unsettled))) / CELLS
        drawn.ravel()[unsettled] = np.searchsorted(self.cumulative[:-1], uniform, side="right")
        return np.asarray(np.multiply(drawn, self.step, dtype=np.float64))


def convolve(a: Floats, b: Floats) -> Floats:
    """Probabilities of a sum; exact where short, by Fourier transform where that would be slow."""
    if min(len(a), len(b)) < 1000:
        return np.asarray(np.convolve(a, b))
    size = len(a) + len(b) - 1
    return np.asarray(np.maximum(np.fft.irfft(np.fft.rfft(a, size) * np.fft.rfft(b, size), size), 0.0))
