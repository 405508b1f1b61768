"""Plans for a living cluster by planning time: the fragment rate that is left when the plan is carried out.

``python benchmarks/vm_live.py [NAME ...] [--machines N] [--snapshots N] [--limit SHARE] [--policies RUN ...]
[--keep FILE] [--picture FILE]``; by default all solvers of `rescheduling` but the textbook program, and its policies.
One thread. Every contestant gets each snapshot once and thinks for up to 5 CPU-seconds, without seeing what happens
meanwhile. With planning time T its last plan by then is carried out T seconds after the snapshot was taken, also where
it was there before; beyond 5 seconds the delay is virtual. The last column carries plans out as soon as they are
complete.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from timing import table  # isort: skip  (pins threads before numpy is imported)

import numpy as np

from headway import Policy, make_problem, rollout
from headway.components import givens
from headway.contest.chance import RandomPolicy
from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.domains.vm_rescheduling.live.evaluate import Living
from headway.domains.vm_rescheduling.live.plan import LivePlan
from headway.domains.vm_rescheduling.rescheduling.evaluate import mixed
from headway.problem import lookup
from headway.solver import Budget, Search
from headway.storage.stored import load_policy

TIMES = (0.1, 0.3, 1.0, 5.0, 20.0, 60.0, 300.0)  # seconds
THINKING = 5.0
TOO_SLOW = {"exact_per_vm"}  # minutes, at this size
ABLATED = {"sampling": "by", "hybrid": "rank"}  # the option that puts something else in the policy's place
SHOWN = {
    "rate": "Fragment rate right after the plan",
    "objective": "The same, less what the rate has changed by itself since second 0",
    "late": "Migrations that came too late",
}
Finder = Callable[[Any, Any], list[tuple[float, Plan]]]  # frozen problem, snapshot -> better and better plans
Measured = dict[str, Any]


def main() -> None:
    """Measure, print the tables, and draw the picture."""
    options = arguments()
    problem = make_problem("vm_rescheduling/rescheduling_live", machines=options.machines, limit=options.limit)
    kept: Measured = json.loads(options.keep.read_text()) if options.keep and options.keep.exists() else {}
    instance = problem.instances("test", options.snapshots)
    shown: Measured = {"no plan": nothing(problem, instance)}
    for name, finder in finders(problem, options).items():
        key = f"{name}, {options.machines} machines, limit {options.limit}, {options.snapshots} snapshots"
        if key not in kept:
            kept[key] = measured(problem, instance, finder)
            if options.keep:
                options.keep.write_text(json.dumps(kept, indent=1))
        shown[name] = kept[key]
        print(key, shown[name], file=sys.stderr, flush=True)
    for what, title in SHOWN.items():
        rows = [row(name, results, what) for name, results in shown.items()]
        table(rows, f"{title}, by planning time (mean of {options.snapshots} snapshots of {options.machines} machines)")
    if options.picture:
        draw(shown, options.picture)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="only these: solvers of rescheduling, policies, random")
    parser.add_argument("--machines", type=int, default=280)
    parser.add_argument("--snapshots", type=int, default=8)
    parser.add_argument("--limit", type=float, default=0.025)
    parser.add_argument("--policies", type=Path, nargs="*", default=[], help="folders of training runs")
    parser.add_argument("--keep", type=Path, help="JSON file of finished contestants")
    parser.add_argument("--picture", type=Path, help="PNG file")
    return parser.parse_args()


# -- contestants ----------------------------------------------------------------------------------
def finders(problem: Any, options: argparse.Namespace) -> dict[str, Finder]:
    """The contestants by name; beside those that are handed a policy, a hand rule and chance in its place."""
    frozen = problem.frozen
    policies: dict[str, Policy] = {name: frozen.policy(name) for name in frozen.policies}
    policies |= {path.name: load_policy(path / "policy") for path in options.policies}
    entered: dict[str, Finder] = {}
    for name in frozen.baselines:
        if "policy" not in givens(lookup("contestant", name, frozen.baselines)):
            entered[name] = solving(frozen.contestant(name, {}, where=name))
            continue
        handed: dict[str, tuple[Policy, dict[str, str]]] = {who: (policy, {}) for who, policy in policies.items()}
        handed |= {by: (RandomPolicy(), {ABLATED[name]: by}) for by in ("fragment", "random") if name in ABLATED}
        for who, (policy, knobs) in handed.items():
            entered[f"{name}({who})"] = solving(frozen.contestant(name, knobs, where=name, policy=policy))
    if policies:
        entered |= {name: acting(policy) for name, policy in (policies | {"random": RandomPolicy()}).items()}
    return {name: entered[name] for name in options.names or entered if name not in TOO_SLOW}


def solving(solver: Any) -> Finder:
    """Incumbents of a solver, with the CPU-seconds at which they came, and the last plan when it stops."""

    def find(frozen: Any, snapshot: Any) -> list[tuple[float, Plan]]:
        found: list[tuple[float, Plan]] = []
        report = Search(Budget(cpu=THINKING), report=lambda plan, seconds: found.append((seconds, plan)))
        last = solver.solve(frozen, snapshot, report)
        return found if last is None else [*found, (report.spent, last)]

    return find


def acting(policy: Policy) -> Finder:
    """The one plan of a policy."""

    def find(frozen: Any, snapshot: Any) -> list[tuple[float, Plan]]:
        began = time.process_time()
        plan = rollout(frozen.environment(policy.environment), policy, snapshot).solution
        return [(time.process_time() - began, plan)]  # type: ignore[list-item]

    return find


# -- measuring ------------------------------------------------------------------------------------
def measured(problem: Any, instance: Any, finder: Finder) -> Measured:
    """Means over the snapshots: of each figure by planning time, and as soon as plans are complete."""
    small = make_problem(problem.name, machines=4)
    finder(small.frozen, small.instances("tuning", 1).snapshot)  # first calls and compilation are off the clock
    answers = [finder(problem.frozen, instance[row].snapshot) for row in range(len(instance))]
    out: Measured = {what: [] for what in SHOWN}
    for planning in (*TIMES, None):
        chosen = [at(found, planning) for found in answers]
        scores = scored(problem, instance, chosen)
        for what in SHOWN:
            out[what].append(scores[what])
    return out | {"seconds": float(np.mean([found[-1][0] for found in answers]))}


def at(found: list[tuple[float, Plan]], planning: float | None) -> tuple[float, Plan]:
    """When the plan is carried out, and which: the last one found in time."""
    if planning is None:
        return found[-1]
    return planning, next((plan for seconds, plan in reversed(found) if seconds <= planning), Plan.of([]))


def scored(problem: Any, instance: Any, chosen: list[tuple[float, Plan]]) -> dict[str, float]:
    """Means of the scorer's figures. Where there is no plan in time, the rate at that second is that without one."""
    plans = LivePlan.concat([LivePlan.stamped(plan, seconds) for seconds, plan in chosen])
    evaluation = problem.evaluate(instance, plans)
    if not evaluation.feasible.all():
        raise SystemExit(f"an infeasible plan: {evaluation.violations}")
    rate = np.array([
        evaluation.metrics["rate"][row] if plan.length[0] else idle(problem, instance, row, seconds)
        for row, (seconds, plan) in enumerate(chosen)
    ])  # fmt: skip
    late = evaluation.metrics["late"]
    return {"rate": float(rate.mean()), "objective": float(evaluation.objective.mean()), "late": float(late.mean())}


def idle(problem: Any, instance: Any, row: int, seconds: float) -> float:
    """The rate without a plan."""
    world = Living(instance, row)
    world.live(seconds)
    return mixed(world, problem.terms)


def nothing(problem: Any, instance: Any) -> Measured:
    """What becomes of the clusters without a plan."""
    scores = [scored(problem, instance, [(seconds, Plan.of([]))] * len(instance)) for seconds in (*TIMES, 0.0)]
    return {what: [score[what] for score in scores] for what in SHOWN} | {"seconds": 0.0}


# -- showing --------------------------------------------------------------------------------------
def row(name: str, results: Measured, what: str) -> dict[str, object]:
    """One line of a table."""
    digits = ".1f" if what == "late" else ".4f"
    cells = {f"{seconds:g} s": f"{value:{digits}}" for seconds, value in zip(TIMES, results[what], strict=False)}
    return {"contestant": name} | cells | {"when ready": f"{results[what][-1]:{digits}} ({results['seconds']:.3f} s)"}


def draw(shown: Measured, path: Path) -> None:
    """The rates by planning time as a PNG."""
    from matplotlib.figure import Figure

    picture = Figure(figsize=(10, 4.5), layout="constrained")
    axes = picture.subplots()
    for number, (name, results) in enumerate(shown.items()):
        style = {"color": f"C{(number - 1) % 10}", "linestyle": "-" if number <= 10 else ":", "marker": "."}
        style = {"color": "0.6", "linestyle": "--"} if name == "no plan" else style
        axes.plot(TIMES, results["rate"][: len(TIMES)], label=name, **style)
    axes.set(xscale="log", xticks=TIMES, xticklabels=[f"{seconds:g}" for seconds in TIMES])
    axes.minorticks_off()
    axes.set(xlabel="planning time, seconds", ylabel="fragment rate right after the plan", ylim=(0, None))
    picture.legend(frameon=False, loc="outside right center")
    picture.savefig(path, dpi=150)


if __name__ == "__main__":
    main()
