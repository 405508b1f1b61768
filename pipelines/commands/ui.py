"""The MLflow user interface, with as few processes as it can do with."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from headway.pipelines.commands.answer import Answer
from headway.pipelines.configuration.compose import compose
from headway.pipelines.configuration.schema import UiConfig


def ui(arguments: list[str]) -> Answer:
    """Become the server, so that signals and the exit code are its own; returns only where that fails."""
    config = compose(UiConfig, "ui", arguments).config
    command = server(config)
    print(f"http://{config.host}:{config.port}", file=sys.stderr)  # noqa: T201
    os.execve(command[0], command, environment())  # noqa: S606


def server(config: UiConfig) -> list[str]:
    """The command line of the server: one worker instead of four (1.4 GB of memory become 0.5)."""
    tracker = str(Path(sys.prefix) / "bin" / "mlflow")
    return [tracker, "ui", "--backend-store-uri", config.uri, "--host", config.host, "--port", str(config.port),
            "--workers", "1"]  # fmt: skip


def environment() -> dict[str, str]:
    """The environment of the server, which starts uvicorn by name and a job runner that nobody needs here."""
    path = os.pathsep.join((str(Path(sys.prefix) / "bin"), os.environ.get("PATH", "")))
    return {**os.environ, "PATH": path, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
