"""Base-stock levels: where newsvendors put them, and a search by simulation around that."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.domains.inventory.search import pattern_search, simulated
from headway.domains.inventory.supply.echelon import Echelons, echelons

if TYPE_CHECKING:
    from headway.domains.inventory.supply.base_stock import BaseStock

Floats = NDArray[np.float64]

GRID = 10  # points of the search per standard deviation
STEP = 4  # first step of the search
LARGEST = 4.0  # safety factors beyond are as good as certainty
PATHS = 64  # simulated by the search


class Settings(NamedTuple):
    """Shift of each layer's safety factor, the stores' first; and how what is short is allocated."""

    shifts: tuple[float, ...]
    allocation: Literal["proportional", "min_shortage"]


def safety_factor(network: Echelons, holding: Floats) -> Floats:
    """Where a node's level lies in the demand it covers, in standard deviations from the mean; [B, N].

    The mean of the two bounds of Shang and Song (2003), "Newsvendor bounds and heuristic for optimal policies in
    serial supply chains": one newsvendor who holds at the node's own cost, and one who holds at the store's.
    """
    from scipy.special import ndtri

    covered = network.penalty + network.upstream
    ratios = [covered / np.maximum(network.penalty + h, 1e-12) for h in (holding, network.downstream)]
    low, high = (np.clip(ndtri(np.clip(ratio, 0.0, 1.0)), -LARGEST, LARGEST) for ratio in ratios)
    return np.where(network.depth < 0, 0.0, (low + high) / 2)


def search(rule: BaseStock, problem: Any) -> Settings:
    """The best shifts and allocation on tuning instances; what the rule is configured with stays."""
    cost = simulated(problem, n=PATHS)
    layers = _layers(problem)
    ways: tuple[Literal["proportional", "min_shortage"], ...] = ("proportional", "min_shortage")
    found: list[tuple[float, Settings]] = []
    start = (0,) * layers
    for way in ways if rule.allocation is None else (rule.allocation,):

        def at(point: tuple[int, ...], way: Literal["proportional", "min_shortage"] = way) -> float:
            return cost(dataclasses.replace(rule, shifts=tuple(k / GRID for k in point), allocation=way))

        if rule.shifts is not None:
            found.append((cost(dataclasses.replace(rule, allocation=way)), Settings(rule.shifts, way)))
            continue
        start, value = pattern_search(at, start, step=STEP, low=-int(LARGEST * GRID))
        found.append((value, Settings(tuple(k / GRID for k in start), way)))
    return min(found)[1]


def _layers(problem: Any) -> int:
    """How many layers the problem's networks have."""
    environment = problem.environment()
    params = environment.prepare(problem.instances("tuning", 1))
    return int(echelons(environment.observe(params, environment.reset(params))).depth.max()) + 1
