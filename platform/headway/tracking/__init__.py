"""Mirrors run folders to MLflow. The folder stays the truth: a dead tracker costs a warning, never a result.

One experiment per problem; one MLflow run per run folder, nested like the folders; and, under a
comparison or backtest, one more per contestant and seed. Each carries the tag ``headway.run``, by
which a second mirroring finds it again: nothing is there twice, and a lost database is rebuilt.
"""

from __future__ import annotations

import warnings
from pathlib import Path

from headway.runs import Run
from headway.tracking.mirroring import Mirror
from headway.tracking.model_registry import fetch_policy, log_policy
from headway.tracking.tracker import TrackingWarning, again, connect, failures, initialise, lost

__all__ = ["Run", "TrackingWarning", "attach", "fetch_policy", "initialise", "log_policy", "mirror"]


def mirror(run: Run, uri: str | None) -> str | None:
    """Mirror a run, ended or not, with its children to the tracker ``uri``; None: do nothing.

    May be repeated at any time: what is there already is brought up to date.

    Returns
    -------
    The MLflow run id, or None where nothing was mirrored.

    Warns
    -----
    TrackingWarning
        The tracker is dead, locked or read-only; the message says how to mirror later.
    """
    if uri is None:
        return None
    try:
        return Mirror(connect(uri), uri).run(run)
    except failures() as error:
        warnings.warn(lost("the run was not mirrored", run.folder, uri, error, again(run, uri)), stacklevel=2)
        return None


def attach(run: Run, file: Path, uri: str | None) -> None:
    """Add a file from outside its folder, such as a report on several runs, to the artifacts of a run.

    ``uri``: the tracker; None: do nothing.

    Warns
    -----
    TrackingWarning
        The tracker is dead, locked or read-only; the message says how to attach the file later.
    """
    if uri is None:
        return
    try:
        Mirror(connect(uri), uri).file(run, file)
    except failures() as error:
        line = "in Python: from pathlib import Path; from headway.tracking import Run, attach; "
        line += f"attach(Run.open({str(run.folder.absolute())!r}), Path({str(file.absolute())!r}), {uri!r})"
        warnings.warn(lost(f"{file.name} was not attached", file.parent, uri, error, line), stacklevel=2)
