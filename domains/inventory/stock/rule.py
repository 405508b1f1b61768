"""What classical rules share: parameters that are configured, or the best ones for the problem."""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from headway.components import component, given, knobs
from headway.environment import Observation
from headway.errors import ConfigError
from headway.ops import Array
from headway.policy import Policy

Floats = NDArray[np.floating[Any]]


def position(observation: Observation) -> Array:
    """Inventory position float32 [B, I]: on hand, less what is owed, and on order."""
    pipeline = observation["pipeline"]
    on_order = np.vecdot(pipeline, np.ones(pipeline.shape[-1], np.float32))  # three times as fast as a short sum
    return observation["stock"] + on_order


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
    fitted: bool = given(False)
    last: tuple[float, ...] | None = given(None)  # parameters in usual demands that the last fit found

    @abstractmethod
    def quantity(self, observation: Observation, *parameters: Any) -> Array:
        """Orders [B, I], units of goods, with these parameters: numbers or [B, I], in the sequence of the fields."""

    @abstractmethod
    def guess(self, level: float) -> tuple[float, ...]:
        """Where a search begins, in usual demands; ``level`` is the best one if shortages were owed."""

    def known(self) -> tuple[float, ...] | None:
        """The best parameters in usual demands, where they are known without a search."""
        return None

    @property
    def chosen(self) -> tuple[float | None, ...]:
        """The parameters as configured."""
        return tuple(getattr(self, name) for name in knobs(type(self)))

    def parameters(self, scale: Floats) -> tuple[Any, ...]:
        """All parameters: configured, or found for the problem and multiplied by ``scale``."""
        if None not in self.chosen:
            return self.chosen
        pairs = zip(self.chosen, self.covers, strict=True)
        return tuple(cover * scale if value is None else value for value, cover in pairs)

    @property
    def covers(self) -> tuple[float, ...]:
        """The best parameters for the problem, in usual demands; 0 for those that are configured."""
        if self.problem is None:
            where, hint = type(self).__name__, "set them, or use problem.baseline(...)"
            raise ConfigError("a rule without its parameters, and no problem to find them for", where=where, hint=hint)
        from headway.domains.inventory.stock.best import best

        found, key = self.problem.found, (type(self).__name__, self.chosen)
        if key not in found:
            found[key] = best(self)
        covers: tuple[float, ...] = found[key]
        return covers

    def act(self, observation: Observation, mask: Any, memory: Any = None) -> tuple[Floats, Any]:
        scale = observation["scale"]
        return self.quantity(observation, *self.parameters(scale)) / scale, memory

    def fit(self, problem: Any, view: Any) -> Self:
        last = self.covers if self.fitted and None in self.chosen else None
        return dataclasses.replace(self, problem=problem.until(view), fitted=True, last=last)

    def learned(self) -> Mapping[str, Any]:
        """Parameters that were searched for, in usual demands."""
        if None not in self.chosen:
            return {}
        pairs = zip(knobs(type(self)), self.chosen, self.covers, strict=True)
        return {name: cover for name, value, cover in pairs if value is None}
