"""Routing baselines against reference costs, by CPU-seconds: the tables of docs/routing.md.

Usage: python benchmarks/routing_solvers.py [FOLDER [N]]

FOLDER holds ``uniform_cvrp{20,50,100}_seed1234.npz`` with ``..._reference.csv``; without it, instances come from
the test split and the reference is the best answer found here. N instances of each size (10).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from timing import table  # isort: skip  (pins threads before numpy is imported)

import numpy as np
import pandas as pd

from headway import Budget, make_problem
from headway.contest.contestants import resolve
from headway.contest.runner import run

SIZES = (20, 50, 100)
ENTRIES = [
    ("nearest_neighbour", 1.0),
    ("savings", 1.0),
    ("ortools_first", 1.0),
    *[(name, budget) for name in ("ortools", "pyvrp", "sisr") for budget in (0.1, 0.3, 1.0)],
]


def main() -> None:
    """Run every baseline at every budget on every size, and print the gaps."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    n = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    gaps = {size: by_size(size, n, folder) for size in SIZES}
    rows: list[dict[str, object]] = [
        {"contestant": name, "CPU-seconds": budget, **{f"{size} customers": gaps[size][name, budget] for size in SIZES}}
        for name, budget in ENTRIES
    ]
    table(rows, f"Gap to {'the references' if folder else 'the best found here'}, mean of {n} uniform instances")


def by_size(size: int, n: int, folder: Path | None) -> dict[tuple[str, float], str]:
    """Gap (ratio of means) and mean CPU time of each entry."""
    problem = make_problem("routing/cvrp", customers=size)
    file = None if folder is None else folder / f"uniform_cvrp{size}_seed1234.npz"
    instances = problem.instances("test", n) if file is None else problem.load(file)[:n]
    costs, spent = {}, {}
    for name, budget in ENTRIES:
        outcomes = run(resolve(name, problem), problem, instances, Budget(cpu=budget))
        costs[name, budget] = np.array([outcome.objective for outcome in outcomes])
        spent[name, budget] = float(np.mean([outcome.cpu_seconds for outcome in outcomes]))
    best = np.nanmin(list(costs.values()), axis=0)
    reference = best if file is None else known(file, n)
    return {
        entry: f"{100 * (cost.mean() / reference.mean() - 1):.1f} % ({1000 * spent[entry]:.0f} ms)"
        for entry, cost in costs.items()
    }


def known(file: Path, n: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Reference costs of the first ``n`` instances."""
    costs = pd.read_csv(file.with_name(file.stem + "_reference.csv"))["cost"].to_numpy(float)
    return costs[:n]


if __name__ == "__main__":
    main()
