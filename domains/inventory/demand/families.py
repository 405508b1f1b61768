"""Normal, gamma and uniform demand."""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from headway.components import component
from headway.domains.inventory.demand.continuous import Continuous
from headway.domains.inventory.demand.distribution import Floats
from headway.domains.inventory.demand.lattice import Lattice
from headway.errors import CapabilityError, ConfigError

Positive = Annotated[float, Field(gt=0)]


@component
class Normal(Continuous):
    """Normal demand, at least 0 unless ``clip`` is false; ``mean`` and ``std`` are those before clipping."""

    scales: ClassVar[tuple[str, ...]] = ("mean", "std")

    mean: Annotated[float, Field(ge=0)] = 5.0
    std: Positive = 1.6
    clip: bool = True

    def __post_init__(self) -> None:
        if self.whole and not self.clip:
            where, hint = "demand_options.clip", "leave one of them out"
            raise ConfigError("whole-numbered demand below zero", where=where, got="clip=false, whole=true", hint=hint)

    def cdf(self, x: Any) -> Any:
        from scipy.special import ndtr

        below = 0.0 if self.clip else -np.inf
        return np.where(np.asarray(x) < below, 0.0, ndtr((x - self.mean) / self.std))

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        drawn = rng.standard_normal(shape)
        drawn *= self.std
        drawn += self.mean
        return np.maximum(drawn, 0.0, out=drawn) if self.clip else drawn

    def grid(self, step: float) -> Lattice:
        if not self.clip:
            raise CapabilityError("demand below zero has no list of probabilities", where="Normal.grid")
        return super().grid(step)

    def summed(self, periods: int) -> Continuous | None:
        if self.clip and periods > 1:
            return None
        return Normal(mean=self.mean * periods, std=self.std * math.sqrt(periods), clip=self.clip)

    def ppf(self, q: float) -> float:
        from scipy.special import ndtri

        point = self.mean + self.std * float(ndtri(q))
        return max(point, 0.0) if self.clip else point

    def excess(self, level: float) -> float:
        """std * (phi(z) - z (1 - Phi(z))), the standard loss function; clipping matters only below 0."""
        from scipy.special import ndtr

        z = (max(level, 0.0) if self.clip else level) / self.std - self.mean / self.std
        density = math.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
        short = self.std * (density - z * float(ndtr(-z)))
        return short + max(-level, 0.0) if self.clip else short


@component
class Gamma(Continuous):
    """Gamma demand; ``cv``: standard deviation over mean (both before rounding)."""

    scales: ClassVar[tuple[str, ...]] = ("mean",)

    mean: Positive = 5.0
    cv: Positive = 0.5

    @property
    def std(self) -> float:
        return self.cv * self.mean

    @property
    def alpha(self) -> float:
        """The family's shape parameter."""
        return self.cv**-2

    def cdf(self, x: Any) -> Any:
        from scipy.special import gammainc

        return gammainc(self.alpha, np.maximum(x, 0.0) * (self.alpha / self.mean))

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        drawn = rng.standard_gamma(self.alpha, shape)
        drawn *= self.mean / self.alpha
        return drawn

    def summed(self, periods: int) -> Continuous:
        return Gamma(mean=self.mean * periods, cv=self.cv / math.sqrt(periods))

    def ppf(self, q: float) -> float:
        from scipy.special import gammaincinv

        return float(gammaincinv(self.alpha, q)) * self.mean / self.alpha

    def excess(self, level: float) -> float:
        """mean * P(G' > level) - level * P(G > level), G' of one more degree of shape."""
        from scipy.special import gammaincc

        x = max(level, 0.0) * self.alpha / self.mean
        above, tilted = float(gammaincc(self.alpha, x)), float(gammaincc(self.alpha + 1, x))
        return self.mean * tilted - level * above


@component
class Uniform(Continuous):
    """Between ``low`` and ``high``, both included; with ``whole`` each whole number is equally likely."""

    scales: ClassVar[tuple[str, ...]] = ("low", "high")

    low: Annotated[float, Field(ge=0)] = 0.0
    high: Positive = 10.0

    def __post_init__(self) -> None:
        if not self.low < self.high:
            got = f"low={self.low}, high={self.high}"
            raise ConfigError("an empty range of demand", where="demand_options", got=got, expected="low < high")
        if self.whole and (self.low % 1 or self.high % 1):
            got = f"low={self.low}, high={self.high}"
            where, expected = "demand_options", "whole numbers, with whole=true"
            raise ConfigError("the ends of the range are not whole", where=where, got=got, expected=expected)

    @property
    def mean(self) -> float:
        return (self.low + self.high) / 2

    @property
    def std(self) -> float:
        width = self.high - self.low
        return math.sqrt(((width + 1) ** 2 - 1 if self.whole else width**2) / 12)

    def cdf(self, x: Any) -> Any:
        margin = 0.5 if self.whole else 0.0  # what is rounded to the ends
        return np.clip((x - self.low + margin) / (self.high - self.low + 2 * margin), 0.0, 1.0)

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        return rng.uniform(self.low, self.high, shape)

    def ppf(self, q: float) -> float:
        return self.low + q * (self.high - self.low)

    def excess(self, level: float) -> float:
        reached = min(max(level, self.low), self.high)
        return (self.high - reached) ** 2 / (2 * (self.high - self.low)) + max(self.low - level, 0.0)
