"""Filling in what a configuration leaves to its components, and checking what it asks of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from headway.components import build, options
from headway.contest.contestants import REGISTERED
from headway.contest.contestants import resolve as contestant
from headway.errors import ConfigError
from headway.pipelines.configuration.compose import Composed, compose
from headway.pipelines.configuration.layers import Key
from headway.pipelines.configuration.refusal import relocated
from headway.pipelines.configuration.schema import BacktestConfig, Entry, Model, Named
from headway.problem import Problem
from headway.registry import agent_class, agents, make_problem

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
    for i, entry in enumerate(getattr(config, "contestants", ())):
        _contestant(composed, problem, ("contestants", str(i)), entry)
    if entry := getattr(config, "contestant", None):
        _contestant(composed, problem, ("contestant",), entry)
    return dataclasses.replace(composed, config=config.model_copy(update=new))


def _maker(key: str, problem: Problem[Any, Any], named: Named) -> Callable[[], Any]:
    if key == "env":
        return lambda: problem.environment(named.name, **named.options)
    if key == "network":
        return lambda: problem.network(named.name, **named.options)
    return lambda: build(agent_class(named.name), named.options, where="agent")


def _contestant(composed: Composed[Any], problem: Problem[Any, Any], key: Key, entry: Entry) -> None:
    """Refuse a contestant that does not exist, or an option it does not have.

    Registered models are looked up, and the agents of a backtest configured, when they are needed.
    """
    agent = isinstance(composed.config, BacktestConfig) and entry.name in agents()
    if not agent and not entry.name.startswith(REGISTERED):
        _checked(composed, key, lambda: contestant(entry.name, problem, entry.options), spoken=entry.name)


def _checked(composed: Composed[Any], key: Key, make: Callable[[], Any], spoken: str | None = None) -> Any:
    try:
        return make()
    except ConfigError as error:
        raise relocated(error, spoken or key[0], key, composed.origins) from error


def _full(named: Named, component: Any) -> Named:
    return named.model_copy(update={"options": options(component)})
