"""Python, processor, threads, limits of the container, memory, disk."""

from __future__ import annotations

import math
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from headway.contest.runner import THREAD_VARIABLES
from headway.pipelines.doctoring.finding import Finding
from headway.runs.provenance import cpu

CGROUP = Path("/sys/fs/cgroup")
DISK, MEMORY = 2.0, 4.0  # GB below which runs with checkpoints, or a trainer beside a solver, get into trouble


def look() -> Iterator[Finding]:
    """The machine, from Python to the disk."""
    yield _python()
    yield _processor()
    yield _threads()
    yield from _quota(CGROUP)
    yield _memory(CGROUP)
    yield _disk()


def _python() -> Finding:
    isolated = sys.prefix != sys.base_prefix
    return Finding("python", "good" if isolated else "note", f"{sys.version.split()[0]} in {sys.prefix}",
                   "" if isolated else "install headway into a virtual environment: `make install`")  # fmt: skip


def _processor() -> Finding:
    facts = cpu()
    load, cores = os.getloadavg()[0], facts["usable"]
    found = f"{facts['model']}, {cores} of {facts['cores']} cores usable, load {load:.1f}"
    busy = load > cores
    return Finding("processor", "note" if busy else "good", found,
                   "others are computing too: trust ratios of timings, not seconds" if busy else "")  # fmt: skip


def _threads() -> Finding:
    cores = cpu()["usable"]
    have = {name: os.environ[name] for name in THREAD_VARIABLES if name in os.environ}
    found = ", ".join(f"{name}={value}" for name, value in have.items()) or "no variable is set"
    found += f"; {cores} cores; contestants get `threads=` each, whatever is set here"
    if "OMP_NUM_THREADS" in have:
        return Finding("threads", "good", found)
    return Finding("threads", "note", found, "export OMP_NUM_THREADS=1: else libraries start one per core each, and "
                   "timings cannot be compared")  # fmt: skip


def _quota(cgroup: Path) -> Iterator[Finding]:
    """Whether the container may use the cores it sees (cgroup version 2)."""
    given, _, period = _read(cgroup / "cpu.max").partition(" ")
    if given.isdigit() and period.isdigit():
        cores, seen = int(given) / int(period), int(cpu()["usable"])
        enough = cores >= seen
        yield Finding("container", "good" if enough else "note", f"the time of {cores:g} cores, {seen} to be seen",
                      "" if enough else f"jobs= and threads= together at most {math.floor(cores) or 1}")  # fmt: skip


def _memory(cgroup: Path) -> Finding:
    import psutil

    limit = _read(cgroup / "memory.max")
    total = min(psutil.virtual_memory().total, int(limit) if limit.isdigit() else math.inf) / 1e9
    free = min(psutil.virtual_memory().available / 1e9, total)
    short = free < MEMORY
    return Finding("memory", "note" if short else "good", f"{free:.1f} of {total:.1f} GB free",
                   "fewer jobs= at a time; memory= limits each contestant" if short else "")  # fmt: skip


def _disk() -> Finding:
    free = shutil.disk_usage(Path.cwd()).free / 1e9
    short = free < DISK
    return Finding("disk", "note" if short else "good", f"{free:.1f} GB free here",
                   "runs with checkpoints need room: delete old ones under runs/" if short else "")  # fmt: skip


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
