"""The keys of a verb's schema, as a table for its help."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic_core import PydanticUndefined

from headway.pipelines.configuration import schema
from headway.pipelines.configuration.fields import part
from headway.pipelines.configuration.schema import Model, Named


def print_keys(name: str) -> None:
    """Print key, default and meaning of everything the model ``name`` of the schema takes."""
    from rich.table import Table

    from headway.pipelines.commands.answer import console

    table = Table(box=None, padding=(0, 2, 0, 1), title_justify="left")
    for heading in ("key", "default", "meaning"):
        table.add_column(heading, style="cyan" if heading == "key" else None)
    for key, default, meaning in rows(getattr(schema, name)):
        table.add_row(key, default, meaning)
    table.add_row("config", "", "YAML file with any of these keys, or the name of a shipped experiment")
    console().print(table)


def rows(model: type[Model], prefix: str = "") -> Iterator[tuple[str, str, str]]:
    """(key, default, meaning) of every key, those of inner models with dots; required ones first."""
    for key, info in sorted(model.model_fields.items(), key=lambda item: not item[1].is_required()):
        inner = part(info)
        if inner and not issubclass(inner, Named):
            yield from rows(inner, f"{prefix}{key}.")
        else:
            default = "[bold]required[/]" if info.default is PydanticUndefined else _text(info.default)
            yield f"{prefix}{key}", default, info.description or ""


def _text(value: Any) -> str:
    return "null" if value is None else "" if value == () else str(value)
