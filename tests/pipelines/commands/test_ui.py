from __future__ import annotations

import sys
from pathlib import Path

from headway.pipelines.commands.ui import environment, reports, server
from headway.pipelines.configuration.schema import UiConfig
from headway.runs import Run
from headway.tracking import mirror


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


def test_reports_are_listed(tmp_path):
    """The latest first, each by its first line and its page in MLflow, or its file; all of them in an index."""
    runs, uri = tmp_path / "runs", f"sqlite:///{tmp_path / 'mlflow.db'}"
    for name in ("first", "second & last"):
        with Run.create("compare", {}, problem="toy/walk", root=runs, name=name) as run:
            (run.folder / "report.html").write_text(f"<title>{name} wins &amp; leads</title>")
    mirror(run, uri)
    lines = reports(UiConfig(uri=uri, runs=runs, port=5001))
    assert lines[0] == f"all 2 reports: {(runs / 'index.html').as_uri()}"
    assert [line.strip() for line in lines[2::3]] == ["second & last wins & leads", "first wins & leads"]
    assert lines[3].startswith("  http://127.0.0.1:5001/#/experiments/")
    assert lines[6] == f"  {(runs / 'first' / 'report.html').as_uri()}"
    page = (runs / "index.html").read_text()
    assert 'href="second%20%26%20last/report.html"' in page
    assert "second &amp; last wins &amp; leads" in page
    assert page.count("in MLflow") == 1
    assert reports(UiConfig(uri=uri, runs=tmp_path / "nowhere")) == []
