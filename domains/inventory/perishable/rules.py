"""Classical rules: orders from what is on hand, how old it is, and what is on order."""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from functools import cached_property
from typing import Annotated, Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component, given
from headway.domains.inventory.perishable.issuing import left
from headway.domains.inventory.perishable.levels import best_level
from headway.environment import Observation
from headway.errors import ConfigError
from headway.policy import Policy

Floats = NDArray[np.float64]


@component
class AgedRule(Policy):
    """A rule with one level, in units of goods, the same for all items; left None it is the best for the problem."""

    problem: Any = given(None)
    level: Annotated[float, Field(ge=0)] | None = None

    @abstractmethod
    def quantity(self, observation: Observation, level: Any) -> Floats:
        """Orders [B, I] in units of goods with this level, a number or [B, I]."""

    @cached_property
    def best(self) -> float:
        """The best level, in usual demands.

        Raises
        ------
        ConfigError
            The rule was built without a problem to find it for.
        """
        if self.problem is None:
            where, hint = type(self).__name__, "set level, or use problem.baseline(...)"
            raise ConfigError("a rule without its level, and no problem to find it for", where=where, hint=hint)
        return best_level(self.problem, self.quantity)

    def act(self, observation: Observation, mask: Any, memory: Any = None) -> tuple[Floats, Any]:
        scale = observation["scale"]
        level = self.best * scale if self.level is None else self.level
        return self.quantity(observation, level) / scale, memory

    def fit(self, problem: Any, view: Any) -> Self:
        return dataclasses.replace(self, problem=problem.until(view))


@component
class BaseStock(AgedRule):
    """Order up to ``level`` units on hand and on order, whatever their age."""

    def quantity(self, observation: Observation, level: Any) -> Floats:
        order: Floats = np.maximum(level - position(observation), 0.0)
        return order


@component
class ExpectedWaste(AgedRule):
    """Order up to ``level`` units on hand and on order that will not be waste before the order arrives.

    The estimate lets usual demand come in each period of the lead time (Broekmeulen and van Donselaar 2009, "A
    heuristic to manage perishable inventory with batch ordering, positive lead-times, and time-varying demand":
    EWA; De Moor et al. (2022) call it BSP-EW).
    """

    def quantity(self, observation: Observation, level: Any) -> Floats:
        lifo = np.full((1, 1, 1), self.problem.issuing == "lifo")
        waste = expected_waste(observation, self.problem.lead_time, lifo)
        order: Floats = np.maximum(level - position(observation) + waste, 0.0)
        return order


def position(observation: Observation) -> Floats:
    """Inventory position [B, I]: all that is on hand and on order."""
    on_hand = observation["stock"].sum(axis=-1, dtype=np.float64)
    goods: Floats = on_hand + observation["pipeline"].sum(axis=-1, dtype=np.float64)
    return goods


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
