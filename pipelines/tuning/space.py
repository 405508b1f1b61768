"""The search space: which knobs of which components are tried, over which values.

A space has a section per component (``agent``, ``network``, ``env`` or ``contestant``), in it a knob's name with a
range ``{low, high, log, step}`` or ``{choices: [...]}``. Spaces ship for agents and solvers, in ``configs/space``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from headway.errors import ConfigError
from headway.pipelines.configuration.compose import preset
from headway.pipelines.configuration.schema import Model, TuneConfig

if TYPE_CHECKING:
    from optuna.trial import BaseTrial

Options = dict[str, dict[str, Any]]  # component -> knob -> value
COMPONENTS = ("agent", "network", "env", "contestant")


class Range(Model):
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


class Choice(Model):
    """One of these values, which may be lists."""

    choices: tuple[Any, ...] = Field(min_length=2)

    def suggest(self, trial: BaseTrial, name: str) -> Any:
        """One of the values; Optuna is told their JSON, as it takes no lists."""
        return json.loads(trial.suggest_categorical(name, [json.dumps(value) for value in self.choices]))


Space = Mapping[str, Range | Choice]  # "agent.lr" -> where its values come from
_KNOB: TypeAdapter[Range | Choice] = TypeAdapter(Range | Choice)


def space(config: TuneConfig) -> Space:
    """The configured space; where none is, the one that ships for this agent or solver.

    Raises
    ------
    ConfigError
        None is configured and none ships, a knob's values are malformed, or a section names no component of this study.
    """
    tree = config.space or shipped(config)
    found = {
        f"{part}.{knob}": _knob(f"space.{part}.{knob}", values)
        for part, knobs in tree.items()
        for knob, values in knobs.items()
    }
    able = [part for part in COMPONENTS if getattr(config, part) is not None]
    odd = sorted({name.partition(".")[0] for name in found} - set(able))
    if odd or not found:
        raise ConfigError("the search space names no component that is tuned here", where="space", got=odd or "nothing",
                          expected=f"sections among {', '.join(able)}, which the configuration names")  # fmt: skip
    return found


def shipped(config: TuneConfig) -> Mapping[str, Any]:
    """The tree of ``configs/space/agents/<agent>.yaml``, or of ``configs/space/<domain>/<contestant>.yaml``."""
    domain = config.problem.name.partition("/")[0]
    place = (
        ("agents", config.agent.name) if config.agent else (domain, config.contestant.name if config.contestant else "")
    )
    tree = preset("space", *place).tree
    if not tree:
        raise ConfigError(f"no search space ships for {place[1]}", where="space", got="nothing",
                          expected="{component: {knob: {low, high, log} or {choices: [...]}}}",
                          hint="space.agent.lr='{low: 1e-5, high: 1e-2, log: true}'")  # fmt: skip
    return tree


def suggest(found: Space, trial: BaseTrial) -> Options:
    """One set of values, by component and knob."""
    options: Options = {}
    for name, values in found.items():
        part, _, knob = name.partition(".")
        options.setdefault(part, {})[knob] = values.suggest(trial, name)
    return options


def _knob(where: str, values: Any) -> Range | Choice:
    try:
        return _KNOB.validate_python(values)
    except ValidationError as error:
        raise ConfigError("the values of a knob cannot be read", where=where, got=values,
                          expected="{low, high, log, step} or {choices: [...]}") from error  # fmt: skip
