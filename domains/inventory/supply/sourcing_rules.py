"""Classical rules for two sources: when to pay for speed."""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from functools import cached_property
from typing import Annotated, Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component, given
from headway.domains.inventory.supply.sourcing_search import best
from headway.environment import Observation
from headway.errors import ConfigError
from headway.policy import Policy

Floats = NDArray[np.float64]
Level = float | None  # units of goods, may be below zero where goods are owed
Quantity = Annotated[float, Field(ge=0)] | None


class Positions(NamedTuple):
    """Inventory positions [B], goods that are owed counting below zero.

    Attributes
    ----------
    near : on hand and arriving within the expedited lead time
    all : on hand and on order
    """

    near: Floats
    all: Floats


@component
class SourcingRule(Policy):
    """A rule with parameters in units of goods; those left None are the best for the problem."""

    environment: ClassVar[str | None] = "ship"

    problem: Any = given(None)

    @abstractmethod
    def orders(self, position: Positions, *parameters: float) -> tuple[Floats, Floats]:
        """What to order [B] from the regular and from the expedited source, with these parameters."""

    @abstractmethod
    def spelled(self, level: float, shape: tuple[float, ...]) -> tuple[float, ...]:
        """The parameters of a policy that expedites up to ``level`` and otherwise has this ``shape``."""

    def sensible(self, shape: tuple[float, ...]) -> bool:
        """Whether stock stays finite with this shape."""
        return True

    @property
    @abstractmethod
    def usual_shape(self) -> tuple[float, ...]:
        """Where the search for the shape begins, in usual demands."""

    @cached_property
    def parameters(self) -> tuple[float, ...]:
        """The parameters: as configured, or where none is, the best.

        Raises
        ------
        ConfigError
            Some are configured and others are not, or none is and there is no problem to find them for.
        """
        chosen = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name != "problem"}
        known = tuple(value for value in chosen.values() if value is not None)
        if len(known) == len(chosen):
            return known
        if known or self.problem is None:
            raise ConfigError(
                "a rule with some of its parameters, or with none and without a problem to find them for",
                where=type(self).__name__,
                got=chosen,
                expected="all, or none",
            )
        return best(self)

    def act(self, observation: Observation, mask: Any, memory: Any = None) -> tuple[Floats, Any]:
        return self.actions(observation, self.parameters), memory

    def actions(self, observation: Observation, parameters: tuple[float, ...]) -> Floats:
        """Actions [B, 2] with these parameters."""
        stock = observation["stock"][:, 0].astype(np.float64)
        pipeline = observation["pipeline"].sum(axis=2, dtype=np.float64)
        soon = int(observation["lead_time"][0, 1])  # that of the expedited source
        position = Positions(stock + pipeline[:, :soon].sum(axis=1), stock + pipeline.sum(axis=1))
        quantities: Floats = np.stack(self.orders(position, *parameters), axis=1)
        actions: Floats = quantities / observation["edge_scale"]
        return actions

    def fit(self, problem: Any, view: Any) -> Self:
        return dataclasses.replace(self, problem=problem.until(view))


@component
class SingleIndex(SourcingRule):
    """Both sources look at all that is on hand and on order.

    Expedite up to ``expedited_level``, then order from the regular source up to ``regular_level`` (Scheller-Wolf,
    Veeraraghavan and van Houtum 2007, "Effective dual sourcing with a single index policy").
    """

    expedited_level: Level = None
    regular_level: Level = None

    def orders(self, position: Positions, *parameters: float) -> tuple[Floats, Floats]:
        expedited_level, regular_level = parameters
        expedited = np.maximum(expedited_level - position.all, 0.0)
        return np.maximum(regular_level - position.all - expedited, 0.0), expedited

    def spelled(self, level: float, shape: tuple[float, ...]) -> tuple[float, ...]:
        (above,) = shape
        return (level, level + above)

    @property
    def usual_shape(self) -> tuple[float, ...]:
        return (0.5,)


@component
class DualIndex(SourcingRule):
    """The expedited source looks at what is near, the regular one at everything.

    Expedite up to ``expedited_level`` on hand and arriving in time, then order from the regular source up to
    ``regular_level`` on hand and on order (Veeraraghavan and Scheller-Wolf 2008, "Now or later: a simple policy
    for effective dual sourcing in capacitated systems").
    """

    expedited_level: Level = None
    regular_level: Level = None

    def orders(self, position: Positions, *parameters: float) -> tuple[Floats, Floats]:
        expedited_level, regular_level = parameters
        return dual_index(position, expedited_level, regular_level, np.inf)

    def spelled(self, level: float, shape: tuple[float, ...]) -> tuple[float, ...]:
        (above,) = shape
        return (level, level + above)

    @property
    def usual_shape(self) -> tuple[float, ...]:
        return (float(self.problem.regular_lead_time),)


@component
class CappedDualIndex(SourcingRule):
    """`DualIndex` whose regular orders are at most ``cap`` (Sun and Van Mieghem 2019, "Robust dual sourcing
    inventory management: optimality of capped dual index policies and smoothing").
    """

    expedited_level: Level = None
    regular_level: Level = None
    cap: Quantity = None

    def orders(self, position: Positions, *parameters: float) -> tuple[Floats, Floats]:
        return dual_index(position, *parameters)

    def spelled(self, level: float, shape: tuple[float, ...]) -> tuple[float, ...]:
        above, cap = shape
        return (level, level + above, cap)

    @property
    def usual_shape(self) -> tuple[float, ...]:
        return (float(self.problem.regular_lead_time), 1.0)


@component
class TailoredBaseSurge(SourcingRule):
    """``base`` from the regular source in every period; expediting lifts what is near to ``surge_level``.

    Allon and Van Mieghem 2010, "Global dual sourcing: tailored base-surge allocation to near- and offshore
    production".
    """

    surge_level: Level = None
    base: Quantity = None

    def orders(self, position: Positions, *parameters: float) -> tuple[Floats, Floats]:
        surge_level, base = parameters
        return np.full_like(position.near, base), np.maximum(surge_level - position.near, 0.0)

    def spelled(self, level: float, shape: tuple[float, ...]) -> tuple[float, ...]:
        (base,) = shape
        return (level, base)

    def sensible(self, shape: tuple[float, ...]) -> bool:
        """Less than mean demand."""
        return shape[0] < self.problem.demand_law.mean  # type: ignore[no-any-return]

    @property
    def usual_shape(self) -> tuple[float, ...]:
        return (0.5,)


def dual_index(position: Positions, expedited_level: float, regular_level: float, cap: float) -> tuple[Floats, Floats]:
    """Orders [B] of a dual-index policy with a cap on regular orders."""
    expedited = np.maximum(expedited_level - position.near, 0.0)
    return np.clip(regular_level - position.all - expedited, 0.0, cap), expedited
