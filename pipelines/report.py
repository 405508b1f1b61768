"""The report: one HTML file that says who won, shows why, and opens without a network."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from headway import __version__
from headway.runs import Run
from headway.storage.files import write_text

Folder = str | os.PathLike[str]


def report(runs: Folder | Run | Iterable[Folder | Run], out: Path | None = None) -> Path:
    """Write the report of one or several runs, from their folders alone.

    Parameters
    ----------
    runs : comparisons, backtests and training runs; training runs join the comparisons of their problem
    out : file to write; by default ``report.html`` in the (first) run's folder

    Raises
    ------
    DataError
        A folder is no run, or its results or metrics are damaged.
    """
    from headway.pipelines.reporting.page import page
    from headway.pipelines.reporting.sections import sections

    several = [runs] if isinstance(runs, (str, os.PathLike, Run)) else list(runs)
    opened = [run if isinstance(run, Run) else Run.open(run) for run in several]
    out = out or opened[0].folder / "report.html"
    out.parent.mkdir(parents=True, exist_ok=True)
    return write_text(out, page(sections(opened), __version__))
