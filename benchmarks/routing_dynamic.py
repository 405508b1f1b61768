"""Orders that arrive during the day: rules for what leaves when, with the same search for their routes, and networks.

``python benchmarks/routing_dynamic.py [rules] [learned] [-n N] [--seeds N] [--steps N]``; both tables by default. The
same N test days for all; the error is that of the paired difference to `prizes`, the best rule. One thread.
"""

from __future__ import annotations

from timing import print_tables, table  # isort: skip  (pins threads before numpy is imported)

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway import make_problem, rollout
from headway.storage.stored import load_policy

NAME, BEST = "routing/dynamic_cvrp", "prizes"
SETTINGS: dict[str, dict[str, Any]] = {
    "40 orders in 6 waves": {},
    "nothing is known before": {"known": 0.0},
    "orders wait for one wave at most": {"patience": 1},
    "100 orders in 10 waves": {"customers": 100, "waves": 10},
}


class Scored(NamedTuple):
    """What a contestant made of the test days."""

    objective: NDArray[np.float64]
    waiting: float  # waves an order waits
    fill: float  # of the vehicles sent out
    milliseconds: float  # of CPU time a wave


def main() -> None:
    """Print the tables named on the command line, or both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=64, help="test days")
    parser.add_argument("--seeds", type=int, default=3, help="training seeds")
    parser.add_argument("--steps", type=int, default=300_000, help="of each training run")
    print_tables(parser, {"rules": rules, "learned": learned})


def rules(options: argparse.Namespace) -> None:
    """Every rule on days of four kinds."""
    for setting, changes in SETTINGS.items():
        problem = make_problem(NAME, **changes)
        scored = {name: score(problem, problem.baseline(name), options.n) for name in problem.baselines}
        order = sorted(scored, key=lambda name: scored[name].objective.mean())
        table([row(name, scored[name], scored[BEST]) for name in order], f"Rules, {setting}, {options.n} test days")


def learned(options: argparse.Namespace) -> None:
    """MaskablePPO, which routes by itself, as the problem's preset has it."""
    problem = make_problem(NAME)
    scored = {name: score(problem, problem.baseline(name), options.n) for name in (BEST, "greedy", "nearest")}
    best = scored[BEST]
    rows = [row(name, each, best) for name, each in scored.items()]
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(options.seeds):
            print(f"seed {seed}", file=sys.stderr, flush=True)
            arguments = [f"problem={NAME}", f"steps={options.steps}", f"seed={seed}", f"runs={folder}", f"name={seed}",
                         "tracking=off"]  # fmt: skip
            subprocess.run([sys.executable, "-m", "headway.pipelines.cli", "train", *arguments, "--json"],
                           check=True, stdout=subprocess.DEVNULL)  # fmt: skip
            policy = load_policy(Path(folder) / str(seed) / "policy")
            rows.append(row(f"maskable_ppo, seed {seed}", score(problem, policy, options.n), best))
    table(rows, f"Learned, {options.steps} steps, {options.n} test days")


def score(problem: Any, contestant: Any, n: int) -> Scored:
    """A contestant on the first ``n`` test days."""
    days = problem.instances("test", n)
    began = time.process_time()
    solution = rollout(problem.environment(), contestant, days).solution
    spent = time.process_time() - began
    found = problem.evaluate(days, solution)
    if not found.feasible.all():
        raise SystemExit(f"{contestant} is infeasible: {dict(found.violations)}")
    waiting, fill = (float(found.metrics[name].mean()) for name in ("waiting", "fill"))
    return Scored(found.objective, waiting, fill, 1000 * spent / float(days.waves.sum()))


def row(name: str, scored: Scored, best: Scored) -> dict[str, object]:
    """One line of a table."""
    change = scored.objective - best.objective
    error = change.std() / np.sqrt(len(change))
    return {
        "contestant": name,
        "distance": f"{scored.objective.mean():.3f}",
        f"beyond {BEST}": f"{change.mean():+.3f} ± {error:.3f}",
        "waves waited": f"{scored.waiting:.2f}",
        "fill": f"{scored.fill:.2f}",
        "CPU-ms a wave": f"{scored.milliseconds:.1f}",
    }


if __name__ == "__main__":
    main()
