"""Demand whose mean follows the week and the year."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from headway.components import build, component
from headway.domains.inventory.demand.distribution import Distribution, Floats, Singles
from headway.domains.inventory.demand.lattice import Lattice
from headway.problem import lookup

Factor = Annotated[float, Field(gt=0)]


@component
class Seasonal(Distribution):
    """A law whose mean is multiplied by a factor of the week and a wave of the year.

    law, law_options : the law of an average period, one that can be scaled
    week : factors of the periods of a week, repeated; their mean counts as 1
    swing : amplitude of the yearly wave, a share of the mean
    year : periods in a year

    Period 0 is the first of a week and of a year. `quantile` and `loss` are those of periods that begin
    at a random time of the season; `features` tell sine and cosine of both seasons.
    """

    law: str = "poisson"
    law_options: dict[str, Any] = dataclasses.field(default_factory=dict)
    week: tuple[Factor, ...] = (0.8, 0.8, 0.9, 1.0, 1.2, 1.4, 0.9)
    swing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    year: Annotated[int, Field(ge=2)] = 364

    @cached_property
    def average(self) -> Distribution:
        """The law of an average period."""
        from headway.domains.inventory.demand import LAWS

        known = {name: path for name, path in LAWS.items() if name != "seasonal"}
        law: Distribution = build(
            lookup("demand law", self.law, known), self.law_options, where="demand_options.law_options"
        )
        return law

    @cached_property
    def factors(self) -> Floats:
        """Expected demand of each period of one season, over the mean: float64 [S]."""
        season = math.lcm(len(self.week), self.year if self.swing else 1)
        time = np.arange(season)
        week = np.array(self.week)[time % len(self.week)] / np.mean(self.week)
        return np.asarray(week * (1 + self.swing * np.sin(2 * np.pi * time / self.year)))

    @cached_property
    def laws(self) -> Sequence[Distribution]:
        """The law of each period of one season; equal factors share one."""
        made = {factor: self.average.scaled(factor) for factor in set(self.factors.tolist())}
        return [made[factor] for factor in self.factors.tolist()]

    # -- one period, or several from a random time of the season ----------------------------------
    @property
    def mean(self) -> float:
        return float(np.mean([law.mean for law in self.laws]))

    @property
    def std(self) -> float:
        within = np.mean([law.std**2 for law in self.laws])
        return math.sqrt(within + np.var([law.mean for law in self.laws]))

    @property
    def discrete(self) -> bool:
        return self.average.discrete

    @cached_property
    def lattice(self) -> Lattice:
        return self.total(1)

    def total(self, periods: int) -> Lattice:
        """The law of the demand of ``periods`` periods in a row, the first of them at a random time."""
        grids = {law: law.grid(self.average.step) for law in set(self.laws)}
        season = [grids[law] for law in self.laws]
        sums = season
        for later in range(1, periods):
            sums = [law.plus(season[(at + later) % len(season)]) for at, law in enumerate(sums)]
        return Lattice.mixture(sums)

    # -- paths ------------------------------------------------------------------------------------
    def sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        """Demands of periods 0, 1, ... along the second axis."""
        drawn = np.empty(shape)
        for period in range(shape[1]):
            law = self.laws[period % len(self.laws)]
            drawn[:, period] = law.sample(rng, drawn[:, period].shape)
        return drawn

    def means(self, periods: int) -> Floats:
        return self.mean * self.factors[np.arange(periods) % len(self.factors)]

    def features(self, periods: int) -> Singles:
        """Sine and cosine of the time of the week, and of the year where demand has a yearly wave."""
        cycles = [len(self.week)] * (len(self.week) > 1) + [self.year] * (self.swing > 0)
        angle = 2 * np.pi * np.arange(periods)[:, None] / np.array(cycles, np.float64)
        return np.concatenate([np.sin(angle), np.cos(angle)], axis=1).astype(np.float32)
