"""Going on with a run that was stopped: what is refused, and how whoever stops it is told of the command."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterator

from headway.errors import ConfigError
from headway.runs import Run


def refuse_resuming(run: Run) -> None:
    """Raise ConfigError where a run cannot be resumed: it is still running, or it belongs to another run."""
    if run.parent is not None:
        raise ConfigError(
            "a run inside another one is not resumed alone", where=run.folder, hint="resume or repeat the outer run"
        )
    if run.status == "running":
        raise ConfigError("the run is still running", where=run.folder, hint="stop it first, or wait")


@contextlib.contextmanager
def noted(run: Run) -> Iterator[None]:
    """An interruption within this block carries a note: the command that continues the run."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit) as stop:
        stop.add_note(f"headway resume {shlex.quote(str(run.folder))}")
        raise
