"""Classical rules: orders from what is on hand and on order."""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from typing import Annotated, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headway.components import component, given, knobs
from headway.environment import Observation
from headway.errors import CapabilityError, ConfigError
from headway.policy import Policy

Floats = NDArray[np.floating[Any]]
Amount = Annotated[float, Field(ge=0)]


def position(observation: Observation) -> Floats:
    """Inventory position float32 [B, I]: on hand, less what is owed, and on order."""
    pipeline = observation["pipeline"]
    on_order = np.vecdot(pipeline, np.ones(pipeline.shape[-1], np.float32))  # three times as fast as a short sum
    return observation["stock"] + on_order  # type: ignore[no-any-return]


def enough(problem: Any) -> float:
    """The best base-stock level if shortages were owed, in usual demands: the fractile of L + 1 periods' demand."""
    periods = problem.lead_time + 1
    ratio = problem.penalty / max(problem.penalty + problem.holding, 1e-12)
    if problem.historical:
        return float(periods + np.sqrt(periods) * (ratio - 0.5))
    return float(problem.law.quantile(min(ratio, 0.9999), periods)) / problem.usual  # type: ignore[no-any-return]


@component
class Rule(Policy):
    """A rule with parameters in units of goods, the same for all items.

    Parameters left None are the best ones for the problem, found once (`headway.domains.inventory.stock.best`):
    exactly where the problem has an exact model, else by simulation on tuning instances.
    """

    exact: ClassVar[bool] = True  # its costs may be computed exactly: it reaches few states

    problem: Any = given(None)

    @abstractmethod
    def quantity(self, observation: Observation, *parameters: Any) -> Floats:
        """Orders [B, I], units of goods, with these parameters: numbers or [B, I], in the sequence of the fields."""

    @abstractmethod
    def guess(self, enough: float) -> tuple[float, ...]:
        """Where a search begins, in usual demands; ``enough`` is the best level if shortages were owed."""

    def known(self) -> tuple[float, ...] | None:
        """The best parameters in usual demands, where they are known without a search."""
        return None

    @property
    def chosen(self) -> tuple[float | None, ...]:
        """The parameters as configured."""
        return tuple(getattr(self, name) for name in knobs(type(self)))

    def parameters(self, scale: Floats) -> tuple[Any, ...]:
        """All parameters: configured, or found for the problem and multiplied by ``scale``."""
        chosen = self.chosen
        if None not in chosen:
            return chosen
        if self.problem is None:
            where, hint = type(self).__name__, "set them, or use problem.baseline(...)"
            raise ConfigError("a rule without its parameters, and no problem to find them for", where=where, hint=hint)
        from headway.domains.inventory.stock.best import best

        found, key = self.problem.found, (type(self).__name__, chosen)
        if key not in found:
            found[key] = best(self)
        return tuple(cover * scale if value is None else value for value, cover in zip(chosen, found[key], strict=True))

    def act(self, observation: Observation, mask: Any, memory: Any = None) -> tuple[Floats, Any]:
        scale = observation["scale"]
        return self.quantity(observation, *self.parameters(scale)) / scale, memory

    def fit(self, problem: Any, view: Any) -> Self:
        return dataclasses.replace(self, problem=problem.until(view))


@component
class BaseStock(Rule):
    """Order up to ``level`` units on hand and on order: optimal where shortages are owed without fixed costs."""

    level: Amount | None = None

    def quantity(self, observation: Observation, *parameters: Any) -> Floats:
        (level,) = parameters
        return np.maximum(level - position(observation), 0.0)

    def guess(self, enough: float) -> tuple[float, ...]:
        return (enough,)

    def known(self) -> tuple[float, ...] | None:
        return (enough(self.problem),) if self.problem.base_stock_is_best else None


@component
class CappedBaseStock(Rule):
    """Order up to ``level``, but never more than ``cap`` at once (Xin 2021, "Understanding the performance of capped
    base-stock policies in lost-sales inventory models").
    """

    level: Amount | None = None
    cap: Amount | None = None

    def quantity(self, observation: Observation, *parameters: Any) -> Floats:
        level, cap = parameters
        return np.minimum(np.maximum(level - position(observation), 0.0), cap)

    def guess(self, enough: float) -> tuple[float, ...]:
        return enough, 1.2


@component
class ReorderPoint(Rule):
    """(s, S): order up to ``level`` units where no more than ``reorder`` are on hand and on order (Scarf 1960)."""

    reorder: Amount | None = None
    level: Amount | None = None

    def quantity(self, observation: Observation, *parameters: Any) -> Floats:
        reorder, level = parameters
        held = position(observation)
        return np.where(held <= reorder, np.maximum(level - held, 0.0), 0.0)

    def guess(self, enough: float) -> tuple[float, ...]:
        lot = np.sqrt(2 * self.problem.fixed / (self.problem.holding or 1.0) / self.problem.usual)
        return max(enough - 0.5 * lot, 0.0), enough + 0.5 * lot

    def known(self) -> tuple[float, ...] | None:
        """Where shortages are owed, by Zheng and Federgruen's search (1991)."""
        if self.problem.lost:
            return None
        try:
            found = self.problem.model().best_s_S()
        except CapabilityError:  # no exact model
            return None
        return found.reorder / self.problem.usual, found.level / self.problem.usual


@component
class ConstantOrder(Rule):
    """The same ``amount`` in every period: near the optimum where lead times are long (Goldberg et al. 2016)."""

    exact: ClassVar[bool] = False

    amount: Amount | None = None

    def quantity(self, observation: Observation, *parameters: Any) -> Floats:
        (amount,) = parameters
        return amount + np.zeros_like(observation["stock"])

    def guess(self, enough: float) -> tuple[float, ...]:
        return (0.8,)
