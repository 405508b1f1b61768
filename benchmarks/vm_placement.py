"""Placement of arriving VMs: rules, chance, networks trained from the best rule, and a bound.

``python benchmarks/vm_placement.py [rules] [learned] [-n N] [--seeds N] [--steps N]``; both tables by default. The
same N test streams for all; the error is that of the paired difference to `slot_fit`, the best rule. One thread.
"""

from __future__ import annotations

from timing import print_tables, table  # isort: skip  (pins threads before numpy is imported)

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway import make_problem, rollout
from headway.storage.stored import load_policy

NAME, BEST = "vm_rescheduling/placement", "slot_fit"
Rows = list[dict[str, object]]


def main() -> None:
    """Print the tables named on the command line, or both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=256, help="test streams")
    parser.add_argument("--seeds", type=int, default=3, help="training seeds")
    parser.add_argument("--steps", type=int, default=500_000, help="of each training run")
    print_tables(parser, {"rules": rules, "learned": learned})


def rules(options: argparse.Namespace) -> None:
    """Every rule on calibrated and traced streams."""
    for data in ("calibrated", "traced"):
        problem = make_problem(NAME, data=data)
        scored = {name: refused(problem, problem.baseline(name), options.n) for name in problem.baselines}
        rows = [row(name, *scored[name], scored[BEST][0]) for name in sorted(scored, key=lambda n: scored[n][0].mean())]
        bounded = problem.instances("test", min(options.n, 32))
        bound = problem.references(bounded)["volume"].value.mean()
        table(
            rows,
            f"Rules, {data}, {options.n} test streams (bound of a fluid cluster that knows all, on 32: {bound:.4f})",
        )


def learned(options: argparse.Namespace) -> None:
    """MaskablePPO on a network that begins as the best rule, by the recommendations of the problem."""
    problem = make_problem(NAME)
    best = refused(problem, problem.baseline(BEST), options.n)
    rows = [row(BEST, *best, best[0])]
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(options.seeds):
            print(f"seed {seed}", file=sys.stderr, flush=True)
            began = time.process_time() + children()
            arguments = [f"problem={NAME}", f"steps={options.steps}", f"seed={seed}", f"runs={folder}", f"name={seed}",
                         "tracking=off"]  # fmt: skip
            subprocess.run([sys.executable, "-m", "headway.pipelines.cli", "train", *arguments, "--json"],
                           check=True, stdout=subprocess.DEVNULL)  # fmt: skip
            spent = time.process_time() + children() - began
            policy = load_policy(Path(folder) / str(seed) / "policy")
            trained = row(f"maskable_ppo, seed {seed}", *refused(problem, policy, options.n), best[0])
            rows.append(trained | {"training, CPU-s": f"{spent:.0f}"})
    table([{"training, CPU-s": "", **r} for r in rows], f"Learned, calibrated, {options.n} test streams")


def children() -> float:
    """CPU-seconds of the commands that have been run."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def refused(problem: Any, policy: Any, n: int) -> tuple[NDArray[np.float64], float]:
    """The objective of each test stream, and CPU-microseconds per request."""
    streams = problem.instances("test", n)
    began = time.process_time()
    walked = rollout(problem.environment(), policy, streams)
    spent = time.process_time() - began
    return problem.evaluate(streams, walked.solution).objective, 1e6 * spent / walked.length.sum()


def row(name: str, objective: NDArray[np.float64], micros: float, best: NDArray[np.float64]) -> dict[str, object]:
    """One line of a table."""
    change = objective - best
    error = change.std() / np.sqrt(len(change))
    return {"contestant": name, "cores refused per core": f"{objective.mean():.4f}",
            f"less {BEST}": f"{change.mean():+.4f} ± {error:.4f}", "us per request": f"{micros:.1f}"}  # fmt: skip


if __name__ == "__main__":
    main()
