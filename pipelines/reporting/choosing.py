"""Which runs a report is of: those that are named, or those that are found by problem, verb, name and date."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path

from headway.errors import DataError
from headway.pipelines.configuration.schema import ReportConfig
from headway.runs import Run

VERBS = ("compare", "backtest", "family", "train")  # what a report has something to say of


def chosen(config: ReportConfig) -> list[Run]:
    """The runs, in the order they are named, or by date.

    Raises
    ------
    DataError
        A folder is no run; or there is none like the one asked for.
    """
    if config.folders:
        return [Run.open(folder) for folder in config.folders]
    found = sorted((run for run in runs_below(config.runs) if _fits(run, config)), key=started)
    if not found:
        wanted = config.model_dump(exclude_none=True, exclude={"folders", "out", "runs"})
        raise DataError(
            "no run fits", where=config.runs, got=wanted, expected="at least one", hint="headway report --help"
        )
    return found[-config.latest :] if config.latest else found


def runs_below(root: Path) -> Iterator[Run]:
    """Every run under ``root``, however deep, but not the children of runs."""
    for folder, inner, files in os.walk(root):
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        if "provenance.json" in files:
            inner.clear()
            yield Run.open(folder)


def started(run: Run) -> float:
    """When a run began, Unix seconds."""
    return float(run.provenance["started"])


def _fits(run: Run, config: ReportConfig) -> bool:
    facts = run.provenance
    since, until = _moment(config.since), _moment(config.until, end=True)
    return (
        facts["verb"] == (config.verb or facts["verb"])
        and facts["verb"] in VERBS
        and facts["problem"] == (config.problem or facts["problem"])
        and fnmatchcase(run.id, config.name or "*")
        and (since is None or facts["started"] >= since)
        and (until is None or facts["started"] < until)
    )


def _moment(text: str | None, *, end: bool = False) -> float | None:
    """Unix seconds of a day or a moment, in UTC unless it says otherwise; the ``end`` of a day is its midnight."""
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (moment + timedelta(days=end and len(text) == len("2026-11-01"))).timestamp()
