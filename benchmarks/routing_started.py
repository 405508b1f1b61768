"""Warm starts: OR-Tools and PyVRP plain, and from savings, SISR and policies, at equal CPU-seconds.

``python benchmarks/routing_started.py FOLDER [--n N] [--skip N] [--policy DIR ...] [--entry JSON ...] [--keep FILE]``

FOLDER holds ``uniform_cvrp100_seed1234.npz`` with its reference costs. One thread; what the start takes is part of the
budget. A policy is a run or a stored policy; it starts as it decodes by itself. An entry is a start of one's own:
``{"label": "...", "start": "savings", "options": {...}}`` with a contestant's name and its knobs.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from timing import table  # isort: skip  (pins threads before numpy is imported)

import numpy as np
import pandas as pd
from scipy.stats import bootstrap

from headway import Budget, make_problem
from headway.contest.contestants import resolve
from headway.contest.runner import run

BUDGETS = (0.1, 0.3, 1.0)
SOLVERS = ("ortools", "pyvrp")
ALONE: dict[str, tuple[str, dict[str, Any]]] = {
    "OR-Tools": ("ortools", {}),
    "PyVRP": ("pyvrp", {}),
    "SISR": ("sisr", {}),
}


def main() -> None:
    """Print gaps by contestant and budget, and the ratios to the plain solvers with paired intervals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--n", type=int, default=20, help="instances")
    parser.add_argument("--skip", type=int, default=0, help="instances left out in front")
    parser.add_argument("--size", type=int, default=100, help="customers: 20, 50 or 100")
    parser.add_argument("--policy", nargs="*", default=[], help="folders of policies")
    parser.add_argument("--entry", nargs="*", type=json.loads, default=[], help="starts of one's own")
    parser.add_argument("--keep", type=Path, help="a file that keeps what has been run")
    options = parser.parse_args()
    costs = {
        (label, budget): measured(options, label, name, knobs, budget)
        for label, (name, knobs) in entries(options).items()
        for budget in BUDGETS
    }
    known = reference(options)
    rows: list[dict[str, object]] = []
    for label in entries(options):
        gaps = {f"{budget:g} s": f"{gap(costs[label, budget], known):.2f}" for budget in BUDGETS}
        rows.append({"contestant": label, **gaps, **ratios(costs, label, known)})
    title = f"Gap (%) on {options.n} uniform CVRP{options.size}, and the ratio to the plain solver's (95 % paired)"
    table(rows, title)


def entries(options: argparse.Namespace) -> dict[str, tuple[str, dict[str, Any]]]:
    """Label -> contestant and its options."""
    starts: dict[str, dict[str, Any]] = {"savings": {"start": "savings"}, "SISR": {"start": "sisr"}}
    starts |= {f"policy {Path(folder).name}": {"start": folder} for folder in options.policy}
    starts |= {entry["label"]: {k: v for k, v in entry.items() if k != "label"} for entry in options.entry}
    found = dict(ALONE)
    for label, (name, _) in ALONE.items():
        if name in SOLVERS:
            found |= {f"{label} from {start}": (f"started_{name}", knobs) for start, knobs in starts.items()}
    return found


def measured(options: argparse.Namespace, label: str, name: str, knobs: dict[str, Any], budget: float) -> list[float]:
    """Cost of each instance, in a process of its own; kept in a file where one is named."""
    key = f"{options.size} | {options.skip}+{options.n} | {label} | {json.dumps(knobs, sort_keys=True)} | {budget:g}"
    kept = json.loads(options.keep.read_text()) if options.keep and options.keep.exists() else {}
    if key not in kept:
        problem = make_problem("routing/cvrp", customers=options.size)
        instances = problem.load(options.folder / f"uniform_cvrp{options.size}_seed1234.npz")
        instances = instances[options.skip : options.skip + options.n]
        outcomes = run(resolve(name, problem, knobs), problem, instances, Budget(cpu=budget))
        kept[key] = [float(outcome.objective) for outcome in outcomes]
        print(key, f"{np.mean(kept[key]):.4f}", file=sys.stderr, flush=True)
        if options.keep:
            options.keep.write_text(json.dumps(kept, indent=1))
    return list(kept[key])


def reference(options: argparse.Namespace) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Reference costs of the instances."""
    file = options.folder / f"uniform_cvrp{options.size}_seed1234_reference.csv"
    costs = pd.read_csv(file)["cost"].to_numpy(float)
    return costs[options.skip : options.skip + options.n]


def gap(cost: Any, known: Any) -> float:
    """In per cent, a ratio of means."""
    return float(100 * (np.mean(cost) / np.mean(known) - 1))


def ratios(costs: dict[tuple[str, float], list[float]], label: str, known: Any) -> dict[str, object]:
    """Its gap over that of the solver it starts, with a bootstrap interval over instances."""
    plain = label.split(" from ")[0]
    out: dict[str, object] = {}
    for budget in BUDGETS:
        own, other = np.array(costs[label, budget]), np.array(costs[plain, budget])
        if plain == label or not (np.isfinite(own).all() and np.isfinite(other).all()):
            out[f"ratio {budget:g} s"] = ""
            continue
        found = bootstrap(
            (own, other, known), lambda a, b, k: (a.mean() - k.mean()) / (b.mean() - k.mean()),
            paired=True, vectorized=False, n_resamples=2000, method="percentile", rng=0,
        ).confidence_interval  # fmt: skip
        ratio = gap(own, known) / gap(other, known)
        out[f"ratio {budget:g} s"] = f"{ratio:.2f} [{found.low:.2f}, {found.high:.2f}]"
    return out


if __name__ == "__main__":
    main()
