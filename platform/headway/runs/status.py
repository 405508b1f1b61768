"""What became of a run: a small file with the process behind it and its last sign of life."""

from __future__ import annotations

import json
import os
import platform
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from headway.storage.files import write_text

Outcome = Literal["finished", "failed", "interrupted"]
State = Literal["running", "finished", "failed", "interrupted", "lost"]

STATUS = "status.json"
SILENCE = 3600.0  # seconds without a heartbeat after which a run on another machine counts as lost


@dataclass(frozen=True)
class Status:
    """The content of ``status.json``; times are Unix seconds. ``born`` tells a reused process id apart."""

    status: Literal["running"] | Outcome
    heartbeat: float
    host: str = ""
    pid: int = 0
    born: float = 0.0
    error: str | None = None

    @classmethod
    def running(cls) -> Status:
        """Alive now, in this process."""
        return cls("running", time.time(), platform.node(), os.getpid(), _born(os.getpid()) or 0.0)

    @classmethod
    def ended(cls, outcome: Outcome, error: str | None = None) -> Status:
        """Over now."""
        return cls(outcome, time.time(), platform.node(), os.getpid(), error=error)

    @property
    def state(self) -> State:
        """``status``, but ``lost`` where a running run's process is gone."""
        if self.status != "running":
            return self.status
        if self.host == platform.node():
            return "running" if _born(self.pid) == self.born else "lost"
        return "running" if time.time() - self.heartbeat < SILENCE else "lost"


def read_status(folder: Path) -> Status:
    """The status of the run in ``folder``."""
    return Status(**json.loads((folder / STATUS).read_text()))


def write_status(folder: Path, status: Status) -> None:
    """Replace the status of the run in ``folder``."""
    write_text(folder / STATUS, json.dumps(asdict(status), indent=2) + "\n")


def _born(pid: int) -> float | None:
    """When the process started, Unix seconds; None if there is no such process (or only its corpse)."""
    import psutil

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else float(process.create_time())
    except psutil.NoSuchProcess:
        return None
