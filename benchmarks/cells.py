"""What spreading costs: one grid of cells in this process, in two others and on a Ray cluster of two workers.

CPU-seconds are those of the whole command with all processes that it starts, a cluster's included: what outlives its
parent is adopted here and waited for, and Ray's workers are looked at ten times a second. Overhead is what is not on
the clock of an answer (starting headway, contestants, workers, a cluster; scoring; the results), by cell.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from timing import table  # isort: skip  (pins threads before other libraries are imported)

import psutil

EXECUTORS = {
    "`inline`": [],
    "`processes`, 2 workers": ["executor=processes", "executor.workers=2"],
    "`ray`, 2 workers": ["executor=ray", "executor.workers=2"],
}
CONTESTANTS, INSTANCES, SHARD, BUDGET = ("ortools", "sisr", "savings", "pomo"), 16, 4, 0.2
CELLS = len(CONTESTANTS) * INSTANCES // SHARD
PR_SET_CHILD_SUBREAPER = 36  # <linux/prctl.h>


def measured(executor: list[str], folder: Path) -> dict[str, Any]:
    """One comparison as a command: wall and CPU-seconds, and what its answers took by their own clocks."""
    command = [sys.executable, "-m", "headway.pipelines.cli", "compare", "problem=routing/cvrp", f"runs={folder}",
               f"contestants={','.join(CONTESTANTS)}", f"n={INSTANCES}", f"shard={SHARD}", f"budget={BUDGET}",
               "wall=60", "ablations=false", "pictures=0", "report=false", "tracking=off", "name=grid",
               *executor]  # fmt: skip
    wall, cpu = watched(command)
    results = json.loads((folder / "grid" / "results.json").read_text(encoding="utf-8"))
    clock = sum(score["cpu_seconds"] for score in results["scores"])
    objectives = {row["contestant"]: row["objective"] for row in results["rows"]}
    return {"wall": wall, "cpu": cpu, "clock": clock, "objectives": objectives}


def watched(command: list[str]) -> tuple[float, float]:
    """Wall seconds of a command, CPU-seconds of all its processes."""
    began, spent, wall = time.perf_counter(), dict[int, float](), 0.0
    environment = {**os.environ, "NO_PROXY": "*", "no_proxy": "*"}
    main = subprocess.Popen(command, stdout=sys.stderr, env=environment)
    while True:
        try:
            pid, _, used = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return wall, sum(spent.values())
        if pid:
            spent[pid] = used.ru_utime + used.ru_stime  # its own, and of all that it has waited for
            wall = time.perf_counter() - began if pid == main.pid else wall
        else:
            spent.update(unwaited())
            time.sleep(0.1)


def unwaited() -> Iterator[tuple[int, float]]:
    """Ray's workers and their CPU-seconds so far; their parent does not wait for them, so nobody inherits these."""
    for process in psutil.Process().children(recursive=True):
        try:
            if process.parent().name() == "raylet":
                yield process.pid, sum(process.cpu_times()[:4])
        except (psutil.Error, AttributeError):
            continue  # it, or its parent, ended meanwhile


def main() -> None:
    """Print the table."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    found = {}
    for name, executor in EXECUTORS.items():
        print(name, file=sys.stderr)
        with tempfile.TemporaryDirectory() as folder:
            found[name] = measured(executor, Path(folder))
    inline = found["`inline`"]
    rows: list[dict[str, object]] = [
        {
            "executor": name,
            "wall s": f"{one['wall']:.1f}",
            "CPU-s of the command": f"{one['cpu']:.1f}",
            "of answers, on the clock": f"{one['clock']:.1f}",
            "overhead per cell, CPU-s": f"{(one['cpu'] - one['clock']) / CELLS:.2f}",
            "equal objectives": f"{sum(one['objectives'][c] == inline['objectives'][c] for c in CONTESTANTS)} of 4",
        }
        for name, one in found.items()
    ]
    size = f"{len(CONTESTANTS)} contestants x {INSTANCES} instances of CVRP with 20 customers, {CELLS} cells"
    load = " ".join(f"{x:.1f}" for x in os.getloadavg())
    table(rows, f"{size}, {BUDGET} CPU-s per instance ({os.cpu_count()} cores, load {load})")


if __name__ == "__main__":
    main()
