"""A history resampled in blocks of time, and with it every number that its tracks are measured by."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway.contest import stats
from headway.problem import Problem

Floats = NDArray[np.float64]

OBJECTIVE = "objective"  # the series whose mean over periods is the objective
PART = 256  # replicates held at a time


@dataclass(frozen=True)
class Resampled:
    """The same replicates of time for every track, so that differences are paired period by period.

    Attributes
    ----------
    indices : [R, T], the periods of each replicate
    length : mean length of a block
    """

    problem: Problem[Any, Any]
    indices: NDArray[np.intp]
    length: int

    def replicates(self, label: str, series: Mapping[str, Floats]) -> dict[str, Floats]:
        """float64 [R] of the objective and of each of `Problem.measures`, from series [S, T] of S seeds.

        A measure is taken of each seed and then averaged: of averaged series it would be flattered. Seeds are
        resampled, too, since training again would change a result just as another history would.
        """
        seeds = len(next(iter(series.values())))
        single = [self._one({name: values[seed] for name, values in series.items()}) for seed in range(seeds)]
        weights = self._weights(label, seeds)
        return {name: np.einsum("rs,sr->r", weights, np.stack([one[name] for one in single])) for name in single[0]}

    def _one(self, series: Mapping[str, Floats]) -> dict[str, Floats]:
        parts: dict[str, list[Floats]] = {}
        for start in range(0, len(self.indices), PART):
            drawn = {name: values[self.indices[start : start + PART]] for name, values in series.items()}
            for name, measured in measures(self.problem, drawn).items():
                parts.setdefault(name, []).append(measured)
        return {name: np.concatenate(part) for name, part in parts.items()}

    def _weights(self, label: str, seeds: int) -> Floats:
        """[R, S]: how often each seed is drawn, as a share."""
        rng = np.random.default_rng(zlib.crc32(label.encode()))
        drawn: Floats = rng.multinomial(seeds, np.full(seeds, 1 / seeds), len(self.indices)) / seeds
        return drawn


def resampled(
    problem: Problem[Any, Any], series: Sequence[Floats], resamples: int, length: int | None = None
) -> Resampled | None:
    """Replicates of the time of ``series`` [T] each, in blocks of ``length`` on average (None: estimated); None where
    it is too short for blocks: less than `stats.SHORT` periods, or than four blocks.
    """
    if not series or len(series[0]) < max(stats.SHORT, 4 * (length or 0)):
        return None
    return Resampled(problem, *stats.blocks(*series, resamples=resamples, length=length))


def measures(problem: Problem[Any, Any], series: Mapping[str, Floats]) -> dict[str, Floats]:
    """The objective and each of `Problem.measures`, [R] from series [R, T]."""
    return {OBJECTIVE: series[OBJECTIVE].mean(1), **problem.measures(series)}
