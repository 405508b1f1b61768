"""What MLflow's page of a run says of it: the way to its report and folder, then the report itself, as Markdown."""

from __future__ import annotations

import os
import re
from pathlib import Path

from headway.runs import Run
from headway.tracking import mirrored

REPORT = "report.html"
TEXT = "report.md"
HEADINGS = 100  # letters that headings may grow by when they are set in bold


def description(run: Run, experiment: str, run_id: str) -> str:
    """At most as long as MLflow takes: what does not fit is left out section by section, from the end."""
    start = f"Run folder: `{_from_here(run.folder)}`"
    if (run.folder / REPORT).is_file():
        start = f"[Report]({route(experiment, run_id, REPORT)}) · {start}"
    path = run.folder / TEXT
    text = path.read_text(encoding="utf-8") if path.is_file() else mirrored.results(run).get("verdict", "")
    # MLflow shows the first few lines only until it is asked for more: headings would fill them.
    return re.sub(r"^#+ (.*)$", r"**\1**", fitted(f"{start}\n\n{text}".rstrip(), mirrored.TAG), flags=re.MULTILINE)


def route(experiment: str, run_id: str, artifact: str) -> str:
    """Where MLflow's pages show an artifact, relative to their own address."""
    return f"#/experiments/{experiment}/runs/{run_id}/artifacts/{artifact}"


def fitted(text: str, limit: int) -> str:
    """``text`` up to the last heading before ``limit``."""
    if len(text) <= limit:
        return text
    more = "\n\nThe rest is in the report."
    kept = text[: limit - len(more) - HEADINGS]
    end = kept.rfind("\n#")
    return (kept[:end] if end > 0 else kept).rstrip() + more


def _from_here(folder: Path) -> str:
    """The folder relative to the working folder, where it lies below it."""
    path = os.path.relpath(folder)
    return str(folder.absolute()) if path.startswith("..") else path
