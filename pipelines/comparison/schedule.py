"""When contestants are refitted in a backtest, and on which part of the past."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from headway.batch import Instance
from headway.errors import ConfigError
from headway.problem import Problem


@dataclass(frozen=True)
class Schedule:
    """When refits take place, and which part of the known past they see.

    Attributes
    ----------
    every : periods between two refits; None: only the one before the first decision
    purge : periods at the end of what is known that refits do not see, because labels made of them reach
        beyond it: as many as a label looks ahead (Lopez de Prado 2018, Advances in Financial Machine Learning, 7.4.1)
    embargo : periods more that they do not see, against what carries over from day to day (7.4.2 there)
    window : periods before these that they do see, the rolling kind; None: all, the expanding kind
    warm : whether a refit is handed what the last fit has made, to start from; else the contestant as it was entered
    """

    every: int | None = None
    purge: int = 0
    embargo: int = 0
    window: int | None = None
    warm: bool = False

    @property
    def gap(self) -> int:
        """Periods between the last one that a refit sees and the first decision made with it."""
        return self.purge + self.embargo

    def view(self, problem: Problem[Any, Any], history: Instance, period: int) -> Instance:
        """What a refit at ``period`` sees.

        Raises
        ------
        ConfigError
            Nothing is left before the gap.
        """
        if period <= self.gap:
            raise ConfigError(
                "a refit would see nothing",
                where="purge + embargo",
                got=self.gap,
                expected=f"less than the {period} periods known at the first decision",
            )
        known: Instance = problem.view(history, period - self.gap)
        return known if self.window is None else problem.recent(known, self.window)
