"""What a planner expects of demand."""

from __future__ import annotations

from abc import ABC, abstractmethod
from statistics import NormalDist
from typing import ClassVar

import numpy as np

from headway.domains.inventory.optimisation.network import Booleans, Floats


class Outlook(ABC):
    """Demand of the next T periods at N nodes, the one about to begin being the first.

    expected : float64 [T, N]; sells : bool [N], where demand may be; deviation : float64 [N], of one period
    ``steady`` outlooks are alike in all but the mean, whatever has been seen.
    """

    steady: ClassVar[bool] = True
    expected: Floats
    sells: Booleans
    deviation: Floats

    @abstractmethod
    def safety(self, factors: Floats, periods: int) -> Floats:
        """Quantiles [J, N] of the demand of ``periods`` consecutive periods, less its mean.

        They are as probable as the ``factors`` [J] of a standard normal variable.
        """

    @abstractmethod
    def joint(self, nodes: Booleans) -> float:
        """Standard deviation of the demand of one period at all ``nodes`` [N] together."""

    @abstractmethod
    def draw(self, rng: np.random.Generator, n: int) -> Floats:
        """Demand that may come, float64 [n, T, N]."""

    def scenarios(self, rng: np.random.Generator, n: int) -> Floats:
        """Draws whose sums up to each period have the right means and, roughly, deviations (Hoyland and Wallace 2001).

        With few scenarios, plans otherwise follow the luck of the draw.
        """
        total = self.draw(rng, n).cumsum(axis=1)
        found = total.std(axis=0)
        periods = np.arange(1, len(self.expected) + 1)[:, None]
        stretch = np.where(found > 0, np.sqrt(periods) * self.deviation / np.where(found > 0, found, 1.0), 0.0)
        matched = self.expected.cumsum(axis=0) + stretch * (total - total.mean(axis=0))
        return np.asarray(np.maximum(np.diff(matched, axis=1, prepend=0.0), 0.0))


def probabilities(factors: Floats) -> Floats:
    """How probable it is [J] that a standard normal variable is not above ``factors`` [J]."""
    return np.array([NormalDist().cdf(factor) for factor in factors])
