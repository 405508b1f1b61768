from __future__ import annotations

import sys
from pathlib import Path

from headway.pipelines.commands.ui import environment, server
from headway.pipelines.configuration.schema import UiConfig


def test_one_worker_and_no_job_runner(monkeypatch):
    """The server of this very environment, with one worker; uvicorn, which it starts by name, is on its path."""
    monkeypatch.setenv("PATH", "/usr/bin")
    command = server(UiConfig(uri="sqlite:///a.db", port=5001))
    assert Path(command[0]) == Path(sys.prefix) / "bin" / "mlflow"
    assert command[command.index("--workers") + 1] == "1"
    assert command[command.index("--port") + 1] == "5001"
    assert command[command.index("--backend-store-uri") + 1] == "sqlite:///a.db"
    assert environment()["PATH"] == f"{Path(sys.prefix) / 'bin'}:/usr/bin"
    assert environment()["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] == "false"
