"""Whole-numbered laws by their probabilities."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from headway.components import component
from headway.domains.inventory.demand.distribution import Distribution, Floats
from headway.domains.inventory.demand.lattice import Lattice

LARGEST = 1e6  # longer lists of probabilities are of no use to anybody

Mean = Annotated[float, Field(gt=0, le=LARGEST)]


@component
class Poisson(Distribution):
    """P(D = k) = exp(-mean) mean^k / k!; ``mean``: units per period."""

    scales: ClassVar[tuple[str, ...]] = ("mean",)

    mean: Mean = 5.0

    @property
    def std(self) -> float:
        return math.sqrt(self.mean)

    def masses(self, values: Floats) -> Floats:
        from scipy.special import gammaln

        return np.exp(values * math.log(self.mean) - self.mean - gammaln(values + 1))

    def total(self, periods: int) -> Lattice:
        """Poisson again, with the means added."""
        return Poisson(mean=self.mean * periods).lattice


@component
class Geometric(Distribution):
    """P(D = k) = (1 - r) r^k on 0, 1, 2, ... with r = mean / (1 + mean); ``mean``: units per period."""

    scales: ClassVar[tuple[str, ...]] = ("mean",)

    mean: Mean = 5.0

    @property
    def std(self) -> float:
        return math.sqrt(self.mean * (1 + self.mean))

    def masses(self, values: Floats) -> Floats:
        return np.exp(values * -math.log1p(1 / self.mean)) / (1 + self.mean)


@component
class Binomial(Distribution):
    """``n`` trials of probability ``p`` where there is demand at all, which has probability ``active``."""

    n: Annotated[int, Field(ge=1, le=LARGEST)] = 20
    p: Annotated[float, Field(gt=0, lt=1)] = 0.4
    active: Annotated[float, Field(gt=0, le=1)] = 1.0

    @property
    def mean(self) -> float:
        return self.active * self.n * self.p

    @property
    def std(self) -> float:
        given, spread = self.n * self.p, self.n * self.p * (1 - self.p)
        return math.sqrt(self.active * spread + self.active * (1 - self.active) * given**2)

    def masses(self, values: Floats) -> Floats:
        from scipy.special import gammaln, xlog1py, xlogy

        k = np.minimum(values, self.n)
        ways = gammaln(self.n + 1) - gammaln(k + 1) - gammaln(self.n - k + 1)
        chance = self.active * np.exp(ways + xlogy(k, self.p) + xlog1py(self.n - k, -self.p))
        return np.asarray(np.where(values > self.n, 0.0, chance) + (1 - self.active) * (values == 0))
