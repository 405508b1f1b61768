"""Where a result comes from: code, versions, machine, command."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import Any


def provenance(config: bytes) -> dict[str, Any]:
    """All that is needed to judge and repeat a run whose resolved configuration file is ``config``.

    Keys: ``config_sha256``, ``git`` (headway's own checkout), ``workspace`` (the checkout around the
    working folder), ``packages``, ``python``, ``platform``, ``cpu``, ``started`` (Unix seconds), ``argv``.
    """
    return {
        "config_sha256": hashlib.sha256(config).hexdigest(),
        "git": commit(Path(__file__).parent),
        "workspace": commit(Path.cwd()),
        "packages": packages(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpu": cpu(),
        "started": time.time(),
        "argv": list(sys.argv),
    }


def commit(folder: Path) -> dict[str, Any] | None:
    """Commit and dirty flag of the git checkout that tracks ``folder``; None where there is none."""
    try:
        if not _git(folder, "ls-files", "--cached", ".").strip():
            return None
        described = _git(folder, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*").strip()
    except (OSError, subprocess.SubprocessError):
        return None
    return {"commit": described.removesuffix("-dirty"), "dirty": described.endswith("-dirty")}


def packages() -> dict[str, str]:
    """Installed versions of headway and of what it depends on; extras too, but not the tools of its developers."""
    wanted = [r for r in metadata.requires("headway") or [] if "dev" not in r.partition(";")[2]]
    found = {"headway": metadata.version("headway")}
    for name in sorted({re.split(r"[^\w.-]", requirement)[0].lower() for requirement in wanted}):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def cpu() -> dict[str, Any]:
    """Model, logical cores of the machine, cores this process may use, and its thread limit."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "model": _cpu_model(),
        "cores": os.cpu_count(),
        "usable": usable,
        "threads": _threads() or usable,
    }


def _threads() -> int | None:
    if torch := sys.modules.get("torch"):
        return int(torch.get_num_threads())
    limit = os.environ.get("OMP_NUM_THREADS", "")
    return int(limit) if limit.isdigit() else None


def _cpu_model() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found.group(1).strip() if found else platform.machine()


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout
