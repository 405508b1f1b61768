"""SISR, PyVRP, OR-Tools, and policies that ship beside chance in their place: uniform CVRP100, the X set, VRPTW50.

``python benchmarks/routing_sisr.py FOLDER [uniform] [x] [windows] [--n N] [--every K] [--seconds S ...]
[--entries NAME ...] [--keep FILE] [--picture FILE]``

FOLDER holds ``uniform_cvrp100_seed1234.npz`` with its reference costs, and in ``open`` the X instances with
``best_known.csv``; ``windows`` are generated test instances. One thread; every answer is scored by the problem.
Intervals: 95 %, bootstrap over instances.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from timing import print_tables, table  # isort: skip  (pins threads before numpy is imported)

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import bootstrap

from headway import Budget, make_problem
from headway.contest.contestants import resolve
from headway.contest.runner import run
from headway.domains.routing.family.instance import RoutingInstance

Floats = NDArray[np.float64]
Interval = tuple[float, float, float]  # a mean, and the ends of its interval

ENTRIES: dict[str, tuple[str, dict[str, Any]]] = {
    "SISR": ("sisr", {}),
    "SISR from savings": ("sisr", {"start": "savings", "hot": 0.05}),
    "savings, polish": ("savings_polish", {"iterations": None}),
    "policy, all starts, polish": ("decoding", {"policy": "pomo", "mode": "starts", "polish": None}),
    "chance, all starts, polish": ("decoding", {"policy": "random", "mode": "starts", "polish": None}),
    "policy, one episode, polish": ("decoding", {"policy": "pomo", "mode": "greedy", "polish": None}),
    "PyVRP": ("pyvrp", {}),
    "OR-Tools": ("ortools", {}),
}


def main() -> None:
    """Print the tables named on the command line, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--n", type=int, default=100, help="uniform instances")
    parser.add_argument("--every", type=int, default=1, help="every how many-th X instance")
    parser.add_argument("--seconds", type=float, nargs="*", default=[0.1, 1.0, 10.0], help="budgets")
    parser.add_argument("--entries", nargs="*", default=list(ENTRIES), help=f"of {', '.join(ENTRIES)}")
    parser.add_argument("--keep", type=Path, help="a file that keeps what has been run")
    parser.add_argument("--picture", type=Path, help="PNG file: gaps and their intervals by budget")
    print_tables(parser, {"uniform": uniform, "x": x, "windows": windows})


def uniform(options: argparse.Namespace) -> None:
    """Mean gap to the reference costs of the uniform instances, a ratio of means."""
    problem = make_problem("routing/cvrp", customers=100)
    instances = problem.load(options.folder / "uniform_cvrp100_seed1234.npz")[: options.n]
    costs = pd.read_csv(options.folder / "uniform_cvrp100_seed1234_reference.csv")["cost"].to_numpy(float)
    print_gaps(options, f"{len(instances)} uniform CVRP100", instances, costs[: options.n], of_means)


def x(options: argparse.Namespace) -> None:
    """Mean of the gaps to the best known costs of X instances."""
    files = sorted((options.folder / "open").glob("X-*.vrp"))[:: options.every]
    problem = make_problem("routing/cvrp")
    instances = type(problem.load(files[0])).concat([problem.load(file) for file in files])
    known = pd.read_csv(options.folder / "open" / "best_known.csv").set_index("instance")["cost"]
    best = known.loc[[file.stem for file in files]].to_numpy(float)
    print_gaps(options, f"{len(files)} X instances", instances, best, mean_of)


def windows(options: argparse.Namespace) -> None:
    """Mean gap to the best of all these answers on generated instances with time windows."""
    name, knobs = "routing/vrptw", {"customers": 50}
    instances = make_problem(name, **knobs).instances("test", options.n)
    what = f"{options.n} generated VRPTW50"
    answers = [measured(options, what, instances, label, s, name) for label in options.entries for s in options.seconds]
    print_gaps(options, what, instances, np.nanmin(answers, axis=0), of_means, name)


def print_gaps(options: argparse.Namespace, what: str, instances: RoutingInstance, known: Floats, gap: Any,
               problem: str = "routing/cvrp") -> None:  # fmt: skip
    rows: list[dict[str, object]] = []
    shown: dict[str, list[Interval]] = {}
    for label in options.entries:
        answers = [measured(options, what, instances, label, budget, problem) for budget in options.seconds]
        shown[label] = [with_interval(costs, known, gap) for costs in answers]
        texts = [text(costs, *found) for costs, found in zip(answers, shown[label], strict=True)]
        cells = {f"{budget:g} s": cell for budget, cell in zip(options.seconds, texts, strict=True)}
        rows.append({"contestant": label, **cells})
    table(rows, f"Gap (%) on {what} by CPU-seconds")
    if options.picture:
        draw(options.seconds, shown, f"gap on {what}, per cent", options.picture)


def measured(
    options: argparse.Namespace, what: str, instances: RoutingInstance, label: str, budget: float, name: str
) -> Floats:
    """Cost of each instance, in a process of its own; kept in a file where one is named."""
    contestant, knobs = ENTRIES[label]
    key = f"{what} | {label} | {json.dumps(knobs)} | {budget:g}"
    kept = json.loads(options.keep.read_text()) if options.keep and options.keep.exists() else {}
    if key not in kept:
        problem = make_problem(name)
        outcomes = run(resolve(contestant, problem, knobs), problem, instances, Budget(cpu=budget))
        kept[key] = [float(outcome.objective) for outcome in outcomes]
        print(key, f"{np.mean(kept[key]):.4f}", file=sys.stderr, flush=True)
        if options.keep:
            options.keep.write_text(json.dumps(kept, indent=1))
    return np.array(kept[key])


def of_means(costs: Floats, known: Floats) -> float:
    return float(100 * (costs.mean() / known.mean() - 1))


def mean_of(costs: Floats, known: Floats) -> float:
    return float(100 * (costs / known - 1).mean())


def with_interval(costs: Floats, known: Floats, gap: Any) -> Interval:
    """A gap and its interval; nan where an answer is missing, without an interval where there is one instance."""
    if not np.isfinite(costs).all() or len(costs) < 2:
        return gap(costs, known), np.nan, np.nan
    found = bootstrap((costs, known), gap, paired=True, vectorized=False, n_resamples=2000, method="percentile", rng=0)
    return gap(costs, known), *found.confidence_interval


def text(costs: Floats, mean: float, low: float, high: float) -> str:
    if missing := np.count_nonzero(~np.isfinite(costs)):
        return f"{missing} of {len(costs)} not ready"
    return f"{mean:.2f}" if np.isnan(low) else f"{mean:.2f} [{low:.2f}, {high:.2f}]"


def draw(seconds: list[float], shown: dict[str, list[Interval]], what: str, path: Path) -> None:
    """A line and a band for each contestant."""
    from matplotlib.figure import Figure

    picture = Figure(figsize=(9, 4.5), layout="constrained")
    axes = picture.subplots()
    for number, (label, found) in enumerate(shown.items()):
        mean, low, high = np.array(found).T
        axes.plot(seconds, mean, ".-", color=f"C{number}", label=label)
        axes.fill_between(seconds, low, high, color=f"C{number}", alpha=0.15, linewidth=0)
    axes.set(xscale="log", yscale="log", xticks=seconds, xticklabels=[f"{budget:g}" for budget in seconds])
    axes.minorticks_off()
    axes.set_ylim(top=min(axes.get_ylim()[1], 30.0))  # chance begins at hundreds
    ticks = [tick for tick in (0.2, 0.5, 1, 2, 5, 10, 20) if axes.get_ylim()[0] <= tick <= axes.get_ylim()[1]]
    axes.set(yticks=ticks, yticklabels=[f"{tick:g}" for tick in ticks], xlabel="CPU-seconds", ylabel=what)
    picture.legend(frameon=False, loc="outside right center")
    picture.savefig(path, dpi=150)


if __name__ == "__main__":
    main()
