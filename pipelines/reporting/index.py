"""An index of the reports below a folder of runs: the latest first, each by its first line."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from headway.pipelines.reporting import formats
from headway.pipelines.reporting.choosing import runs_below, started
from headway.pipelines.reporting.page import filled
from headway.runs import Run
from headway.storage.files import write_text

FILE = "index.html"
HEAD = 4096  # letters of a report, within which its title stands


class Entry(NamedTuple):
    """A report: its run, its first line, and where it is."""

    run: Run
    title: str
    headline: str
    file: Path


def entries(root: Path) -> list[Entry]:
    """The reports of all runs below ``root``, the latest first."""
    found = sorted(runs_below(root), key=started, reverse=True)
    return [_entry(run, run.folder / "report.html") for run in found if (run.folder / "report.html").is_file()]


def write_index(root: Path, found: list[Entry], pages: Mapping[str, str]) -> Path:
    """``index.html`` in ``root``; ``pages`` are addresses of runs in MLflow, by the identity of the run."""
    lines = [
        {
            "title": entry.title,
            "headline": entry.headline,
            "link": os.path.relpath(entry.file, root),
            "page": pages.get(entry.run.provenance["run"]),
        }
        for entry in found
    ]
    return write_text(root / FILE, filled("index.html.j2", lines=lines))


def _entry(run: Run, file: Path) -> Entry:
    facts = run.provenance
    with file.open(encoding="utf-8") as text:
        found = re.search(r"<title>(.*?)</title>", text.read(HEAD), re.DOTALL)
    headline = html.unescape(found.group(1)) if found else run.id
    return Entry(
        run, f"{formats.moment(facts['started'])} · {facts['verb']} {facts['problem']} · {run.id}", headline, file
    )
