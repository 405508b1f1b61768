"""Where the values of one knob come from: a range, or a list of choices."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import Field, model_validator

from headway.pipelines.configuration.schema import Model

if TYPE_CHECKING:
    from optuna.trial import BaseTrial


class Knob(Model):
    """What ranges and choices have in common.

    Attributes
    ----------
    when : other knobs of the same component and the values they need to have, or this one is idle
    default : of a nested knob; of any other its component knows it
    """

    when: Mapping[str, Any] = {}
    default: Any = None


class Range(Knob):
    """From ``low`` to ``high``, both included; whole numbers where both are. ``log``: uniform in the logarithm."""

    low: int | float
    high: int | float
    log: bool = False
    step: int | float | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Range:
        if not self.low < self.high or (self.log and self.low <= 0):
            raise ValueError("low < high, and above zero where log is true")
        return self

    def suggest(self, trial: BaseTrial, name: str) -> Any:
        """A value of this range."""
        if isinstance(self.low, int) and isinstance(self.high, int):
            return trial.suggest_int(name, self.low, self.high, log=self.log, step=int(self.step or 1))
        return trial.suggest_float(name, self.low, self.high, log=self.log, step=self.step)

    def allows(self, value: Any) -> bool:
        """Whether it is within this range."""
        return isinstance(value, int | float) and self.low <= value <= self.high

    def told(self, value: Any) -> Any:
        """A value as Optuna knows it."""
        return value


class Choice(Knob):
    """One of these values, which may be lists."""

    choices: tuple[Any, ...] = Field(min_length=2)

    def suggest(self, trial: BaseTrial, name: str) -> Any:
        """One of the values."""
        return json.loads(trial.suggest_categorical(name, [self.told(value) for value in self.choices]))

    def allows(self, value: Any) -> bool:
        """Whether it is one of these."""
        return self.told(value) in map(self.told, self.choices)

    def told(self, value: Any) -> str:
        """A value as Optuna knows it: its JSON, as it takes no lists."""
        return json.dumps(value)
