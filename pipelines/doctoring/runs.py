"""Run folders: those that were killed, with the command that goes on; and those that the tracker has not got."""

from __future__ import annotations

import shlex
import warnings
from collections.abc import Iterator
from pathlib import Path

from headway.errors import HeadwayError
from headway.pipelines.doctoring.finding import Finding
from headway.runs import Run

RESUMED = {"train", "tune", "compare", "family", "curves"}  # verbs whose runs `headway resume` continues
SHOWN = 5  # ended runs that are named one by one, the newest
WAYS = {"lost": "was killed", "interrupted": "was interrupted", "failed": "failed"}


def look(root: Path, uri: str | None) -> Iterator[Finding]:
    """What became of the runs under ``root``; runs inside runs belong to the outer ones."""
    folders = sorted(file.parent for depth in ("*", "*/*") for file in root.glob(f"{depth}/provenance.json"))
    runs = [Run(folder) for folder in folders if folder.parent.name != "children"]
    ended = [run for run in runs if _state(run) in WAYS]
    yield Finding("runs", "good", f"{len(runs)} in {root}, {len(ended)} of them ended early")
    yield from map(_ended, reversed(ended[-SHOWN:]))
    if len(ended) > SHOWN:
        names = ", ".join(run.id for run in ended[:-SHOWN][:SHOWN])
        yield Finding("runs", "note", f"{len(ended) - SHOWN} older ones ended early, too: {names}, ...",
                      "resume or delete them: nothing else refers to their folders")  # fmt: skip
    yield from _drafts(root)
    if uri is not None and runs:
        yield from _unmirrored([run for run in runs if _state(run) != "damaged"], uri)


def _state(run: Run) -> str:
    try:
        return run.status
    except (OSError, ValueError, TypeError):
        return "damaged"


def _ended(run: Run) -> Finding:
    facts, folder = run.provenance, shlex.quote(str(run.folder))
    verb = facts["verb"]
    todo = f"headway resume {folder}" if verb in RESUMED else f"headway {verb} config={folder}/config.yaml"
    return Finding(f"run {run.id}", "note", f"{verb} of {facts['problem']} {WAYS[run.status]}", f"{todo}; or delete it")


def _drafts(root: Path) -> Iterator[Finding]:
    """Folders that a killed process was about to rename."""
    if drafts := sorted(root.glob("**/.tmp-*")):
        todo = f"if nothing is running: find {shlex.quote(str(root))} -name '.tmp-*' -exec rm -r {{}} +"
        yield Finding("runs", "note", f"{len(drafts)} half-made folders of killed processes, such as {drafts[0]}", todo)


def _unmirrored(runs: list[Run], uri: str) -> Iterator[Finding]:
    """Runs that were to be mirrored to ``uri``, have ended, and are not there."""
    from headway.tracking.counting import mirrored_runs

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is wrong with the tracker is another finding's business
        known = mirrored_runs(uri)
    if known is None:
        return
    lacking = [run for run in runs if run.status == "finished" and _meant_for(run, uri)
               and run.provenance["run"] not in known]  # fmt: skip
    if lacking:
        names = " ".join(shlex.quote(str(run.folder)) for run in lacking[:SHOWN])
        more = "" if len(lacking) <= SHOWN else f" and {len(lacking) - SHOWN} more"
        yield Finding("tracking", "note", f"{len(lacking)} finished runs are not in {uri}",
                      f"headway mirror {names}{more}")  # fmt: skip


def _meant_for(run: Run, uri: str) -> bool:
    try:
        return bool((run.config.get("tracking") or {}).get("uri") == uri)
    except (OSError, HeadwayError, AttributeError):
        return False
