"""The MLflow user interface, with as few processes as it can do with, and the ways to the reports."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from headway.pipelines.commands.answer import Answer, console
from headway.pipelines.configuration.compose import compose
from headway.pipelines.configuration.schema import UiConfig

LATEST = 5  # reports that are named


def ui(arguments: list[str]) -> Answer:
    """Become the server, so that signals and the exit code are its own; returns only where that fails."""
    config = compose(UiConfig, "ui", arguments).config
    command = server(config)
    out = console(error=True)
    out.print(address(config), style="bold")
    for line in reports(config):
        out.print(line, soft_wrap=True, markup=False)
    os.execve(command[0], command, environment())  # noqa: S606


def reports(config: UiConfig) -> list[str]:
    """Write the index of all reports; where it is, then the latest of them: first line, and its page in MLflow."""
    if not config.runs.is_dir():
        return []
    from headway.pipelines.reporting.index import entries, write_index
    from headway.tracking.pages import pages

    found = entries(config.runs)
    if not found:
        return []
    linked = {identity: f"{address(config)}/{route}" for identity, route in pages(config.uri).items()}
    lines = [f"all {len(found)} reports: {write_index(config.runs, found, linked).absolute().as_uri()}"]
    for entry in found[:LATEST]:
        where = linked.get(entry.run.provenance["run"]) or entry.file.absolute().as_uri()
        lines += [entry.title, f"  {entry.headline}", f"  {where}"]
    return lines


def address(config: UiConfig) -> str:
    """Where the server listens."""
    return f"http://{config.host}:{config.port}"


def server(config: UiConfig) -> list[str]:
    """The command line of the server: one worker instead of four (1.4 GB of memory become 0.5)."""
    tracker = str(Path(sys.prefix) / "bin" / "mlflow")
    return [tracker, "ui", "--backend-store-uri", config.uri, "--host", config.host, "--port", str(config.port),
            "--workers", "1"]  # fmt: skip


def environment() -> dict[str, str]:
    """The environment of the server, which starts uvicorn by name and a job runner that nobody needs here."""
    path = os.pathsep.join((str(Path(sys.prefix) / "bin"), os.environ.get("PATH", "")))
    return {**os.environ, "PATH": path, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
