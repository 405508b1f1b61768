"""Components: everything a configuration can name (problems, environments, baselines, networks, agents)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar, cast, dataclass_transform

from headway.errors import ConfigError, UnknownNameError

T = TypeVar("T")


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(dataclasses.field,))
def component(cls: type[T]) -> type[T]:
    """Make ``cls`` a frozen, keyword-only dataclass whose fields are its validated configuration.

    Fields are the knobs: their types, ranges (`Annotated` with `pydantic.Field`) and defaults are
    the schema of Python, YAML and the command line alike. Unknown keys are refused. Values derived
    from the fields belong in a `functools.cached_property`.
    """
    from pydantic import ConfigDict
    from pydantic.dataclasses import dataclass

    config = ConfigDict(extra="forbid", arbitrary_types_allowed=True, allow_inf_nan=False)
    return cast(type[T], dataclass(frozen=True, kw_only=True, config=config)(cls))


def knobs(cls: type[Any]) -> Mapping[str, dataclasses.Field[Any]]:
    """The fields of a component that a configuration may set (those its constructor takes by value)."""
    return {f.name: f for f in dataclasses.fields(cls) if f.init and not f.metadata.get("given")}


def givens(cls: type[Any]) -> Mapping[str, dataclasses.Field[Any]]:
    """The fields of a component that the platform fills in (see `given`)."""
    return {name: f for name, f in getattr(cls, "__dataclass_fields__", {}).items() if f.metadata.get("given")}


def options(instance: Any) -> dict[str, Any]:
    """The knobs of a component and their values: what would build it again."""
    return {name: getattr(instance, name) for name in knobs(type(instance))}


def given(default: Any = dataclasses.MISSING) -> Any:
    """A field that the platform fills in (the problem, a policy), not a configuration."""
    return dataclasses.field(default=default, metadata={"given": True})


def build(cls: type[T], options: Mapping[str, Any], *, where: str, **bound: Any) -> T:
    """Construct a component from configuration ``options`` and the ``given`` fields ``bound``.

    Raises
    ------
    UnknownNameError
        An option is not a knob of ``cls``; the message names the nearest one.
    ConfigError
        A value has the wrong type or lies outside its range.
    """
    from pydantic import ValidationError

    for key in options:
        if key not in knobs(cls):
            raise UnknownNameError(f"key of {where}", key, knobs(cls), where=f"{where}.{key}")
    try:
        return cls(**options, **bound)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(str(part) for part in (where, *first["loc"]))
        raise ConfigError(first["msg"], where=path, got=repr(first["input"]), expected=first["type"]) from error
