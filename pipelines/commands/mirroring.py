"""The verb ``mirror``: what a tracker missed while it was dead, or has lost, made good from the run folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from headway.errors import ConfigError
from headway.pipelines.commands.answer import Answer
from headway.pipelines.configuration.compose import compose
from headway.pipelines.configuration.schema import MirrorConfig
from headway.runs import Run

if TYPE_CHECKING:
    from rich.console import Console


def mirror(arguments: list[str]) -> Answer:
    """Mirror runs, oldest first, and register policies that were to be; exit code 1 where the tracker is dead."""
    folders = [argument for argument in arguments if "=" not in argument]
    tokens = [argument for argument in arguments if "=" in argument]
    config = compose(MirrorConfig, "mirror", [f"folders={','.join(folders)}", *tokens] if folders else tokens).config
    rows = [_mirrored(run, _tracker(run, config)) for run in _runs(config.folders)]
    return Answer(rows, lambda console: _show(console, rows), code=int(any(row["mirrored"] is None for row in rows)))


def _runs(folders: tuple[Path, ...]) -> list[Run]:
    """By the time they began. What is no run, such as another file that a ``*`` gave, is passed over."""
    found = [Run.open(f) for f in folders if len(folders) == 1 or (f / "provenance.json").is_file()]
    return sorted(found, key=lambda run: float(run.provenance["started"]))


def _tracker(run: Run, config: MirrorConfig) -> str:
    own: Any = run.config.get("tracking") or {}
    uri = config.tracking.uri if config.tracking else own.get("uri")
    if uri is None:
        hint = "headway mirror FOLDER tracking=sqlite:///mlflow.db"
        raise ConfigError("the run was not to be mirrored", where=run.folder, got="tracking=off",
                          expected="a tracking URI", hint=hint)  # fmt: skip
    return str(uri)


def _mirrored(run: Run, uri: str) -> dict[str, Any]:
    from headway.tracking import mirror
    from headway.tracking.model_registry import register

    run_id = mirror(run, uri)
    version = None if run_id is None or run.provenance["verb"] != "train" else register(run, uri)
    return {"run": str(run.folder), "tracking": uri, "mirrored": run_id, "registered": version}


def _show(console: Console, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        mark = "[bold red]not mirrored[/]" if row["mirrored"] is None else f"[green]mirrored[/] as {row['mirrored']}"
        registered = f", registered as version {row['registered']}" if row["registered"] else ""
        console.print(f"{row['run']}  {mark}{registered}", highlight=False, soft_wrap=True)
