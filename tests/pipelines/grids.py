"""Small grids for tests: their settings, what they found apart from time, and headway's command line to be killed.

Run as a script, it is the command ``headway`` with the misbehaving problem installed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

TROUBLE = Path(__file__).parents[1] / "plugins" / "trouble"
SETTINGS = {
    "problem": {"name": "trouble/guess", "spread": 9.0},
    "contestants": ["noisy", {"name": "forks", "seconds": 0.1}],
    "budget": 1.0,
    "wall": 20.0,
    "n": 3,
    "shard": 1,
    "seed": 5,
    "report": False,
    "tracking": "off",
    "pictures": 0,
}
TIMES = {"seconds", "cpu_seconds", "load_seconds"}


def timeless(folder):
    """``results.json`` without what measures time."""
    return _without_time(json.loads((folder / "results.json").read_text()))


def _without_time(value):
    if isinstance(value, dict):
        points = {"points": [point[2:] for point in value["points"]]} if "points" in value else {}
        return {key: _without_time(part) for key, part in value.items() if key not in TIMES} | points
    return [_without_time(part) for part in value] if isinstance(value, list) else value


def cells(run):
    """Address -> inode and time of every finished cell: another one is another file."""
    found = (path for path in (run / "cells").glob("[!.]*/MANIFEST.json"))
    return {path.parent.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in found}


def start(*arguments):
    """The command as a process of its own. Git is out of its reach: a commit made meanwhile is another address."""
    command = [sys.executable, __file__, *map(str, arguments)]
    return subprocess.Popen(command, env={**os.environ, "PATH": ""}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def wait_for(condition, seconds=60.0):
    """Until ``condition`` is true; its value."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.01)
    raise TimeoutError


def busy_worker():
    """A process below this one, not this one, that is answering a cell: the parent of a contestant."""
    for process in psutil.Process().children(recursive=True):
        try:
            if "headway.contest.worker" in process.cmdline() and process.ppid() != os.getpid():
                return process.parent()
        except psutil.Error:
            continue  # it ended meanwhile
    return None


if __name__ == "__main__":
    sys.path.insert(0, str(TROUBLE))
    import trouble

    from headway import registry
    from headway.pipelines.cli import main

    known = {**registry.domains(), "trouble": trouble.domain}
    registry.domains = lambda: known
    main()
