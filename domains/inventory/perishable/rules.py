"""Classical rules: orders from what is on hand, how old it is, and what is on order."""

from __future__ import annotations

import dataclasses
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway.components import component
from headway.domains.inventory.perishable.issuing import left
from headway.domains.inventory.perishable.truth import exact_cost
from headway.domains.inventory.search import Point, pattern_search, simulated
from headway.domains.inventory.stock.rules import STATES, Parameter, Rule
from headway.environment import Observation
from headway.errors import CapabilityError, ConfigError
from headway.policy import Policy

Floats = NDArray[np.float64]


@component
class AgedRule(Rule):
    """A rule with one level for goods that age; left None it is the best for the problem.

    level : in units of goods
    """

    level: Parameter = None

    def guess(self) -> tuple[float, ...]:
        return (self.problem.lead_time + 1.0,)

    @cached_property
    def best(self) -> tuple[float, ...]:
        """The best level, in usual demands."""
        return (best_level(self),)


@component
class BaseStock(AgedRule):
    """Order up to ``level`` units on hand and on order, whatever their age."""

    def quantity(self, observation: Observation, *parameters: Any) -> Floats:
        (level,) = parameters
        return np.maximum(level - position(observation), 0.0)


@component
class ExpectedWaste(AgedRule):
    """Order up to ``level`` units on hand and on order that will not be waste before the order arrives.

    The estimate lets usual demand come in each period of the lead time (Broekmeulen and van Donselaar 2009, "A
    heuristic to manage perishable inventory with batch ordering, positive lead-times, and time-varying demand":
    EWA; De Moor et al. (2022) call it BSP-EW).
    """

    def quantity(self, observation: Observation, *parameters: Any) -> Floats:
        (level,) = parameters
        lifo = np.full((1, 1, 1), self.problem.issuing == "lifo")
        waste = expected_waste(observation, self.problem.lead_time, lifo)
        return np.maximum(level - position(observation) + waste, 0.0)


def position(observation: Observation) -> Floats:
    """Inventory position [B, I]: all that is on hand and on order."""
    goods: Floats = observation["stock"].sum(axis=-1, dtype=np.float64)
    return goods + observation["pipeline"].sum(axis=-1, dtype=np.float64)


def expected_waste(observation: Observation, periods: int, lifo: NDArray[np.bool_]) -> Floats:
    """Units [B, I] that get too old within ``periods``, if demand is the usual one and nothing more is ordered."""
    goods = np.concatenate([observation["stock"], observation["pipeline"]], axis=-1).astype(np.float64)
    life, usual = observation["stock"].shape[-1], observation["scale"].astype(np.float64)
    waste = np.zeros(usual.shape)
    for _ in range(periods):
        remaining = left(np, goods[..., :life], usual, lifo)
        waste += remaining[..., 0]
        goods = np.concatenate([remaining[..., 1:], goods[..., life:], np.zeros((*usual.shape, 1))], axis=-1)
    return waste


@dataclasses.dataclass(frozen=True)
class _Candidate(Policy):
    """A rule with its level in usual demands."""

    rule: AgedRule
    cover: float

    def act(self, observation: Observation, mask: Any, memory: Any = None) -> tuple[Floats, Any]:
        scale = observation["scale"]
        return self.rule.quantity(observation, self.cover * scale) / scale, memory


def best_level(rule: AgedRule) -> float:
    """The best level for the rule's problem, in usual demands.

    Raises
    ------
    ConfigError
        The rule was built without a problem.
    """
    problem = rule.problem
    if problem is None:
        raise ConfigError("a rule without a level and without a problem to find it for", where=type(rule).__name__)
    grain = (problem.multiple or problem.usual / 20) / problem.usual
    start = [round(cover / grain) for cover in rule.guess()]

    def policy(point: Point) -> _Candidate:
        return _Candidate(rule, point[0] * grain)

    try:
        point, _ = pattern_search(lambda point: exact_cost(problem, policy(point), limit=STATES), start)
    except CapabilityError:
        cost = simulated(problem)
        point, _ = pattern_search(lambda point: cost(policy(point)), start)
    return point[0] * grain
