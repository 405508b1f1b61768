"""Training markets that differ from the real one, so that what is learned does not hang on one history."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component
from headway.domains.portfolio.accounting.rules import DAYS_PER_YEAR
from headway.domains.portfolio.market.generator import Span
from headway.domains.portfolio.market.instance import TRADED, PricePath
from headway.domains.portfolio.market.market import Market
from headway.errors import ConfigError

_HERE = "headway.domains.portfolio.market.randomise"
RANDOMISERS: Mapping[str, str] = {"bootstrap": f"{_HERE}:Bootstrap", "perturb": f"{_HERE}:Perturb"}


@component
class Randomiser(ABC):
    """Makes training paths of a market into others like them; validation and test stay real."""

    @abstractmethod
    def apply(self, path: PricePath, market: Market, span: Span, rng: np.random.Generator) -> PricePath:
        """Another path for each row of ``path``, from days of ``market`` up to the end of ``span`` only."""


@component
class Bootstrap(Randomiser):
    """Days in another order: the stationary bootstrap (Politis and Romano 1994), all assets and cash together.

    Correlations between assets, and serial ones within blocks, stay; the order of booms and crashes does not. Dates
    are those of the path.

    block : mean length of a block in days; lengths are geometric
    """

    block: Annotated[float, Field(ge=1)] = 21.0

    def apply(self, path: PricePath, market: Market, span: Span, rng: np.random.Generator) -> PricePath:
        if (path.status != TRADED).any() or np.any(market.rest.get("status", TRADED) != TRADED):
            raise ConfigError(
                "days of a market whose assets do not always trade cannot change places",
                where="problem.randomise",
                got="bootstrap",
                expected="a market of assets that trade on all days",
                hint="use randomise=perturb",
            )
        rows = blocks(rng, path.dates.shape, span.last + 1, self.block)
        taken = {name: market.rest[name][rows] for name in ("volume", "signals") if name in market.rest}
        days = {"returns": market.returns[rows], "cash": market.cash[rows]}
        return PricePath.made(path.arrays() | days | taken)


@component
class Perturb(Randomiser):
    """Another drift and volatility for each asset of each path; the order of days stays.

    Log returns are scaled by exp(noise x z) about their mean, and their mean moves by noise x z' deviations a year
    (z, z' standard normal): with 0.2 a volatility moves by about a fifth, a yearly Sharpe ratio by 0.2.

    noise : size of both changes, one standard deviation
    """

    noise: Annotated[float, Field(ge=0, lt=2)] = 0.2

    def apply(self, path: PricePath, market: Market, span: Span, rng: np.random.Generator) -> PricePath:
        logs = np.log1p(path.returns)
        mean, deviation = logs.mean(axis=1, keepdims=True), logs.std(axis=1, keepdims=True)
        scale = np.exp(self.noise * rng.normal(size=mean.shape))
        shift = self.noise * rng.normal(size=mean.shape) * deviation / np.sqrt(DAYS_PER_YEAR)
        other = np.expm1(mean + shift + scale * (logs - mean))
        # On days without a price nothing is earned; the day on which an asset leaves keeps its return.
        moved = np.where(path.status == TRADED, other, path.returns)
        return PricePath.made(path.arrays() | {"returns": moved})


def blocks(rng: np.random.Generator, shape: tuple[int, ...], days: int, length: float) -> NDArray[np.intp]:
    """Days [B, T] in 0 ... ``days`` - 1: runs of consecutive ones, around the end to the beginning, that begin anew
    with probability 1 / ``length`` each day.
    """
    anew = rng.random(shape) < 1 / length
    anew[:, 0] = True
    begun = np.maximum.accumulate(np.where(anew, np.arange(shape[1]), 0), axis=1)
    first = np.take_along_axis(rng.integers(days, size=shape), begun, axis=1)
    rows: NDArray[np.intp] = (first + np.arange(shape[1]) - begun) % days
    return rows
