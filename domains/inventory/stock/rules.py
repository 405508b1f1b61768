"""Classical rules: orders from what is on hand and on order."""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component, given
from headway.domains.inventory.search import Point, pattern_search, simulated
from headway.domains.inventory.stock.truth import exact_cost
from headway.environment import Observation
from headway.errors import CapabilityError, ConfigError
from headway.policy import Policy

Floats = NDArray[np.float64]
Parameter = Annotated[float, Field(ge=0)] | None

STATES = 20_000  # up to this many, costs of candidates are exact; beyond, simulated


def position(observation: Observation) -> Floats:
    """Inventory position float32 [B, I]: on hand, less what is owed, and on order."""
    pipeline = observation["pipeline"]
    on_order = np.vecdot(pipeline, np.ones(pipeline.shape[-1], np.float32))  # three times as fast as a short sum
    return observation["stock"] + on_order  # type: ignore[no-any-return]


@component
class Rule(Policy):
    """A rule with parameters; those left None are the best for the problem (see `best`)."""

    problem: Any = given(None)

    @abstractmethod
    def quantity(self, observation: Observation, *parameters: Any) -> Floats:
        """Orders [B, I] with these parameters, in units of goods."""

    @abstractmethod
    def guess(self) -> tuple[float, ...]:
        """Where the search begins, in usual demands."""

    @property
    def chosen(self) -> tuple[float | None, ...]:
        """The parameters that were configured, units of goods."""
        return tuple(getattr(self, f.name) for f in dataclasses.fields(self) if f.name != "problem")

    @cached_property
    def best(self) -> tuple[float, ...]:
        """The best parameters, in usual demands: by exact costs where the states are few, else by simulation."""
        return best(self)

    def parameters(self, scale: Floats) -> list[Any]:
        """One number or [B, I] per parameter, units of goods."""
        return [self.best[i] * scale if value is None else value for i, value in enumerate(self.chosen)]

    def act(self, observation: Observation, mask: Any, memory: Any = None) -> tuple[Floats, Any]:
        scale = observation["scale"]
        return self.quantity(observation, *self.parameters(scale)) / scale, memory

    def fit(self, problem: Any, view: Any) -> Self:
        return dataclasses.replace(self, problem=problem.until(view))


@component
class BaseStock(Rule):
    """Order up to ``level`` units on hand and on order."""

    level: Parameter = None

    def quantity(self, observation: Observation, *parameters: Any) -> Floats:
        (level,) = parameters
        return np.maximum(level - position(observation), 0.0)

    def guess(self) -> tuple[float, ...]:
        return (self.problem.lead_time + 1.0,)


@dataclasses.dataclass(frozen=True)
class _Candidate(Policy):
    """A rule with its parameters in usual demands."""

    rule: Rule
    covers: Sequence[float]

    def act(self, observation: Observation, mask: Any, memory: Any = None) -> tuple[Floats, Any]:
        scale = observation["scale"]
        return self.rule.quantity(observation, *(cover * scale for cover in self.covers)) / scale, memory


def best(rule: Rule) -> tuple[float, ...]:
    """The best parameters of ``rule`` for its problem, in usual demands.

    Raises
    ------
    ConfigError
        The rule was built without a problem.
    """
    problem = rule.problem
    if problem is None:
        raise ConfigError("a rule without parameters and without a problem to find them for", where=type(rule).__name__)
    grain = (problem.multiple or problem.usual / 20) / problem.usual

    def policy(point: Point) -> _Candidate:
        return _Candidate(rule, [k * grain for k in point])

    start = [round(cover / grain) for cover in rule.guess()]
    try:
        point, _ = pattern_search(lambda point: exact_cost(problem, policy(point), limit=STATES), start)
    except CapabilityError:
        cost = simulated(problem)
        point, _ = pattern_search(lambda point: cost(policy(point)), start)
    return tuple(k * grain for k in point)
