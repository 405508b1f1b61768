"""Contestants that decide step by step: policies (from observations) and planners (from views)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, Self, TypeVar

from headway.batch import Instance
from headway.environment import Observation
from headway.ops import Array

I = TypeVar("I", bound=Instance)  # noqa: E741


class Policy(ABC):
    """Observation -> action, for a batch; learned or classical. Classical ones are components.

    A policy that remembers (a recurrent network, an encoding made once) or draws at random keeps
    that in ``memory``: a nested tuple or dict of arrays with a leading batch axis, so that rows can
    be dropped as episodes end.
    """

    environment: ClassVar[str | None] = None  # the environment it acts in; None: the default one

    def start(self, n: int, seed: int = 0) -> Any:
        """Memory for ``n`` episodes that begin now."""
        return None

    @abstractmethod
    def act(self, observation: Observation, mask: Array | None, memory: Any = None) -> tuple[Array, Any]:
        """Actions [B, ...] and the memory for the next step."""

    def fit(self, problem: Any, view: Any) -> Self:
        """Itself, refitted on a prefix: a backtest calls this on its schedule. Most need no fitting."""
        return self

    def learned(self) -> Mapping[str, Any]:
        """What its last fit has learned, as JSON: a backtest keeps it. Nothing where there is nothing to learn."""
        return {}


class Planner(ABC, Generic[I]):
    """View and state -> decision, for one row: classical rules and rolling-horizon planners.

    A planner sees the instance only up to now (`Problem.view`). Optimising has a work limit, not a
    time limit, so that a plan can be repeated.
    """

    environment: ClassVar[str | None] = None

    @abstractmethod
    def plan(self, problem: Any, view: I, state: Any) -> Array:
        """The decision [...] now, for a view and a state that are batches of one."""

    def fit(self, problem: Any, view: Any) -> Self:
        """Itself, refitted on a prefix: a backtest calls this on its schedule. Most need no fitting."""
        return self

    def learned(self) -> Mapping[str, Any]:
        """What its last fit has learned, as JSON: a backtest keeps it. Nothing where there is nothing to learn."""
        return {}
