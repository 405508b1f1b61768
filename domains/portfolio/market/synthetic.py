"""A market that is known: returns of one factor and residuals, and a signal of a chosen information coefficient."""

from __future__ import annotations

import dataclasses
from functools import cached_property
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component
from headway.domains.portfolio.accounting.rules import DAYS_PER_YEAR
from headway.domains.portfolio.market.instance import PricePath
from headway.domains.portfolio.market.market import Market
from headway.domains.portfolio.market.providers import Simulator
from headway.errors import ConfigError

Floats = NDArray[np.float64]

SIGNAL = "alpha"
FIRST_DAY = np.datetime64("2000-01-03")  # dates are invented: business days from here on
_HISTORY = 20_000_103  # seed of the one path that backtests walk through; no split draws from it
_GOLDEN = (5**0.5 - 1) / 2


class Process(NamedTuple):
    """What the market follows, per day; for N assets.

    beta [N]; volatility [N] of the residual; drift [N], the expected simple return without the signal;
    factor, the factor's volatility; strength: an asset's expected return is strength * volatility * signal more;
    persistence of the signal from one day to the next.
    """

    beta: Floats
    volatility: Floats
    drift: Floats
    factor: float
    strength: float
    persistence: float

    def covariance(self) -> Floats:
        """float64 [N, N]: of one day's returns."""
        return self.factor**2 * np.outer(self.beta, self.beta) + np.diag(self.volatility**2)


@component
class Synthetic(Simulator):
    """One factor, residuals, and a persistent signal whose correlation with what comes next is ``ic``.

    ic : information coefficient: the correlation across assets, pooled over days, of the signal at a close with the
        log returns of the next ``period`` days
    half_life : days in which half of a signal fades; independent of everything else that happens
    premium, factor_volatility : a year's expected return of 1/N over cash, and the factor's deviation
    residual : lowest and highest deviation of a residual, a year; betas are spread over 1 +- ``spread``
    days : length of the one path that `history` gives

    Without the signal, expected returns are those for which 1/N grows fastest (Black and Litterman 1992, reverse
    optimisation), so that all excess over 1/N comes from the signal. An asset's expected residual return is
    information coefficient x volatility x score (Grinold 1994). Assets do not differ between seeds, only what happens.
    """

    assets: Annotated[int, Field(ge=2)] = 10
    ic: Annotated[float, Field(ge=0, lt=1)] = 0.1
    period: Annotated[int, Field(ge=1)] = 21
    half_life: Annotated[float, Field(gt=0)] = 63.0
    premium: float = 0.06
    factor_volatility: Annotated[float, Field(ge=0)] = 0.16
    residual: tuple[Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)]] = (0.15, 0.35)
    spread: Annotated[float, Field(ge=0)] = 0.3
    days: Annotated[int, Field(ge=2)] = 5040

    @cached_property
    def process(self) -> Process:
        """The process per day. Raises ConfigError where no signal that fades so fast can have that ``ic``."""
        daily = 1 / np.sqrt(DAYS_PER_YEAR)
        beta = np.linspace(1 - self.spread, 1 + self.spread, self.assets)
        shuffled = np.argsort(np.arange(1, self.assets + 1) * _GOLDEN % 1)  # betas and volatilities are unrelated
        volatility = np.linspace(*self.residual, self.assets)[shuffled] * daily
        persistence, factor = 0.5 ** (1 / self.half_life), self.factor_volatility * daily
        strength = self._strength(beta, volatility, factor, persistence)
        neutral = Process(beta, volatility, np.zeros(self.assets), factor, strength, persistence)
        marginal = neutral.covariance().mean(axis=1)  # of growth, at 1/N
        return neutral._replace(drift=self.premium / DAYS_PER_YEAR + marginal - marginal.mean())

    def paths(self, rng: np.random.Generator, n: int, lookback: int, scored: int) -> PricePath:
        days, process = lookback + scored, self.process
        signal = self._signal(rng, n, days)
        shocks = process.beta * process.factor * rng.standard_normal((n, days, 1))
        shocks += process.volatility * rng.standard_normal((n, days, self.assets))
        expected = np.broadcast_to(process.drift, shocks.shape).copy()
        expected[:, 1:] += process.strength * process.volatility * signal[:, :-1]
        returns = np.expm1(expected - process.covariance().diagonal() / 2 + shocks)
        names = np.array([f"S{i:02d}" for i in range(self.assets)])
        return PricePath.of(
            dates=np.tile(np.busday_offset(FIRST_DAY, np.arange(days)), (n, 1)),
            assets=np.tile(names, (n, 1)),
            returns=returns,
            cash=np.zeros((n, days)),
            start=np.full(n, lookback - 1),
            signals=signal[..., None],
            signal_names=np.full((n, 1), SIGNAL),
        )

    def market(self) -> Market:
        path = self.paths(np.random.default_rng(_HISTORY), 1, 1, self.days - 1)
        told = f"information coefficient {self.ic:g}"
        caveat = f"Synthetic: one factor, residuals and a signal of {told}; dates are invented."
        source = f"synthetic market, {told}"
        return dataclasses.replace(Market.from_view(path), source=source, caveats=(caveat,), dated=False)

    def _signal(self, rng: np.random.Generator, n: int, days: int) -> Floats:
        """float64 [n, days, N]: standard normal on every day, fading from one day to the next."""
        out = rng.standard_normal((days, n, self.assets))
        persistence = self.process.persistence
        out[1:] *= np.sqrt(1 - persistence**2)
        for day in range(1, days):
            out[day] += persistence * out[day - 1]
        return np.ascontiguousarray(out.transpose(1, 0, 2))

    def _strength(self, beta: Floats, volatility: Floats, factor: float, persistence: float) -> float:
        """Solves ic = covariance / deviation of the next ``period`` days' returns, across assets."""
        apart = np.abs(np.subtract.outer(np.arange(self.period), np.arange(self.period)))
        faded, together = (persistence ** apart[0]).sum(), (persistence**apart).sum()
        square = (volatility**2).mean()
        noise = self.period * (square + factor**2 * beta.var(ddof=1))
        room = (faded * volatility.mean()) ** 2 - self.ic**2 * together * square
        if room <= 0:
            raise ConfigError(
                "no signal that fades so fast has such an information coefficient",
                where="problem.data_options.ic",
                got=f"ic {self.ic:g}, half_life {self.half_life:g}, period {self.period}",
                hint="lower ic or lengthen half_life",
            )
        return float(self.ic * np.sqrt(noise / room))
