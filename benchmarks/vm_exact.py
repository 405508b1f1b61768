"""VM rescheduling: the exact method on counts of interchangeable VMs, the textbook program, and hand-made searches.

``python benchmarks/vm_exact.py [optima] [formulation] [anytime] [rich] [--data FOLDER] [--n N] [--keep FILE]``; all
tables by default. One thread, CPU-seconds; every plan is scored by the problem. Snapshots are the CSV files of a folder
that are named in a table of optima, by default those of the tests; others are generated (test split).
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from timing import print_tables, table  # isort: skip  (pins threads before numpy is imported)

import numpy as np

from headway.domains.vm_rescheduling.classical.beam import Beam
from headway.domains.vm_rescheduling.classical.greedy import Greedy, ShapedGreedy
from headway.domains.vm_rescheduling.classical.lns import LNS
from headway.domains.vm_rescheduling.classical.pop import POP
from headway.domains.vm_rescheduling.cluster.instance import Snapshot
from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.exact.contestants import Exact
from headway.domains.vm_rescheduling.exact.per_vm import ExactPerVM
from headway.domains.vm_rescheduling.files.snapshot_csv import read_snapshot
from headway.domains.vm_rescheduling.rescheduling.problem import Rescheduling
from headway.solver import Budget, Search, Solver

DATA = Path(__file__).parents[1] / "tests/domains/vm_rescheduling/data"
PROVEN = 1e-6
ENGINES: dict[str, Solver[Any, Any]] = {
    "greedy": Greedy(),
    "shaped greedy": ShapedGreedy(),
    "race": Exact(),
    **{engine: Exact(engines=(engine,)) for engine in ("cbc", "highs", "cp_sat")},
}
MIXED: dict[str, Any] = {"machines": 280, "limit": 0.05}
RICH: dict[str, dict[str, Any]] = {
    "cpu16 + memory64, 19 flavours": {"fragments": {"cpu16": 0.5, "memory64": 0.5}, "flavors": "ecs_memory"},
    "cpu16 + cpu64x2": {"fragments": {"cpu16": 0.5, "cpu64x2": 0.5}},
    "affinity 30 %": {"affinity": 0.3},
}


def main() -> None:
    """Print the tables named on the command line, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of snapshots, with its subfolders")
    parser.add_argument("--optima", type=Path, help="their table; snapshot_optima.csv of the folder by default")
    parser.add_argument("--n", type=int, default=2, help="generated snapshots of a kind")
    parser.add_argument("--seconds", type=float, nargs="*", default=[1.0, 5.0, 60.0], help="budgets of the table rich")
    parser.add_argument("--cap", type=float, default=600.0, help="CPU-seconds that the textbook program may take")
    parser.add_argument("--keep", type=Path, help="a file that keeps what has been run")
    print_tables(parser, {"optima": optima, "formulation": formulation, "anytime": anytime, "rich": rich})


def optima(options: argparse.Namespace) -> None:
    """Optimum, proof and time on all snapshots, both limits."""
    rows: list[dict[str, object]] = []
    for name, snapshot, known in [*_files(options), *_hard(options)]:
        run = _run(options, Rescheduling(), snapshot, name, "race", Exact(), 60.0)
        same = "" if known is None else "yes" if abs(run["objective"] - known) < 1e-5 else "NO"
        rows.append({"snapshot": name, "limit": int(snapshot.limit[0]), "fragment rate": f"{run['objective']:.6f}",
                     "proven": _proven(run), "as in the table": same, "CPU-s": f"{run['cpu']:.2f}",
                     "wall s": f"{run['wall']:.2f}"})  # fmt: skip
    slowest = max(rows, key=lambda row: float(str(row["CPU-s"])))
    table(rows, f"Exact race: {sum(row['proven'] == 'yes' for row in rows)} of {len(rows)} proven, "
                f"the slowest in {slowest['CPU-s']} CPU-s")  # fmt: skip


def formulation(options: argparse.Namespace) -> None:
    """The same optimum from counts and from a binary per VM and node, by CBC."""
    rows: list[dict[str, object]] = []
    for name, snapshot, _ in _files(options):
        if not name.startswith("cal") or not name.endswith("_s0") or snapshot.machines > 100:
            continue
        race, cbc, textbook = (
            _run(options, Rescheduling(), snapshot, name, label, solver, options.cap)
            for label, solver in (("race", Exact()), ("cbc", Exact(engines=("cbc",))), ("per VM", ExactPerVM()))
        )
        more = "" if _proven(textbook) == "yes" else "> "
        rows.append({"snapshot": name, "limit": int(snapshot.limit[0]), "counts, race, CPU-s": f"{race['cpu']:.2f}",
                     "counts, CBC, CPU-s": f"{cbc['cpu']:.2f}", "per VM, CBC, CPU-s": f"{textbook['cpu']:.1f}",
                     "proven": f"{_proven(race)}, {_proven(cbc)}, {_proven(textbook)}",
                     "per VM / race": more + f"{textbook['cpu'] / race['cpu']:.0f}"})  # fmt: skip
    table(rows, "Formulation: CPU-seconds to the proven optimum")


def anytime(options: argparse.Namespace) -> None:
    """Mean fragment rate by budget: the race beside its engines alone, and greedy."""
    chosen = [case for case in _files(options) if case[1].machines >= 100] or list(_files(options))
    cases = [*chosen[1::2], *_hard(options)]
    rows: list[dict[str, object]] = []
    for label, solver in ENGINES.items():
        row: dict[str, object] = {"contestant": label}
        for budget in (0.1, 0.3, 1.0, 5.0):
            runs = [_run(options, Rescheduling(), snapshot, name, label, solver, budget) for name, snapshot, _ in cases]
            proven = sum(_proven(run) == "yes" for run in runs)
            row[f"{budget:g} s"] = f"{np.mean([run['objective'] for run in runs]):.4f} ({proven})"
        rows.append(row)
    table(rows, f"Anytime: mean fragment rate of {len(cases)} snapshots at CPU-second budgets (and how many proven)")


def rich(options: argparse.Namespace) -> None:
    """Mixed fragments and anti-affinity at 280 machines, limit 5 %: incumbents by budget, and bounds."""
    rows: list[dict[str, object]] = []
    solvers = {"greedy": Greedy(), "shaped greedy": ShapedGreedy(), "beam": Beam(), "POP": POP(), "LNS": LNS(),
               "exact race": Exact()}  # fmt: skip
    for kind, setting in RICH.items():
        problem = Rescheduling(**MIXED, **setting)
        drawn = problem.instances("test", options.n)
        for label, solver in solvers.items():
            row: dict[str, object] = {"variant": kind, "contestant": label}
            for budget in options.seconds:
                runs = [
                    _run(options, problem, drawn[i], f"{kind} {i}", label, solver, budget) for i in range(options.n)
                ]
                row[f"{budget:g} s"] = f"{np.mean([run['objective'] for run in runs]):.4f}"
            bounds = [run["bound"] for run in runs if run["bound"] is not None]
            row["bound"] = f"{np.mean(bounds):.4f}" if bounds else ""
            rows.append(row)
    table(rows, f"Constraint-rich, 280 machines, limit 5 %: mean objective of {options.n} snapshots by CPU-seconds")


# -- cases and runs -------------------------------------------------------------------------------
def _files(options: argparse.Namespace) -> Iterator[tuple[str, Snapshot, float | None]]:
    """Name, snapshot and known optimum of each row of the table whose file is there."""
    listed = options.optima or options.data / "snapshot_optima.csv"
    files = {path.stem: path for path in options.data.rglob("*.csv")}
    with listed.open() as rows:
        for row in csv.DictReader(rows):
            if row["instance"] in files:
                path, limit, machines = files[row["instance"]], float(row["mnl"]), int(row["pms"])
                yield row["instance"], read_snapshot(path, limit=limit, machines=machines), float(row["opt_fr"])


def _hard(options: argparse.Namespace) -> Iterator[tuple[str, Snapshot, float | None]]:
    """Clusters that are 93 % full, limit 5 %: CBC alone proves nothing there."""
    drawn = Rescheduling(machines=280, utilisation=0.93, limit=0.05).instances("test", options.n)
    for i in range(options.n):
        yield f"280 machines, 93 % full, {i}", drawn[i], None


def _run(
    options: argparse.Namespace, problem: Rescheduling, snapshot: Snapshot, name: str, label: str,
    solver: Solver[Any, Any], budget: float,
) -> dict[str, Any]:  # fmt: skip
    """One run: the last plan and the best bound reported within the budget; kept in a file where one is named."""
    key = f"{name} | {int(snapshot.limit[0])} | {label} | {budget:g}"
    kept = json.loads(options.keep.read_text()) if options.keep and options.keep.exists() else {}
    if key not in kept:
        _load(problem, solver)
        plans: list[tuple[float, Any]] = [(0.0, Plan.of([]))]
        bounds: list[tuple[float, float]] = []
        search = Search(
            Budget(cpu=budget),
            report=lambda plan, seconds: plans.append((seconds, plan)),
            report_bound=lambda value, seconds: bounds.append((seconds, value)),
        )
        began = time.perf_counter()
        last = solver.solve(problem, snapshot, search)
        wall, cpu = time.perf_counter() - began, search.spent
        scored = problem.evaluate(snapshot, [plan for seconds, plan in [*plans, (cpu, last)] if seconds <= budget][-1])
        if not scored.feasible.all():
            raise SystemExit(f"an infeasible plan: {key}: {scored.violations}")
        kept[key] = {
            "objective": float(scored.objective[0]),
            "bound": max((value for seconds, value in bounds if seconds <= budget), default=None),
            "cpu": cpu,
            "wall": wall,
        }
        print(key, kept[key], file=sys.stderr, flush=True)
        if options.keep:
            options.keep.write_text(json.dumps(kept, indent=1))
    return dict(kept[key])


@lru_cache
def _small(objective: str) -> Snapshot:
    return Rescheduling(machines=4, objective=objective).instances("train", 1)


def _load(problem: Rescheduling, solver: Solver[Any, Any]) -> None:
    """Have compiled code loaded: budgets begin when that is done."""
    solver.solve(problem, _small(problem.objective), Search(Budget(cpu=0.2)))


def _proven(run: dict[str, Any]) -> str:
    return "yes" if run["bound"] is not None and run["objective"] <= run["bound"] + PROVEN else "no"


if __name__ == "__main__":
    main()
