"""The verbs that hand a winner over: ``serve`` and ``promote``."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from headway.pipelines.commands.answer import Answer
from headway.pipelines.commands.arguments import keyed
from headway.pipelines.configuration.compose import compose
from headway.pipelines.configuration.schema import PromoteConfig, ServeConfig

if TYPE_CHECKING:
    from rich.console import Console


def serve(arguments: list[str]) -> Answer:
    """Answer requests until a signal ends it."""
    config = compose(ServeConfig, "serve", keyed(arguments, "contestant")).config
    from headway.pipelines.serve import serve

    print(f"http://{config.host}:{config.port}/docs", file=sys.stderr)  # noqa: T201
    serve(config)
    return Answer({"stopped": True}, lambda console: None)


def promote(arguments: list[str]) -> Answer:
    """Move the alias ``champion``, or say why not."""
    config = compose(PromoteConfig, "promote", keyed(arguments, "name")).config
    from headway.pipelines.promote import promote

    found = promote(config)
    data = asdict(found) | {"comparison": None if found.comparison is None else str(found.comparison)}
    return Answer(data, lambda console: _show(console, config.name, data))


def _show(console: Console, name: str, data: dict[str, Any]) -> None:
    head = f"{name}: version {data['version']} is the champion" if data["promoted"] else f"{name}: no promotion"
    console.print(head, style="bold", markup=False, highlight=False)
    console.print(data["reason"], markup=False, highlight=False)
    if data["comparison"]:
        console.print(f"[dim]comparison {data['comparison']}[/]")
