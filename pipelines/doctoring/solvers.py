"""Which solvers there are, each by what it makes of a tiny problem."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from headway.pipelines.doctoring import tiny
from headway.pipelines.doctoring.finding import Finding, version_of

OPTIONAL = {"hygese": "pip install 'headway[hgs]' if you need it"}
PATIENCE = 60.0  # wall seconds; each needs less than one


def look() -> Iterator[Finding]:
    """Every solver; those that answer right in one line."""
    with ThreadPoolExecutor(2) as pool:
        found = dict(zip(tiny.SOLVERS, pool.map(_tried, tiny.SOLVERS), strict=True))
    good = {name: text for name, (text, error) in found.items() if not error}
    if good:
        yield Finding("solvers", "good", ", ".join(f"{name} {text}" for name, text in good.items()))
    for name, (_, error) in found.items():
        if error:
            yield _failed(name, error)


def _failed(name: str, error: str) -> Finding:
    package = tiny.SOLVERS[name][0]
    if version_of(package) is None and package in OPTIONAL:
        return Finding(name, "note", "not installed", OPTIONAL[package])
    return Finding(name, "bad", error, f"pip install --force-reinstall --no-deps {package}=={version_of(package)}"
                   if version_of(package) else f"pip install {package}")  # fmt: skip


def _tried(name: str) -> tuple[str, str]:
    """Its version, or what went wrong."""
    command = [sys.executable, "-m", tiny.__name__, name]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return "", f"no answer within {PATIENCE:.0f} s"
    said = [line.removeprefix("version: ") for line in done.stdout.splitlines() if line.startswith("version: ")]
    if done.returncode == 0 and said:
        return said[-1], ""
    return "", (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
