"""Classical rules: orders from what is on hand and on order."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from headway.components import component
from headway.domains.inventory.stock.rule import Rule, enough, position
from headway.environment import Observation
from headway.errors import CapabilityError
from headway.ops import Array

Amount = Annotated[float, Field(ge=0)]


@component
class BaseStock(Rule):
    """Order up to ``level`` units on hand and on order: optimal where shortages are owed without fixed costs."""

    level: Amount | None = None

    def quantity(self, observation: Observation, *parameters: Any) -> Array:
        (level,) = parameters
        return np.maximum(level - position(observation), 0.0)

    def guess(self, level: float) -> tuple[float, ...]:
        return (level,)

    def known(self) -> tuple[float, ...] | None:
        return (enough(self.problem),) if self.problem.base_stock_is_best else None


@component
class CappedBaseStock(Rule):
    """Order up to ``level``, but never more than ``cap`` at once (Xin 2021, "Understanding the performance of capped
    base-stock policies in lost-sales inventory models").
    """

    level: Amount | None = None
    cap: Amount | None = None

    def quantity(self, observation: Observation, *parameters: Any) -> Array:
        level, cap = parameters
        return np.clip(level - position(observation), 0.0, cap)

    def guess(self, level: float) -> tuple[float, ...]:
        return level, 1.2


@component
class ReorderPoint(Rule):
    """(s, S): order up to ``level`` units where no more than ``reorder`` are on hand and on order (Scarf 1960)."""

    reorder: Amount | None = None
    level: Amount | None = None

    def quantity(self, observation: Observation, *parameters: Any) -> Array:
        reorder, level = parameters
        held = position(observation)
        return np.where(held <= reorder, np.maximum(level - held, 0.0), 0.0)

    def guess(self, level: float) -> tuple[float, ...]:
        lot = np.sqrt(2 * self.problem.fixed / (self.problem.holding or 1.0) / self.problem.usual)
        return max(level - 0.5 * lot, 0.0), level + 0.5 * lot

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

    def quantity(self, observation: Observation, *parameters: Any) -> Array:
        (amount,) = parameters
        return amount + np.zeros_like(observation["stock"])

    def guess(self, level: float) -> tuple[float, ...]:
        return (0.8,)
