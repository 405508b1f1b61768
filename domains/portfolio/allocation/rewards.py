"""What an agent is rewarded for; the scorer never knows. What a reward remembers is in the state."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component
from headway.domains.portfolio.market.instance import PricePath
from headway.errors import InstanceError
from headway.ops import Array

_HERE = "headway.domains.portfolio.allocation.rewards"
REWARDS: Mapping[str, str] = {
    "log_return": f"{_HERE}:LogReturn",
    "differential_sharpe": f"{_HERE}:DifferentialSharpe",
    "running_sharpe": f"{_HERE}:RunningSharpe",
    "cvar": f"{_HERE}:CVaR",
    "drawdown": f"{_HERE}:Drawdown",
    "esg": f"{_HERE}:ESG",
}
RUIN = 1e-12  # growth of a period is no less than this, so that rewards stay finite in bankruptcy
_STILL = 1e-12  # variances of at most this are none


class Earned(NamedTuple):
    """A period: net growth factor [B], one over the years of the episode [B], weights after the trade
    [B, N + 1], the reward's own scores of assets [B, N], what it remembers [B, M].
    """

    growth: Array
    scale: Array
    weights: Array
    scores: Array
    memory: Array


@component
class Reward(ABC):
    """Reward of a decision period; differentiable where the growth is."""

    def scores(self, path: PricePath, days: NDArray[np.intp]) -> NDArray[np.float64]:
        """[B, D, N]: what it knows of each asset at the decisions; [B, 0] if nothing."""
        return np.zeros((len(path), 0))

    def start(self, xp: Any, one: Array, periods: int) -> Array:
        """What it remembers before the first of so many periods, [B, M]; ``one`` [B, 1] holds ones."""
        return one[:, :0]

    @abstractmethod
    def give(self, xp: Any, earned: Earned) -> tuple[Array, Array]:
        """Reward [B] and what is remembered from then on [B, M]."""


@component
class LogReturn(Reward):
    """Net log growth, a share of the objective: the sum over an episode is the objective itself."""

    def give(self, xp: Any, earned: Earned) -> tuple[Array, Array]:
        return _log(xp, earned.growth) * earned.scale, earned.memory


@component
class DifferentialSharpe(Reward):
    """Differential Sharpe ratio (Moody and Saffell 2001, eq. 14) of the returns of decision periods.

    (B dA - A dB / 2) / (B - A^2)^(3/2) with exponential means A of returns and B of their squares, both 0 at the start;
    0 while nothing has varied.

    rate : weight of the newest return in the means
    """

    rate: Annotated[float, Field(gt=0, lt=1)] = 0.05

    def start(self, xp: Any, one: Array, periods: int) -> Array:
        return xp.concat([0.0 * one, 0.0 * one], axis=-1)

    def give(self, xp: Any, earned: Earned) -> tuple[Array, Array]:
        mean, square, gain = earned.memory[:, 0], earned.memory[:, 1], earned.growth - 1.0
        up, wider = gain - mean, gain**2 - square
        variance = square - mean**2
        varies = variance > _STILL
        safe = xp.where(varies, variance, xp.ones_like(variance))
        ratio = xp.where(varies, (square * up - 0.5 * mean * wider) / safe**1.5, xp.zeros_like(safe))
        return ratio, xp.stack([mean + self.rate * up, square + self.rate * wider], axis=-1)


@component
class RunningSharpe(Reward):
    """Annualised Sharpe ratio of the log returns of decision periods since the episode began, divided by their number.

    The reward of the study of China's stock market by Huang, Zhou and Song (its published code), where growth is
    w . y instead of exp(w . log y). Standard deviations are of the population; 0 while nothing has varied.
    """

    def start(self, xp: Any, one: Array, periods: int) -> Array:
        return xp.concat([0.0 * one, 0.0 * one, 0.0 * one, periods * one], axis=-1)

    def give(self, xp: Any, earned: Earned) -> tuple[Array, Array]:
        count, total, squares, periods = (earned.memory[:, i] for i in range(4))
        log = _log(xp, earned.growth)
        count, total, squares = count + 1.0, total + log, squares + log**2
        mean = total / count
        variance = squares / count - mean**2
        varies = variance > _STILL
        deviation = xp.sqrt(xp.where(varies, variance, xp.ones_like(variance)))
        annual = (earned.scale * periods) ** 0.5  # root of the periods in a year
        ratio = xp.where(varies, annual * mean / deviation, xp.zeros_like(mean))
        return ratio / periods, xp.stack([count, total, squares, periods], axis=-1)


@component
class CVaR(Reward):
    """Log growth less ``weight`` x what the period adds to the conditional value at risk: over an episode, the
    objective - weight x CVaR.

    CVaR is minus the mean of the worst ``level`` of the log returns of the episode's periods (Rockafellar and
    Uryasev 2002: the period on the boundary counts in part), those to come counted as 0.
    """

    weight: Annotated[float, Field(ge=0)] = 1.0
    level: Annotated[float, Field(gt=0, le=1)] = 0.05

    def start(self, xp: Any, one: Array, periods: int) -> Array:
        return 0.0 * one + xp.zeros((1, periods), dtype=one.dtype)

    def give(self, xp: Any, earned: Earned) -> tuple[Array, Array]:
        log = _log(xp, earned.growth)
        memory = xp.concat([earned.memory[:, 1:], log[:, None]], axis=-1)
        worse = self._risk(xp, memory) - self._risk(xp, earned.memory)
        return log * earned.scale - self.weight * worse, memory

    def _risk(self, xp: Any, logs: Array) -> Array:
        periods = logs.shape[1]
        tail = max(self.level * periods, 1.0)
        shares = xp.asarray([min(max(tail - i, 0.0), 1.0) / tail for i in range(periods)], dtype=logs.dtype)
        return -xp.sum(xp.sort(logs, axis=-1) * shares, axis=-1)


@component
class Drawdown(Reward):
    """Log growth less ``weight`` x what the period adds to the largest loss from a peak: over an episode, the
    objective - weight x the maximum drawdown at the ends of periods.
    """

    weight: Annotated[float, Field(ge=0)] = 1.0

    def start(self, xp: Any, one: Array, periods: int) -> Array:
        return xp.concat([0.0 * one, 0.0 * one], axis=-1)

    def give(self, xp: Any, earned: Earned) -> tuple[Array, Array]:
        under, worst = earned.memory[:, 0], earned.memory[:, 1]  # log wealth below its peak; largest loss so far
        log = _log(xp, earned.growth)
        under = xp.clip(under + log, max=0.0)
        largest = xp.maximum(worst, 1.0 - xp.exp(under))
        return log * earned.scale - self.weight * (largest - worst), xp.stack([under, largest], axis=-1)


@component
class ESG(Reward):
    """Log growth in a regulated market: returns of portfolios that score above the index get grants, those below pay.

    growth + strength x |growth - 1| x score, where the score is the sum of risky weights x standardised values of the
    signal ``signal`` at the decision (mean 0 and deviation 1 over the assets that have one; 0 for the others and for
    cash). In the manner of Garrido-Merchan, Mora-Figueroa-Cruz-Guzman and Coronado-Vaca (2023), who leave the formula
    open. What is compared is always the unregulated growth.
    """

    strength: Annotated[float, Field(ge=0)] = 0.1
    signal: str = "esg"

    def scores(self, path: PricePath, days: NDArray[np.intp]) -> NDArray[np.float64]:
        names = path.signal_names[0].tolist()
        if self.signal not in names:
            where, hint = "env.reward_options.signal", "give the problem a signal of that name"
            raise InstanceError("the path has no such signal", where=where, got=names, expected=self.signal, hint=hint)
        value = path.signals[..., names.index(self.signal)][:, days]
        known = np.isfinite(value)
        count = np.maximum(known.sum(axis=2, keepdims=True), 1)
        centred = np.where(known, value, 0.0)
        centred = np.where(known, centred - centred.sum(axis=2, keepdims=True) / count, 0.0)
        deviation = np.sqrt((centred**2).sum(axis=2, keepdims=True) / count)
        return centred / np.where(deviation > 0, deviation, 1.0)

    def give(self, xp: Any, earned: Earned) -> tuple[Array, Array]:
        above = xp.sum(earned.weights[:, :-1] * earned.scores, axis=-1)
        regulated = earned.growth + self.strength * xp.abs(earned.growth - 1.0) * above
        return _log(xp, regulated) * earned.scale, earned.memory


def _log(xp: Any, growth: Array) -> Array:
    return xp.log(xp.maximum(growth, RUIN))
