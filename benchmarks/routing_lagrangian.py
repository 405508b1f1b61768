"""Augmented Lagrangian for the CVRP: penalties by the plain tuned rule, at random, and by trained policies.

``python benchmarks/routing_lagrangian.py [library] [iterations] [--data FOLDER] [--policy DIR ...] [--keep FILE]``

``library``: A-n32-k5, A-n33-k6 and E-n13-k4 of FOLDER: gap at one CPU-second, time to the optimum, five seeds.
``iterations``: generated test instances of 20 to 50 customers, iterations of one search until it is within 1 % of what
PyVRP finds (``--cap`` where it never is), and until it is feasible for the first time. A policy is a run of

    headway train problem=routing/cvrp problem.customers=50 problem.fewest=20 env=penalties env.reward=percent agent=sac
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from timing import print_tables, table  # isort: skip  (pins threads before numpy is imported)

import numpy as np
from scipy.stats import bootstrap

from headway import Budget, make_problem, tree
from headway.components import build
from headway.domains.routing.classical.pyvrp import PyVRP
from headway.domains.routing.lagrangian.contestants import CALM, RLCALM
from headway.domains.routing.lagrangian.penalties import Penalties
from headway.domains.routing.lagrangian.rule import PenaltyRule
from headway.solver import Search, answer
from headway.storage.stored import load_policy

LIBRARY = {"A-n32-k5": 784.0, "A-n33-k6": 742.0, "E-n13-k4": 247.0}
PLAIN = "plain rule"
SEEDS = 5


class Chance:
    """Decisions at random, uniform in the box."""

    def start(self, n: int, seed: int = 0) -> Any:
        """A generator, in place of memory."""
        return np.random.default_rng(seed)

    def act(self, observation: Any, mask: Any, memory: Any = None) -> Any:
        """Two numbers in [-1, 1] for each row."""
        return memory.uniform(-1, 1, (len(observation["search"]), 2)), memory


def main() -> None:
    """Print the tables named on the command line, or both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with the three .vrp files")
    parser.add_argument("--policy", nargs="*", type=Path, default=[], help="folders of trained policies, one per seed")
    parser.add_argument("--n", type=int, default=64, help="generated instances")
    parser.add_argument("--reference", type=float, default=1.0, help="PyVRP's CPU-seconds")
    parser.add_argument("--cap", type=int, default=300, help="iterations")
    parser.add_argument("--within", type=float, default=0.01, help="of the reference")
    parser.add_argument("--keep", type=Path, help="a file that keeps the references")
    print_tables(parser, {"library": library, "iterations": iterations})


def policies(options: argparse.Namespace) -> dict[str, Any]:
    """Label -> what sets the penalties."""
    found: dict[str, Any] = {PLAIN: PenaltyRule(), "random": Chance()}
    for place in options.policy:
        folder = next(p for p in (place, place / "policy") if (p / "policy.json").is_file())
        found[f"learned {place.name}"] = load_policy(folder)
    return found


def library(options: argparse.Namespace) -> None:
    """Gap at a second and time to the optimum."""
    problem = make_problem("routing/cvrp")
    rows: list[dict[str, object]] = []
    for name, optimum in LIBRARY.items():
        instance = problem.load(options.data / f"{name}.vrp")
        for label, policy in policies(options).items():
            solver = CALM() if label == PLAIN else RLCALM(policy=policy)
            solver.solve(problem, instance, Search(Budget(cpu=0.2)))  # compiled and loaded
            gaps, times = [], []
            for seed in range(SEEDS):
                found = told(problem, instance, solver, seed)
                gaps.append(100 * (found[-1][0] / optimum - 1))
                times += [seconds for cost, seconds in found if cost <= optimum][:1]
            rows.append({"instance": name, "penalties": label, "gap at 1 s, mean": f"{np.mean(gaps):.2f} %",
                         "worst": f"{np.max(gaps):.2f} %", "solved": f"{len(times)} of {SEEDS}",
                         "CPU-s to the optimum, median": f"{np.median(times):.3f}" if times else ""})  # fmt: skip
    table(rows, f"Library instances, {SEEDS} seeds, one CPU-second")


def told(problem: Any, instance: Any, solver: Any, seed: int) -> list[tuple[float, float]]:
    """Cost and CPU-seconds of each incumbent within a second."""
    found: list[tuple[float, float]] = []

    def report(routes: Any, seconds: float) -> None:
        found.append((float(problem.evaluate(instance, routes).objective[0]), seconds))

    solver.solve(problem, instance, Search(Budget(cpu=1.0), seed=seed, report=report))
    return found


def iterations(options: argparse.Namespace) -> None:
    """Iterations to the target, and the ratio to the plain rule's with a paired interval."""
    problem = make_problem("routing/cvrp", customers=50, fewest=20)
    instances = problem.instances("test", options.n)
    environment = build(Penalties, {}, where="env", problem=problem, backend="numpy")
    params = environment.prepare(instances)
    target = reference(options, problem, instances) * (1 + options.within)
    hits = {
        label: race(environment, policy, params, target, options.cap) for label, policy in policies(options).items()
    }
    rows: list[dict[str, object]] = []
    for label, (hit, feasible) in hits.items():
        plain = hits[PLAIN][0]
        found = bootstrap((hit, plain), lambda a, b: a.mean() / b.mean(), paired=True, vectorized=False,
                          n_resamples=2000, method="percentile", rng=0).confidence_interval  # fmt: skip
        rows.append({"penalties": label, "iterations": f"{hit.mean():.1f}", "median": f"{np.median(hit):.0f}",
                     "never": f"{(hit >= options.cap).mean():.0%}", "to feasibility": f"{feasible.mean():.1f}",
                     "ratio to plain": "" if label == PLAIN else
                     f"{hit.mean() / plain.mean():.2f} [{found.low:.2f}, {found.high:.2f}]"})  # fmt: skip
    table(rows, f"Iterations until within {options.within:.1%}, {options.n} generated instances, {SEEDS} starts each")


def race(environment: Any, policy: Any, params: Any, target: Any, cap: int) -> Any:
    """Iterations [N], means over starts, until the target is met, and until routes are feasible; ``cap``: never."""
    met = np.full((SEEDS, len(target)), float(cap))
    feasible = met.copy()
    for seed in range(SEEDS):
        active, left = np.arange(len(target)), params._replace(seed=np.full(len(target), seed))
        state, memory = environment.reset(left), policy.start(len(target), seed)
        for step in range(1, cap + 1):
            seen = environment.observe(left, state)
            action, memory = policy.act(seen, None, memory)
            state = environment.step(left, state, environment.project(seen, environment.decode(seen, action))).state
            fits = active[state.excess <= 1e-9]
            feasible[seed, fits] = np.minimum(feasible[seed, fits], step)
            done = state.cost <= target[active]
            met[seed, active[done]] = step
            active = active[~done]
            if not len(active):
                break
            left, state = tree.rows((left, state), ~done)
    return met.mean(0), feasible.mean(0)


def reference(options: argparse.Namespace, problem: Any, instances: Any) -> Any:
    """Costs [N] that PyVRP reaches."""
    kept = json.loads(options.keep.read_text()) if options.keep and options.keep.exists() else {}
    for i in range(options.n):
        if (key := f"{instances[i].digest()} {options.reference:g}") not in kept:
            routes = answer(PyVRP(), problem, instances[i], Search(Budget(cpu=options.reference)))
            kept[key] = float(problem.evaluate(instances[i], routes).objective[0])
            print(i, kept[key], file=sys.stderr, flush=True)
            if options.keep:
                options.keep.write_text(json.dumps(kept))
    return np.array([kept[f"{instances[i].digest()} {options.reference:g}"] for i in range(options.n)])


if __name__ == "__main__":
    main()
