"""The class policy: trained in two minutes, then beside the exact race, with its ablations, where it should be easy and
where it should be hard.

``python benchmarks/vm_policy.py [base] [shift] [tight] [rich] [--seeds N] [--instances N] [--proof SECONDS]
[--keep FOLDER]``; all tables by default. One thread, CPU-seconds. Policies are trained on training instances and used
as they are after the last update; test instances are seen once. References are the exact race's, run until it proves
the optimum or for ``--proof`` seconds.
The same code with the policy replaced by greed (``fragment``) and by chance (``random``) stands below each learned row.
``--keep`` remembers trained policies and references.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from timing import print_tables, table  # isort: skip  (pins threads before numpy is imported)

import numpy as np
from numpy.typing import NDArray

from headway import make_problem
from headway.contest.chance import RandomPolicy
from headway.domains.vm_rescheduling.exact.optimise import optimise
from headway.domains.vm_rescheduling.learned.hybrid import Hybrid
from headway.domains.vm_rescheduling.learned.sampling import Sampling
from headway.pipelines.agents.reinforce import Reinforce
from headway.solver import Budget, Search
from headway.storage.stored import load_policy, save_policy

Floats = NDArray[np.float64]
Rows = list[dict[str, object]]

NAME = "vm_rescheduling/rescheduling"
# Chosen by seed 0 on validation instances.
AGENT: dict[str, Any] = {"batch": 20, "rollouts": 20, "shaping": 0.4, "shaped": 0.85}
TRAINED: dict[str, dict[str, Any]] = {
    "calibrated": {"machines": 80, "fewest": 20, "limit": (0.015, 0.075)},
    "ecs": {"machines": 80, "fewest": 20, "utilisation": (0.78, 0.94), "placement": "any", "limit": (0.01, 0.09)},
    "azure": {"flavors": "azure", "machines": 40, "fewest": 20, "utilisation": (0.86, 0.99), "placement": "any",
              "limit": (0.01, 0.06)},
    "memory": {"flavors": "ecs_memory", "fragments": {"cpu16": 0.5, "memory64": 0.5}, "machines": 80, "fewest": 30,
               "limit": (0.02, 0.07)},
    "wide": {"fragments": {"cpu16": 0.5, "cpu64x2": 0.5}, "machines": 80, "fewest": 30, "limit": (0.02, 0.07)},
}  # fmt: skip
MEANING = {"calibrated": "clusters of this kind", "ecs": "all kinds of clusters", "azure": "Azure's flavours"}
STEPS = {
    "calibrated": 18_000_000,
    "ecs": 27_000_000,
    "azure": 10_000_000,
    "memory": 8_000_000,
    "wide": 14_000_000,
}  # at most two minutes each


def main() -> None:
    """Print the tables named on the command line, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="training seeds")
    parser.add_argument("--instances", type=int, default=8, help="test instances of a setting")
    parser.add_argument("--proof", type=float, default=60.0, help="CPU-seconds for a reference")
    parser.add_argument("--keep", type=Path, default=None, help="folder of trained policies and references")
    print_tables(parser, {"base": base, "shift": shift, "tight": tight, "rich": rich})


# -- training -------------------------------------------------------------------------------------
def trained(family: str, options: argparse.Namespace) -> Iterator[tuple[int, Any]]:
    """Seed and policy of each training run."""
    for seed in range(options.seeds):
        folder = options.keep / f"{family}_{seed}" if options.keep else None
        if folder and folder.exists():
            yield seed, load_policy(folder)
            continue
        began, problem = time.process_time(), make_problem(NAME, **TRAINED[family])
        trainer = Reinforce(**AGENT).trainer(
            problem.environment(), problem.network("classes"), seed=seed, steps=STEPS[family]
        )
        while trainer.steps < trainer.total:
            trainer.advance()
        seconds = time.process_time() - began
        print(f"{family}, seed {seed}: {trainer.updates} updates, {seconds:.0f} CPU-s", file=sys.stderr, flush=True)
        policy = trainer.policy()
        if folder:
            save_policy(policy, folder)
            remember(options, "training", {f"{family}_{seed}": round(seconds, 1)})
        yield seed, policy


# -- scoring --------------------------------------------------------------------------------------
class Scored(NamedTuple):
    """Objectives and CPU-seconds of a contestant on a setting's instances."""

    objective: Floats
    seconds: Floats


class Setting(NamedTuple):
    """Test instances, what is proven of them (or the best found), and the bounds."""

    label: str
    problem: Any
    instances: Any
    best: Floats
    bound: Floats


def setting(options: argparse.Namespace, label: str, n: int, **knobs: Any) -> Setting:
    """A setting with its references, from what is kept if it is."""
    problem = make_problem(NAME, **knobs)
    instances = problem.instances("test", n)
    known = recall(options, "references")
    for b in range(n):
        if instances[b].digest() not in known:
            began = time.process_time()
            found = optimise(instances[b], problem.terms, seconds=options.proof)
            spent = time.process_time() - began
            print(
                f"{label}, {b}: {found.objective:.4f}, bound {found.bound:.4f}, {spent:.1f} s",
                file=sys.stderr,
                flush=True,
            )
            known = remember(options, "references", {instances[b].digest(): [found.objective, found.bound, spent]})
    best, bound, _ = np.array([known[instances[b].digest()] for b in range(n)]).T
    return Setting(label, problem, instances, best, np.minimum(best, bound))


def scored(given: Setting, solver: Any, cpu: float) -> Scored:
    """Every instance solved within ``cpu`` seconds; answers are feasible."""
    problem, n = given.problem, len(given.instances)
    objective, seconds = np.zeros(n), np.zeros(n)
    solver.solve(problem, given.instances[0], Search(Budget(cpu=0.05)))  # compiled code is loaded
    for b in range(n):
        began = time.process_time()
        plan = solver.solve(problem, given.instances[b], Search(Budget(cpu=cpu)))
        seconds[b] = time.process_time() - began
        verdict = problem.evaluate(given.instances[b], plan)
        if not verdict.feasible.all():
            raise SystemExit(f"an infeasible plan: {verdict.violations}")
        objective[b] = verdict.objective[0]
    return Scored(objective, seconds)


def contestants(
    family: str, options: argparse.Namespace, cpu: float, *, hybrid: bool, timed: bool
) -> Iterator[tuple[str, object, Any]]:
    """Label, training seed and solver: hand rules once, learned rows for each seed."""
    samples = {"K = 1": 0, "K = 16": 16, "K = 256": 256} | ({f"K in {cpu:g} s": 10**9} if timed else {})
    for seed, policy in trained(family, options):
        for label, number in samples.items():
            yield f"policy, {label}", seed, Sampling(policy=policy, samples=number)
        if hybrid:
            yield f"hybrid, {cpu:g} s", seed, Hybrid(policy=policy)
            yield f"hybrid, first subset, {cpu:g} s", seed, Hybrid(policy=policy, grow=False)
    chance: Any = RandomPolicy()
    for by in ("fragment", "random"):
        for label, number in samples.items():
            yield f"{by}, {label}", "", Sampling(policy=chance, samples=number, by=by)
        if hybrid:
            yield f"hybrid, {by}, {cpu:g} s", "", Hybrid(policy=chance, rank=by)
            yield f"hybrid, {by}, first subset, {cpu:g} s", "", Hybrid(policy=chance, rank=by, grow=False)
    problem = make_problem(NAME)
    yield "greedy", "", problem.baseline("greedy")
    yield "shaped greedy", "", problem.baseline("shaped_greedy")
    yield f"exact race, {cpu:g} s", "", problem.baseline("exact")


def compared(
    given: list[Setting],
    family: str,
    options: argparse.Namespace,
    cpu: float,
    *,
    hybrid: bool,
    timed: bool = False,
    against: Literal["best", "bound"] = "best",
    race: Floats | None = None,
) -> Rows:
    """A row per contestant: gap over all settings (ratio of means), the worst setting's, how often there is none; how
    often it is no worse than ``race``.
    """
    rows: Rows = []
    for label, seed, solver in contestants(family, options, cpu, hybrid=hybrid, timed=timed):
        got = [scored(one, solver, cpu) for one in given]
        objective = np.concatenate([one.objective for one in got])
        references = [getattr(where, against) for where in given]
        reference = np.concatenate(references)
        means = [(one.objective.mean(), known.mean()) for one, known in zip(got, references, strict=True)]
        excess = [ours - theirs for ours, theirs in means]
        ratios = [100 * (ours - theirs) / max(theirs, 1e-12) for ours, theirs in means]
        worst = int(np.argmax(ratios))
        seconds = 1000 * np.concatenate([one.seconds for one in got])
        row: dict[str, object] = {"contestant": label, "seed": seed, "FR": f"{objective.mean():.4f}"}
        row |= {"gap": f"{100 * (objective.mean() / reference.mean() - 1):.2f} %"}
        row |= {
            "worst setting": f"{ratios[worst]:.1f} % ({given[worst].label})",
            "most above, FR": f"{max(excess):.4f}",
        }
        row |= {"equal": f"{100 * np.mean(objective < reference + 1e-6):.0f} %"}
        if race is not None:
            row |= {"no worse than the race in 5 s": f"{100 * np.mean(objective < race + 1e-6):.0f} %"}
        rows.append(row | {"ms, mean": f"{seconds.mean():.1f}", "ms, most": f"{seconds.max():.1f}"})
        print(rows[-1], file=sys.stderr, flush=True)
    return rows


# -- tables ---------------------------------------------------------------------------------------
def base(options: argparse.Namespace) -> None:
    """280 machines, fresh snapshots, against the proven optimum."""
    for limit in (0.025, 0.05):
        given = setting(options, f"MNL {100 * limit:g} %", options.instances, machines=280, limit=limit)
        for family in ("calibrated", "ecs"):
            rows = compared([given], family, options, 1.0, hybrid=False)
            title = f"280 machines, MNL {100 * limit:g} %, {len(given.best)} snapshots: optimum {given.best.mean():.4f}"
            table(rows, f"{title}; trained on {MEANING[family]}")
        _check(given)


def shift(options: argparse.Namespace) -> None:
    """Other utilisation, placement, limits and sizes; one policy for all of them."""
    rules, limits, sizes = ("mixed", "best_fit", "random", "first_fit"), (0.01, 0.025, 0.05, 0.08), (20, 50, 100, 280)
    given, n = [], max(2, options.instances // 2)
    for row, used in enumerate((0.78, 0.84, 0.90, 0.94)):
        for column, limit in enumerate(limits):
            knobs = {
                "utilisation": used,
                "limit": limit,
                "placement": rules[(column + row) % 4],
                "machines": sizes[(3 * column + row) % 4],
            }
            label = " ".join(str(value) for value in knobs.values())
            given.append(setting(options, label, n, **knobs))
    for used, limit, rule in ((0.93, 0.05, "mixed"), (0.86, 0.025, "best_fit")):
        knobs = {"utilisation": used, "limit": limit, "placement": rule, "machines": 1176}
        given.append(setting(options, " ".join(map(str, knobs.values())), 2, **knobs))
    rows = compared(given, "ecs", options, 1.0, hybrid=True)
    table(rows, f"Shift: {len(given)} settings of utilisation, limit, placement and machines")


def tight(options: argparse.Namespace) -> None:
    """Azure's flavours, nearly full and not: what counting slots allows is the bound."""
    common: dict[str, Any] = {"flavors": "azure", "limit": 0.025}
    loose, full = (
        [
            setting(options, f"azure {used} {m}", options.instances, machines=m, utilisation=used, **common)
            for m in sizes
        ]
        for used, sizes in ((0.88, (50, 100)), (0.985, (20, 50, 100)))
    )
    for family in ("azure", "ecs"):
        table(
            compared(full, family, options, 0.1, hybrid=False, against="bound"),
            f"Azure's flavours, 98.5 % used, MNL 2.5 %, 0.1 s: gap to the bound; trained on {MEANING[family]}",
        )
        table(
            compared(loose, family, options, 1.0, hybrid=True),
            f"Azure's flavours, 88 % used, MNL 2.5 %; trained on {MEANING[family]}",
        )


def rich(options: argparse.Namespace) -> None:
    """Constraint-rich settings at MNL 5 %, against the bound of a minute; within 1 s and 5 s."""
    n = max(2, options.instances // 2)
    kinds: Mapping[str, tuple[str, dict[str, Any]]] = {
        "cores and memory, 19 flavours": (
            "memory",
            {"flavors": "ecs_memory", "fragments": {"cpu16": 0.5, "memory64": 0.5}},
        ),
        "FR-16 and FR-64": ("wide", {"fragments": {"cpu16": 0.5, "cpu64x2": 0.5}}),
        "anti-affinity 30 %": ("ecs", {"affinity": 0.3}),
    }
    for label, (family, knobs) in kinds.items():
        given = setting(options, label, n, machines=280, limit=0.05, **knobs)
        race = scored(given, given.problem.baseline("exact"), 5.0)
        rows = compared([given], family, options, 1.0, hybrid=True, timed=True, against="bound", race=race.objective)
        gap = 100 * (race.objective.mean() / given.bound.mean() - 1)
        print(f"\n{label}: exact race at 5 s {race.objective.mean():.4f}, {gap:.2f} % above the bound")
        table(rows, f"{label}: 280 machines, MNL 5 %, {n} snapshots; bound {given.bound.mean():.4f}")


def _check(given: Setting) -> None:
    open_ = int((given.best > given.bound + 1e-6).sum())
    if open_:
        print(f"\nNot proven: {open_} of {len(given.best)}.")


# -- what is kept ---------------------------------------------------------------------------------
_MEMORY: dict[str, dict[str, Any]] = {}


def recall(options: argparse.Namespace, name: str) -> dict[str, Any]:
    """What is known under a name."""
    file = options.keep / f"{name}.json" if options.keep else None
    if name not in _MEMORY:
        _MEMORY[name] = json.loads(file.read_text()) if file and file.exists() else {}
    return _MEMORY[name]


def remember(options: argparse.Namespace, name: str, more: Mapping[str, Any]) -> dict[str, Any]:
    """The same with ``more``, kept if there is a folder."""
    known = recall(options, name)
    known.update(more)
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
        (options.keep / f"{name}.json").write_text(json.dumps(known))
    return known


if __name__ == "__main__":
    main()
