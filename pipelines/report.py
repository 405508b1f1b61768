"""The report: one file that says who won, shows why, and opens without a network."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from headway import __version__
from headway.errors import ConfigError, DataError
from headway.runs import Run
from headway.storage.files import write_rows, write_text

if TYPE_CHECKING:
    from headway.pipelines.reporting.content import Content

Folder = str | os.PathLike[str]


def report(runs: Folder | Run | Iterable[Folder | Run], out: Path | None = None) -> Path:
    """Write the report of one or several runs, from their folders alone.

    Parameters
    ----------
    runs : comparisons, backtests, families and training runs; training runs join the comparisons of their problem,
        and several runs of one problem stand side by side
    out : file to write, ``.html``, ``.md``, ``.csv`` (a line per run and contestant) or ``.scores.csv`` (a line per
        answer); by default ``report.html`` in the (first) run's folder, and ``report.md`` beside it

    Raises
    ------
    ConfigError
        The ending of ``out`` is no format.
    DataError
        A folder is no run, or its results or metrics are damaged; there is nothing to report; for a table, there is
        no comparison among them.
    """
    from headway.pipelines.reporting.content import content

    several = [runs] if isinstance(runs, (str, os.PathLike, Run)) else list(runs)
    opened = [run if isinstance(run, Run) else Run.open(run) for run in several]
    write = None if out is None else _format(out)
    found = content(opened)
    if not found.sections:
        where = ", ".join(str(run.folder) for run in opened)
        raise DataError("nothing to report", where=where, expected="results of a comparison or backtest, or a training")
    if out is None or write is None:
        folder = opened[0].folder
        _markdown(found, folder / "report.md")
        return _html(found, folder / "report.html")
    out.parent.mkdir(parents=True, exist_ok=True)
    return write(found, out)


def _format(out: Path) -> Callable[[Content, Path], Path]:
    for ending, write in FORMATS.items():
        if out.name.endswith(ending):
            return write
    raise ConfigError("no format for a report", where="out", got=out.name, expected=", ".join(FORMATS))


def _html(found: Content, out: Path) -> Path:
    from headway.pipelines.reporting.page import page

    return write_text(out, page(found, __version__))


def _markdown(found: Content, out: Path) -> Path:
    from headway.pipelines.reporting.markdown import markdown

    return write_text(out, markdown(found))


def _contestants(found: Content, out: Path) -> Path:
    from headway.pipelines.reporting.tidy import contestants

    return write_rows(out, contestants(found.judged))


def _scores(found: Content, out: Path) -> Path:
    from headway.pipelines.reporting.tidy import scores

    return write_rows(out, scores(found.judged))


FORMATS: Mapping[str, Callable[[Content, Path], Path]] = {
    ".html": _html,
    ".md": _markdown,
    ".scores.csv": _scores,
    ".csv": _contestants,
}
