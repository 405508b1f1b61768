"""What a planner expects of demand: from its law, from moments known beforehand, or from the history seen so far."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

import numpy as np

from headway.domains.inventory.demand.distribution import Distribution
from headway.domains.inventory.optimisation.network import Booleans, Floats, Network
from headway.domains.inventory.stock.instance import StockPath
from headway.errors import ConfigError

_ASKED = 6  # quantiles of a law with a density: each may take a convolution


class Outlook(ABC):
    """Demand of the next T periods at N nodes, the one about to begin being the first.

    expected : float64 [T, N]; sells : bool [N], where demand may be; deviation : float64 [N], of one period
    """

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


class Laws(Outlook):
    """Independent demand with known laws (None where nobody buys); ``period`` tells where in a season one is."""

    def __init__(self, laws: Sequence[Distribution | None], period: int, window: int) -> None:
        self.laws = laws
        means = [np.zeros(window) if law is None else law.means(period + window)[period:] for law in laws]
        self.expected = np.stack(means, axis=1)
        self.sells = np.array([law is not None for law in laws])
        self.deviation = np.array([0.0 if law is None else law.std for law in laws])

    def safety(self, factors: Floats, periods: int) -> Floats:
        out = np.zeros((len(factors), len(self.laws)))
        for node, law in enumerate(self.laws):
            same = self.laws.index(law)
            if law is not None:
                out[:, node] = out[:, same] if same < node else _quantiles(law, factors, periods) - periods * law.mean
        return out

    def joint(self, nodes: Booleans) -> float:
        return math.sqrt((self.deviation[nodes] ** 2).sum())

    def draw(self, rng: np.random.Generator, n: int) -> Floats:
        out = np.zeros((n, *self.expected.shape))
        for node, law in enumerate(self.laws):
            if law is not None:
                out[..., node] = law.sample(rng, (*out.shape[:2], 1))[..., 0] * (self.expected[:, node] / law.mean)
        return out


class Moments(Outlook):
    """Normal demand with the means and deviations that instances of supply networks tell of nodes with a penalty.

    Demands are taken to be equally correlated, as much as the deviation of what all outside links bring says.
    """

    def __init__(self, network: Network, window: int) -> None:
        self.sells = network.penalty > 0
        self.expected = np.tile(np.where(self.sells, network.scale, 0.0), (window, 1))
        self.deviation = np.where(self.sells, network.spread, 0.0)
        apart, together = (self.deviation**2).sum(), self.deviation.sum() ** 2
        everything = (network.spread[np.unique(network.head[network.tail < 0])] ** 2).sum()
        shared = (everything - apart) / (together - apart) if together > apart else 0.0
        self.correlation = float(np.clip(shared, 0.0, 1.0))

    def safety(self, factors: Floats, periods: int) -> Floats:
        return factors[:, None] * (math.sqrt(periods) * self.deviation)

    def joint(self, nodes: Booleans) -> float:
        apart, together = (self.deviation[nodes] ** 2).sum(), self.deviation[nodes].sum() ** 2
        return math.sqrt((1 - self.correlation) * apart + self.correlation * together)

    def draw(self, rng: np.random.Generator, n: int) -> Floats:
        shared, own = rng.standard_normal((n, len(self.expected), 1)), rng.standard_normal((n, *self.expected.shape))
        noise = math.sqrt(self.correlation) * shared + math.sqrt(1 - self.correlation) * own
        return np.asarray(self.expected + self.deviation * noise)


class History(Outlook):
    """Demand seen so far [t, N], the last ``memory`` periods of it, by place in a season of ``season`` periods.

    A period's mean is that of the periods one, two, ... seasons before it. What demand differed from these means
    gives quantiles, errors of periods being taken as independent (a few weeks are too short to see sums of many), and
    as stretches the draws. Where less than a season is known, demand is the usual one.
    """

    def __init__(self, seen: Floats, usual: Floats, window: int, memory: int, season: int) -> None:
        recent = seen[-memory:]
        recent = recent[len(recent) % season :] if len(recent) >= season else np.tile(usual, (season, 1))
        seasons = recent.reshape(-1, season, len(usual))
        mean = seasons.mean(axis=0)
        self.errors = (seasons - mean).reshape(recent.shape)
        self.expected = mean[np.arange(window) % season]
        self.sells = np.ones(len(usual), bool)
        self.deviation = self.errors.std(axis=0)

    def safety(self, factors: Floats, periods: int) -> Floats:
        return np.asarray(math.sqrt(periods) * np.quantile(self.errors, _probabilities(factors), axis=0))

    def joint(self, nodes: Booleans) -> float:
        return float(self.errors[:, nodes].sum(axis=1).std())

    def draw(self, rng: np.random.Generator, n: int) -> Floats:
        begins, ahead = rng.integers(len(self.errors), size=(n, 1)), np.arange(len(self.expected))
        return np.asarray(self.expected + self.errors[(begins + ahead) % len(self.errors)])


def _quantiles(law: Distribution, factors: Floats, periods: int) -> Floats:
    """Quantiles [J]: each one where demand is whole, else some, and straight lines between these."""
    if law.discrete:
        total = law.total(periods)
        return np.array([total.quantile(q) for q in _probabilities(factors)])
    some = np.linspace(factors.min(), factors.max(), min(_ASKED, len(factors)))
    return np.interp(factors, some, [law.quantile(q, periods) for q in _probabilities(some).tolist()])


def _probabilities(factors: Floats) -> Floats:
    return np.array([NormalDist().cdf(factor) for factor in factors])


def outlook(problem: Any, view: Any, network: Network, window: int, memory: int, season: int) -> Outlook:
    """What ``problem`` lets one expect, given the view of a batch of one."""
    if isinstance(view, StockPath):
        known = view.demand[0]
        if problem.historical:
            return History(known, network.scale, window, memory, season)
        return Laws([problem.law] * network.size, len(known), window)
    try:
        laws = [node.demand for node in problem.layout.nodes]
    except ConfigError:  # each instance has a network of its own, and tells its moments
        return Moments(network, window)
    return Laws(laws, view.demand.shape[1], window)
