"""Learning inside SISR: the steered search beside its ablations at equal CPU-seconds, on instances of the X set.

``python benchmarks/routing_ruin.py FOLDER POLICY [--every K] [--seconds S ...] [--seeds N] [--generated N]
[--keep FILE]``

FOLDER holds ``open/X-*.vrp`` with ``best_known.csv``; POLICY is a run of ``headway train
config=policies/routing_ruin`` or a stored policy. With ``--generated`` instances of the validation split take
the place of the X set, their best answers here that of known costs. Ratios: of mean gaps to plain SISR's, with 95 %
paired bootstrap intervals over instances (their means over seeds).
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
from numpy.typing import NDArray
from scipy.stats import bootstrap

from headway import Budget, make_problem
from headway.contest.contestants import resolve
from headway.contest.runner import run
from headway.domains.routing.family.instance import RoutingInstance

Floats = NDArray[np.float64]
PLAIN = "SISR"


def main() -> None:
    """Print the gap of each contestant and its ratio to that of plain SISR."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("policy", help="folder of a run or a stored policy")
    parser.add_argument("--every", type=int, default=1, help="every how many-th X instance")
    parser.add_argument("--seconds", type=float, nargs="*", default=[1.0, 10.0], help="budgets")
    parser.add_argument("--seeds", type=int, default=1, help="runs of each instance")
    parser.add_argument("--generated", type=int, default=0, help="validation instances in place of the X set")
    parser.add_argument("--keep", type=Path, help="a file that keeps what has been run")
    options = parser.parse_args()
    what, instances, known = generated(options.generated) if options.generated else x_set(options.folder, options.every)
    entries: dict[str, tuple[str, dict[str, Any]]] = {
        PLAIN: ("sisr", {}),
        "SISR from savings": ("sisr", {"start": "savings"}),
        "steered by chance": ("hybrid", {"policy": "random"}),
        "steered by the policy": ("hybrid", {"policy": options.policy}),
    }
    costs = {
        (label, budget): measured(options, what, instances, label, *entry, budget)
        for label, entry in entries.items()
        for budget in options.seconds
    }
    best = np.min([cost.min(0) for cost in costs.values()], axis=0) if known is None else known
    rows: list[dict[str, object]] = []
    for label in entries:
        row: dict[str, object] = {"contestant": label}
        for budget in options.seconds:
            own, plain = (100 * (costs[name, budget].mean(0) / best - 1) for name in (label, PLAIN))
            row[f"{budget:g} s"] = f"{own.mean():.3f}"
            row[f"ratio {budget:g} s"] = "" if label == PLAIN else ratio(own, plain)
        rows.append(row)
    table(rows, f"Mean gap (%) on {what}, {options.seeds} runs each, and its ratio to plain SISR's")


def x_set(folder: Path, every: int) -> tuple[str, RoutingInstance, Floats]:
    """Instances with their best known costs."""
    files = sorted((folder / "open").glob("X-*.vrp"))[::every]
    problem = make_problem("routing/cvrp")
    instances = RoutingInstance.concat([problem.load(file) for file in files])
    known = pd.read_csv(folder / "open" / "best_known.csv").set_index("instance")["cost"]
    return f"{len(files)} X instances", instances, known.loc[[file.stem for file in files]].to_numpy(float)


def generated(n: int) -> tuple[str, RoutingInstance, None]:
    """Instances like those of the X set, of 100 to 350 customers."""
    problem = make_problem("routing/cvrp", customers=350, fewest=100, layout="uchoa")
    return f"{n} generated instances", problem.instances("validation", n), None


def measured(
    options: argparse.Namespace, what: str, instances: RoutingInstance, label: str, name: str, knobs: dict[str, Any],
    budget: float,
) -> Floats:  # fmt: skip
    """Costs [seeds, instances], in a process of its own; kept in a file where one is named."""
    problem, found = make_problem("routing/cvrp"), []
    for seed in range(options.seeds):
        key = f"{what} | {label} | {json.dumps(knobs)} | {budget:g} | {seed}"
        kept = json.loads(options.keep.read_text()) if options.keep and options.keep.exists() else {}
        if key not in kept:
            outcomes = run(resolve(name, problem, knobs), problem, instances, Budget(cpu=budget), seed=seed)
            kept[key] = [float(outcome.objective) for outcome in outcomes]
            print(key, f"{np.mean(kept[key]):.4f}", file=sys.stderr, flush=True)
            if options.keep:
                options.keep.write_text(json.dumps(kept, indent=1))
        found.append(kept[key])
    return np.array(found)


def ratio(own: Floats, plain: Floats) -> str:
    """Of mean gaps, with an interval."""
    found = bootstrap(
        (own, plain), lambda a, b: a.mean() / b.mean(), paired=True, vectorized=False, n_resamples=2000,
        method="percentile", rng=0,
    ).confidence_interval  # fmt: skip
    return f"{own.mean() / plain.mean():.2f} [{found.low:.2f}, {found.high:.2f}]"


if __name__ == "__main__":
    main()
