"""Filling in what a configuration leaves to its components, and checking what it asks of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from headway.components import build, options
from headway.errors import ConfigError
from headway.pipelines.compose import Composed, compose
from headway.pipelines.layers import Key
from headway.pipelines.refusal import relocated
from headway.pipelines.schema import Entry, Model, Named
from headway.problem import Problem
from headway.registry import agent_class, make_problem

M = TypeVar("M", bound=Model)


def resolve(model: type[M], verb: str, tokens: Sequence[str]) -> Composed[M]:
    """The composed configuration with every option of every component it names, validated.

    Raises
    ------
    ConfigError
        A name or option is not known, or a value is refused; the message names its origin.
    """
    composed = compose(model, verb, tokens)
    config: Any = composed.config
    problem = _checked(composed, ("problem",), lambda: make_problem(config.problem.name, **config.problem.options))
    new: dict[str, Any] = {"problem": _full(config.problem, problem)}
    for key in ("env", "network", "agent"):
        named = getattr(config, key, None)
        if named is not None:
            new[key] = _full(named, _checked(composed, (key,), _maker(key, problem, named)))
    if getattr(config, "contestants", ()):
        new["contestants"] = tuple(
            _contestant(composed, problem, ("contestants", str(i)), entry) for i, entry in enumerate(config.contestants)
        )
    if getattr(config, "contestant", None):
        new["contestant"] = _contestant(composed, problem, ("contestant",), config.contestant)
    return dataclasses.replace(composed, config=config.model_copy(update=new))


def _maker(key: str, problem: Problem[Any, Any], named: Named) -> Callable[[], Any]:
    if key == "env":
        return lambda: problem.environment(named.name, **named.options)
    if key == "network":
        return lambda: problem.network(named.name, **named.options)
    return lambda: build(agent_class(named.name), named.options, where="agent")


def _contestant(composed: Composed[Any], problem: Problem[Any, Any], key: Key, entry: Entry) -> Entry:
    """A contestant's options are checked where it is a baseline; runs and checkpoints have none."""
    if entry.options and entry.name in {**problem.baselines, **problem.oracles}:
        _checked(composed, key, lambda: problem.baseline(entry.name, **entry.options))
    return entry


def _checked(composed: Composed[Any], key: Key, make: Callable[[], Any]) -> Any:
    try:
        return make()
    except ConfigError as error:
        raise relocated(error, key, composed.origins) from error


def _full(named: Named, component: Any) -> Named:
    return named.model_copy(update={"options": options(component)})
