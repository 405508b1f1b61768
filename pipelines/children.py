"""Child runs that a run goes on with after a death."""

from __future__ import annotations

import shutil

from headway.runs import Run


def finished(run: Run, name: str) -> Run | None:
    """The child of this name if it was finished; what is left of one that was not is removed."""
    folder = run.folder / "children" / name
    if not folder.exists():
        return None
    child = Run.open(folder)
    if child.status == "finished":
        return child
    shutil.rmtree(folder)
    return None
