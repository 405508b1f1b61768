"""A resolved configuration as a flat table: key, value, origin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from headway.pipelines.configuration.resolve import resolve
from headway.pipelines.configuration.schema import Model


def settings(model: type[Model], verb: str, tokens: Sequence[str]) -> list[dict[str, Any]]:
    """One row per setting: ``key``, ``value``, ``origin`` (``file:line``, the token, or ``default``)."""
    resolved = resolve(model, verb, tokens)
    flat = leaves(resolved.config.model_dump(mode="json"))
    return [{"key": key, "value": value, "origin": resolved.origin(key)} for key, value in flat]


def leaves(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted key, value) of every value in a nested mapping; lists of plain values are values."""
    for key, value in tree.items():
        if isinstance(value, Mapping) and value:
            yield from leaves(value, f"{prefix}{key}.")
        elif isinstance(value, (list, tuple)) and any(isinstance(item, Mapping) for item in value):
            yield from leaves({str(i): item for i, item in enumerate(value)}, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
