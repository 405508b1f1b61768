"""What a law of demand can tell: draws, moments, probabilities, quantiles and expected losses."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any, ClassVar, Self, cast

import numpy as np
from numpy.typing import NDArray

from headway.domains.inventory.demand.lattice import NOTHING, Lattice
from headway.errors import CapabilityError

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]


class Distribution(ABC):
    """Demand of one item in one period, independent over items and periods; units of goods.

    Subclasses are components whose fields are the law's parameters. A whole-numbered law gives
    `masses` (or its own `lattice`) and inherits the rest; others override what they inherit.

    ``scales`` : the fields that make a member of the same family when multiplied by one factor
    """

    scales: ClassVar[tuple[str, ...]] = ()

    @property
    @abstractmethod
    def mean(self) -> float:
        """E(D) per period; of a seasonal law its mean over the seasons."""

    @property
    @abstractmethod
    def std(self) -> float:
        """Standard deviation of one period's demand."""

    @property
    def discrete(self) -> bool:
        """Whether demand is whole-numbered."""
        return True

    def masses(self, values: Floats) -> Floats:
        """P(D = k) for whole numbers k = 0, 1, 2, ... given as float64 [K]."""
        raise CapabilityError(f"{type(self).__name__} has no probabilities of single values", where="Distribution.pmf")

    @cached_property
    def lattice(self) -> Lattice:
        """The law as a list of probabilities, as far as float64 uniforms can reach."""
        size = int(self.mean + 10 * self.std) + 32
        while True:
            masses = self.masses(np.arange(size, dtype=np.float64))
            if masses[-1] < NOTHING:
                return Lattice(masses)
            size *= 2

    @property
    def step(self) -> float:
        """The distance of the values that `grid` lists by default."""
        return 1.0

    def grid(self, step: float) -> Lattice:
        """The law on multiples of ``step``; a whole-numbered law has its own, 1."""
        return self.lattice

    def total(self, periods: int) -> Lattice:
        """The law of the demand of ``periods`` periods together."""
        return self.grid(self.step).total(periods)

    # -- what problems, rules and dynamic programmes ask ------------------------------------------
    def sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        """Independent demands, float64 of ``shape``: [B, T, I], the second axis being time."""
        return self.lattice.sample(rng, shape)

    def pmf(self) -> Floats:
        """P(D = k), k = 0, 1, ..., K - 1, float64 [K] that sums to 1; less than 1e-12 lies beyond K.

        Raises
        ------
        CapabilityError
            Demand is not whole-numbered.
        """
        if not self.discrete:
            hint = "use whole=true, or a whole-numbered law (poisson, geometric, binomial)"
            name = type(self).__name__
            raise CapabilityError(f"{name} demand is not whole-numbered", where="Distribution.pmf", hint=hint)
        return self.lattice.pmf()

    def quantile(self, q: float, periods: int = 1) -> float:
        """The smallest level that the demand of ``periods`` periods does not exceed with probability ``q``."""
        law = self.total(periods)
        return law.quantile(q) if self.discrete else law.interpolated(q)

    def loss(self, level: float, periods: int = 1) -> float:
        """E(D - level)+ for the demand D of ``periods`` periods: expected shortage of a stock ``level``."""
        return self.total(periods).loss(level)

    # -- seasons ----------------------------------------------------------------------------------
    def scaled(self, factor: float) -> Self:
        """The law of the same family with ``factor`` times the mean.

        Raises
        ------
        CapabilityError
            The family has no such member.
        """
        if not self.scales:
            raise CapabilityError(f"{type(self).__name__} demand cannot be scaled", where="Distribution.scaled")
        fields = {name: factor * getattr(self, name) for name in self.scales}
        return cast(Self, dataclasses.replace(cast(Any, self), **fields))

    def means(self, periods: int) -> Floats:
        """Expected demand of periods 0, 1, ..., float64 [T]."""
        return np.full(periods, self.mean)

    def features(self, periods: int) -> Singles:
        """What is known of periods 0, 1, ... beforehand (their season), float32 [T, K]; K = 0 without seasons."""
        return np.zeros((periods, 0), np.float32)
