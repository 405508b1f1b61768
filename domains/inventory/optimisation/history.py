"""What the demand seen so far lets one expect."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from headway.domains.inventory.optimisation.network import Booleans, Floats
from headway.domains.inventory.optimisation.outlook import Outlook, probabilities


class History(Outlook):
    """Demand seen so far [t, N], the last ``memory`` periods of it, by place in a season of ``season`` periods.

    A period's mean is that of the periods one, two, ... seasons before it. What demand differed from these means
    gives quantiles, errors of periods being taken as independent (a few weeks are too short to see sums of many), and
    as stretches the draws. Where less than a season is known, demand is the usual one.
    """

    steady: ClassVar[bool] = False

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
        return np.asarray(math.sqrt(periods) * np.quantile(self.errors, probabilities(factors), axis=0))

    def joint(self, nodes: Booleans) -> float:
        return float(self.errors[:, nodes].sum(axis=1).std())

    def draw(self, rng: np.random.Generator, n: int) -> Floats:
        begins, ahead = rng.integers(len(self.errors), size=(n, 1)), np.arange(len(self.expected))
        return np.asarray(self.expected + self.errors[(begins + ahead) % len(self.errors)])
