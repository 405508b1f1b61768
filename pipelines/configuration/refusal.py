"""Turning pydantic's errors, and those of components, into errors that say where a value was set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from headway.errors import ConfigError, HeadwayError, UnknownNameError
from headway.pipelines.configuration.fields import known
from headway.pipelines.configuration.layers import Key
from headway.pipelines.configuration.schema import Model


def origin(key: Key, origins: Mapping[Key, str]) -> str | None:
    """The origin of ``key``, or of the nearest thing it is part of; None: a default."""
    return origins.get(_set(key, origins))


def source(key: Key, origins: Mapping[Key, str]) -> str:
    """Where the value of ``key`` was set: its own origin, or that of a whole it was given with; else ``default``."""
    whole = _set(key, origins)
    beside = any(other[: len(whole)] == whole and len(other) > len(whole) for other in origins)
    return "default" if not whole or (whole != key and beside) else origins[whole]


def refused(
    model: type[Model], verb: str, errors: Sequence[Mapping[str, Any]], origins: Mapping[Key, str]
) -> ConfigError:
    """The error to show: a misspelt key first, since what is missing is often what was misspelt."""
    first = min(errors, key=lambda error: error["type"] != "extra_forbidden")
    key = tuple(map(str, first["loc"]))
    where = located(key, origins)
    if first["type"] == "extra_forbidden":
        return UnknownNameError("key", key[-1], known(model, key[:-1]), where=where)
    if first["type"] == "missing":
        info = model.model_fields.get(key[0])
        return ConfigError(
            "a setting is missing",
            where=f"headway {verb}",
            expected=f"{'.'.join(key)}=...: {info.description if info else ''}",
            hint="`headway list` shows what there is to name"
            if key[-1] in ("problem", "agent", "contestants")
            else None,
        )
    expected = str(first["msg"]).removeprefix("Input should be ").removeprefix("Value error, ")
    return ConfigError("a value is refused", where=where, got=repr(first["input"]), expected=expected)


def located(key: Key, origins: Mapping[Key, str]) -> str:
    """How to call a key: where it was set, and its name where that does not show it."""
    at = origin(key, origins)
    if at is None:
        return ".".join(key)
    shown = at.startswith("command line") and _set(key, origins) == key
    return at if shown else f"{at} ({'.'.join(key)})"


def relocated(error: HeadwayError, spoken: str, key: Key, origins: Mapping[Key, str]) -> HeadwayError:
    """The same error of the component at ``key``, with the origin of what it is about as its ``where``.

    ``spoken`` is how the component calls itself: an error about ``agent.lr`` is about its ``lr``.
    """
    where = str(error.where or "")
    inner = where.removeprefix(f"{spoken}.").split(".") if where.startswith(f"{spoken}.") else []
    moved = error.__class__.__new__(error.__class__)
    HeadwayError.__init__(
        moved,
        error.what,
        where=located((*key, *(inner or ["name"])), origins),
        got=error.got,
        expected=error.expected,
        hint=error.hint,
    )
    return moved


def _set(key: Key, origins: Mapping[Key, str]) -> Key:
    while key and key not in origins:
        key = key[:-1]
    return key
