"""Where a study begins: at the values that the components have by themselves, or that the configuration gives."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from headway.components import knobs
from headway.nn import NETWORKS
from headway.pipelines.configuration.schema import TuneConfig
from headway.pipelines.tuning.space import Space, given
from headway.problem import lookup
from headway.registry import agents, problem_class


def defaults(config: TuneConfig, found: Space) -> dict[str, Any]:
    """Knob -> the value it has where nobody tunes it, for all whose conditions hold; a nested one says its own."""
    options, values = given(config), dict[str, Any]()
    for name, knob in found.items():
        part, _, short = name.partition(".")
        known = {**options[part], **{n.partition(".")[2]: v for n, v in values.items() if n.startswith(f"{part}.")}}
        if all(known.get(other) == value for other, value in knob.when.items()):
            values[name] = _given(options[part], short, _own(config, part).get(short, knob.default))
    return values


def first_trial(config: TuneConfig, found: Space) -> dict[str, Any] | None:
    """`defaults` as Optuna is told them; None where one of them is not in the space."""
    values = defaults(config, found)
    if not all(found[name].allows(value) for name, value in values.items()):
        return None
    return {name: found[name].told(value) for name, value in values.items()}


def _own(config: TuneConfig, part: str) -> dict[str, Any]:
    """The plain default values of a component's knobs."""
    named = getattr(config, part)
    table = _tables(config)[part]
    if named is None or named.name not in table:
        return {}
    found = {name: field.default for name, field in knobs(lookup(part, named.name, table)).items()}
    plain = {name: getattr(value, "default", value) for name, value in found.items()}  # of pydantic's `Field`, too
    return {name: value for name, value in plain.items() if value is not dataclasses.MISSING}


def _tables(config: TuneConfig) -> dict[str, Mapping[str, str]]:
    problem = problem_class(config.problem.name)
    known = {"agent": agents(), "network": {**NETWORKS, **problem.networks}, "env": problem.environments}
    return {**known, "contestant": {**problem.baselines, **problem.oracles}}


def _given(options: Mapping[str, Any], short: str, default: Any) -> Any:
    value: Any = options
    for step in short.split("."):
        if not isinstance(value, Mapping) or step not in value:
            return default
        value = value[step]
    return value
