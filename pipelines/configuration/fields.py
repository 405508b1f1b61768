"""What the schema says of its own keys: which are shorthands, which are text, which exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from headway.pipelines.configuration.schema import Model, Named

Field = tuple[str, FieldInfo]


def shorthands(model: type[Model]) -> Mapping[str, str]:
    """Keys that may be written as one value, and the inner key it stands for: ``agent=ppo`` is ``agent.name=ppo``."""
    inner = {key: part(info) for key, info in model.model_fields.items()}
    return {key: cls.shorthand for key, cls in inner.items() if cls and cls.shorthand}


def components(model: type[Model]) -> list[str]:
    """Keys that name one component (a problem, an agent), not a list of them."""
    return [key for key, info in model.model_fields.items() if (cls := part(info)) and issubclass(cls, Named)]


def text_keys(model: type[Model], prefix: str = "") -> Mapping[str, bool]:
    """Dotted keys whose value on the command line is text as it stands; true: a list of texts."""
    keys: dict[str, bool] = {}
    for key, info in model.model_fields.items():
        inner, kinds = part(info), set(_kinds(info.annotation))
        if inner:
            keys |= text_keys(inner, f"{prefix}{key}.")
        elif tuple in kinds or kinds & {str, Path}:
            keys[prefix + key] = tuple in kinds
    return keys


def known(model: type[Model], path: Sequence[str]) -> list[str]:
    """The keys that exist at ``path`` inside the schema."""
    for name in path:
        info = model.model_fields.get(name)
        model = (part(info) if info else None) or model
    return list(model.model_fields)


def part(info: FieldInfo) -> type[Model] | None:
    """The model a key holds, where it holds exactly one."""
    models = [k for k in _kinds(info.annotation) if isinstance(k, type) and issubclass(k, Model)]
    return models[0] if models else None


def _kinds(annotation: Any) -> Iterator[Any]:
    """The alternatives of an annotation, without None; a list of anything is ``tuple``."""
    if get_origin(annotation) in (Union, UnionType):
        for option in get_args(annotation):
            yield from _kinds(option)
    elif get_origin(annotation) is not None:
        yield get_origin(annotation)
    elif annotation is not NoneType:
        yield annotation
