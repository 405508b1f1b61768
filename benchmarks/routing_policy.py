"""Routing: how far the POMO policy is from the references, by decoding.

Usage: python benchmarks/routing_policy.py FOLDER [gaps] [decodings] [--policy RUN] [--sizes N ...] [--n N]

FOLDER holds ``uniform_cvrp{20,50,100}_seed1234.npz`` with ``..._reference.csv``. RUN is a training run, one of its
checkpoints or a stored policy; by default the policy that ships as ``pomo``. ``gaps`` plays all instances of a size as
one batch; ``decodings`` solves one after the other, with nearness and chance in the policy's place beside it.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from timing import print_tables, table  # isort: skip  (pins threads before numpy is imported)

import numpy as np
import pandas as pd
import torch

from headway import Budget, make_problem
from headway.contest.contestants import resolve
from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.learned.decoding import Decoding
from headway.domains.routing.learned.pomo_episodes import play, tables
from headway.domains.routing.learned.pomo_task import Floats, Task
from headway.solver import Search, answer

PROBLEM = "routing/cvrp"
DECODINGS: list[dict[str, Any]] = [
    {"mode": "greedy"}, {"mode": "starts"}, {"mode": "symmetry"}, {"mode": "sample", "samples": 128},
    {"mode": "sample", "samples": 128, "top": 0.9}, {"mode": "sample", "samples": 128, "temperature": 0.5},
    {"mode": "beam", "samples": 128}, {"mode": "active", "samples": 1280}, {"mode": "symmetry", "by": "near"},
    {"mode": "symmetry", "by": "random"},
]  # fmt: skip


def main() -> None:
    """Print the tables that the command line names."""
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--policy", default="pomo")
    parser.add_argument("--sizes", type=int, nargs="+", default=[20, 50, 100])
    parser.add_argument("--n", type=int, default=100, help="instances of each size")
    print_tables(parser, {"gaps": gaps, "decodings": decodings})


def gaps(options: argparse.Namespace) -> None:
    """One episode, all starts, eight copies of these."""
    rows = []
    for size in options.sizes:
        instances, reference = data(options, size)
        costs = batch(size, instances, loaded(options))
        cells = {name: f"{gap(cost, reference)} ({1000 * spent:.2g} ms)" for name, (cost, spent) in costs.items()}
        rows.append({"customers": size, "reference": f"{reference.mean():.4f}", **cells})
    table(rows, f"Mean gap (CPU time per instance), batches of {options.n} instances, no polish")


def decodings(options: argparse.Namespace) -> None:
    """Every mode of the solver, one instance at a time."""
    policy, sets = loaded(options), {size: data(options, size) for size in options.sizes}
    rows = []
    for knobs in DECODINGS:
        name = ", ".join(f"{key}={value}" for key, value in knobs.items())
        cells = {f"{size} customers": solved(size, *sets[size], Decoding(policy=policy, **knobs)) for size in sets}
        rows.append({"decoding": name, **cells})
    table(rows, f"Mean gap (CPU time), {options.n} instances one by one, no polish")


def data(options: argparse.Namespace, size: int) -> tuple[RoutingInstance, Floats]:
    """Instances of a size and their reference costs."""
    file = options.folder / f"uniform_cvrp{size}_seed1234.npz"
    instances = make_problem(PROBLEM, customers=size).load(file)[: options.n]
    return instances, pd.read_csv(file.with_name(file.stem + "_reference.csv"))["cost"].to_numpy(float)[: options.n]


def loaded(options: argparse.Namespace) -> Any:
    """The stored policy."""
    problem = make_problem(PROBLEM)
    return resolve(options.policy, problem).load(problem)


def gap(cost: Floats, reference: Floats) -> str:
    """Of the means, in per cent."""
    return f"{100 * (cost.mean() / reference.mean() - 1):.2f} %"


def batch(size: int, instances: RoutingInstance, policy: Any) -> dict[str, tuple[Floats, float]]:
    """Lengths [B] and CPU-seconds per instance of the three usual decodings."""
    environment = make_problem(PROBLEM, customers=size).environment()
    one, starts = np.zeros((len(instances), 1), np.int64), np.tile(np.arange(1, size + 1), (len(instances), 1))

    def lengths(of: RoutingInstance, first: Any) -> Floats:
        params = environment.prepare(of)
        keys = np.zeros(first.shape, np.uint64)
        shortest: Floats = play(Task.of(params), tables(params, policy.network), first, keys).length.min(1)
        return shortest

    lengths(instances[:1], one[:1])  # compiled before the clock starts
    work = {
        "single": lambda: lengths(instances, one),
        "all starts": lambda: lengths(instances, starts),
        "all starts, eight copies": lambda: np.min(
            [lengths(copy, starts) for copy in environment.symmetries(instances)], axis=0
        ),
    }
    out = {}
    for name, job in work.items():
        began = time.process_time()
        out[name] = job(), (time.process_time() - began) / len(instances)
    return out


def solved(size: int, instances: RoutingInstance, reference: Floats, solver: Decoding) -> str:
    """Gap and CPU time of a solver without a limit, every answer scored by the problem."""
    problem = make_problem(PROBLEM, customers=size)
    costs, spent = [], 0.0
    answer(solver, problem, instances[0], Search(Budget(cpu=1.0)))
    for number in range(len(instances)):
        instance = instances[number]
        search: Search[Any] = Search(Budget(cpu=3600.0), seed=number)
        verdict = problem.evaluate(instance, answer(solver, problem, instance, search))
        assert verdict.feasible[0]
        costs.append(float(verdict.objective[0]))
        spent += search.spent
    return f"{gap(np.array(costs), reference)} ({1000 * spent / len(instances):.3g} ms)"


if __name__ == "__main__":
    main()
