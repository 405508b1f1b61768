"""Two-stage policies for VM rescheduling: latency of the tree-attention network, learning curves, plans.

``python benchmarks/vm_two_stage.py [latency] [learning] [plans] [--seeds N] [--steps N] [--keep FILE]``; all tables by
default. One thread, CPU-seconds. Networks are trained on generated snapshots of 50 machines; the weights that are best
on 24 validation snapshots are scored once on test snapshots, which nothing else sees. ``--keep`` remembers finished
runs.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from timing import print_tables, table  # isort: skip  (pins threads before numpy is imported)

import numpy as np
import torch

from headway import make_problem, rollout
from headway.contest.chance import RandomPolicy
from headway.pipelines.agents.imitation import Imitation
from headway.pipelines.agents.ppo import MaskablePPO
from headway.pipelines.agents.two_stage import TwoStagePPO
from headway.solver import Budget, Search
from headway.storage.stored import Description, StoredPolicy

Rows = list[dict[str, object]]

LIMITS = (0.025, 0.05)  # migrations per VM
TESTS = {50: 32, 280: 8}  # machines: test snapshots
AGENTS: dict[str, Callable[[], Any]] = {
    "two_stage_ppo": TwoStagePPO,
    "maskable_ppo": lambda: MaskablePPO(num_envs=64, batch=512),  # 256 migrations, as above
    "imitation of exact": lambda: Imitation(teacher="exact"),
}
WARM = "imitation, then two_stage_ppo"
TAUGHT = 20_000  # sub-steps of imitation before anything else
SHORT, POLISH = 40_000, 24_000  # sub-steps of training at 2.5 %, and after imitation
PUBLISHED = 315.0  # ms per migration of VMR2L's released network on one thread (279 machines, 2,089 VMs)


def main() -> None:
    """Print the tables named on the command line, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="training seeds")
    parser.add_argument("--steps", type=int, default=60_000, help="sub-steps of each training run at MNL 5 percent")
    parser.add_argument("--keep", type=Path, help="JSON file of finished runs")
    print_tables(parser, {"latency": latency, "learning": learning, "plans": plans})


def latency(options: argparse.Namespace) -> None:
    """CPU-milliseconds of each sub-step, observation and mask included apart."""
    rows: Rows = []
    for machines in (50, 280, 1176):
        problem = cluster(machines, 0.025)
        environment, policy = problem.environment(), untrained(problem)
        params = environment.prepare(problem.instances("test", 1))
        state = environment.reset(params)
        spent: dict[str, float] = {}
        for stage in ("which VM", "which node"):
            observation, mask = environment.observe(params, state), environment.mask(params, state)
            spent[f"{stage}, ms"] = best(lambda policy=policy, seen=observation, mask=mask: policy.act(seen, mask))
            action = policy.act(observation, mask)[0]
            state = environment.step(params, state, np.where(mask[:, 0], np.maximum(action, 1), action)).state
        both = sum(spent.values())
        real = int(problem.instances("test", 1).real.sum())
        row: dict[str, object] = {"machines": machines, "VMs": real}
        rows.append(row | {k: f"{v:.2f}" for k, v in spent.items()} | {"migration, ms": f"{both:.2f}"})
    table(rows, f"Latency of one migration, one thread (VMR2L: {PUBLISHED:.0f} ms at 279 machines)")


def learning(options: argparse.Namespace) -> None:
    """CPU-seconds until a network is as good as greedy, and as the optimum, on validation snapshots at MNL 2.5 %."""
    problem = cluster(50, 0.025)
    instances = problem.instances("validation", 24)
    greedy, optimum = (solved(problem, instances, name) for name in ("greedy", "exact"))
    rows: Rows = []
    for name in ("two_stage_ppo", "maskable_ppo"):
        for seed in range(options.seeds):
            run = kept(options, name, seed, 0.025, SHORT)
            row = {"agent": name, "seed": seed, "FR at the start": f"{run['curve'][0][2]:.4f}"}
            row |= {"CPU-s to greedy": when(run, greedy), "to the optimum + 1 %": when(run, 1.01 * optimum)}
            rows.append(
                row | {"best FR": f"{min(fr for *_, fr in run['curve']):.4f}", "CPU-s": f"{run['curve'][-1][1]:.0f}"}
            )
    table(rows, f"Learning, 50 machines, MNL 2.5 %: validation FR (greedy {greedy:.4f}, optimum {optimum:.4f})")


def plans(options: argparse.Namespace) -> None:
    """FR on test snapshots of networks trained on 50 machines at MNL 5 %, beside greedy, optimum and ablations."""
    optimum = kept(options, "exact", 0, 0.05, 0)["scores"]
    rows: Rows = []
    for name in ("greedy", "exact", "random", "untrained", "untrained, greed=10"):
        run = kept(options, name, 0, 0.05, 0)
        rows.append({"contestant": name, "seed": ""} | scores(run, optimum) | {"training CPU-s": ""})
    for name in (*AGENTS, WARM):
        for seed in range(options.seeds):
            steps = {"imitation of exact": TAUGHT, WARM: POLISH}.get(name, options.steps)
            run = kept(options, name, seed, 0.05, steps)
            spent = f"{run['curve'][-1][1]:.0f}"
            rows.append({"contestant": name, "seed": seed} | scores(run, optimum) | {"training CPU-s": spent})
    table(rows, "Test snapshots: FR (gap of the means to exact), trained on 50 machines at MNL 5 %")


# -- runs -----------------------------------------------------------------------------------------
def kept(options: argparse.Namespace, name: str, seed: int, limit: float, steps: int) -> dict[str, Any]:
    """A run's validation curve and test scores, from the file of finished runs or made now."""
    key = f"{name}, seed {seed}, limit {limit}, {steps} steps"
    known = json.loads(options.keep.read_text()) if options.keep and options.keep.exists() else {}
    if key not in known:
        print(key, file=sys.stderr, flush=True)
        known[key] = made(name, seed, limit, steps)
        if options.keep:
            options.keep.write_text(json.dumps(known, indent=1))
    run: dict[str, Any] = known[key]
    return run


def made(name: str, seed: int, limit: float, steps: int) -> dict[str, Any]:
    """Train (where there is something to train) and score."""
    if name in ("greedy", "exact"):
        return {"scores": {key: solved(*pair, name) for key, pair in tests().items()}}
    curve: list[tuple[int, float, float]] = []
    if name == "random":
        policy: Any = RandomPolicy()
    elif name.startswith("untrained"):
        policy = untrained(cluster(50, limit), **({"greed": 10.0} if "greed" in name else {}))
    else:
        policy = trained(name, seed, limit, steps, curve)
    return {"curve": curve, "scores": {key: scored(*pair, policy) for key, pair in tests().items()}}


def trained(name: str, seed: int, limit: float, steps: int, curve: list[tuple[int, float, float]]) -> StoredPolicy:
    """The policy that is best on validation snapshots; ``curve`` receives sub-steps, CPU-seconds and FR."""
    problem = cluster(50, limit)
    instances = problem.instances("validation", 24)
    first: list[tuple[int, float, float]] = []
    start = trained("imitation of exact", seed, limit, TAUGHT // 2, first) if name == WARM else None
    agent = TwoStagePPO(lr=3e-4) if name == WARM else AGENTS[name]()
    trainer = agent.trainer(problem.environment(), problem.network("tree_attention"), seed=seed, steps=steps)
    if start is not None:
        trainer.start_from(start)
    spent = first[-1][1] if first else 0.0
    leader, lowest = trainer.policy(), np.inf
    while True:
        policy = trainer.policy()
        rate = scored(problem, instances, policy)
        curve.append((trainer.steps, spent, rate))
        print(f"  {trainer.steps:7d} {spent:6.0f} s {rate:.4f}", file=sys.stderr, flush=True)
        if rate < lowest:
            leader, lowest = policy, rate
        if trainer.steps >= steps:
            return leader
        began, until = time.process_time(), trainer.steps + 4_000
        while trainer.steps < min(until, steps):
            trainer.advance()
        spent += time.process_time() - began


def tests() -> dict[str, tuple[Any, Any]]:
    """Test snapshots with their problem, by what is printed above their column."""
    problems = {(machines, limit): cluster(machines, limit) for machines in TESTS for limit in LIMITS}
    return {
        f"{machines} machines, {100 * limit:g} %": (problem, problem.instances("test", TESTS[machines]))
        for (machines, limit), problem in problems.items()
    }


# -- scores ---------------------------------------------------------------------------------------
def cluster(machines: int, limit: float) -> Any:
    """The problem with generated snapshots of so many machines."""
    return make_problem("vm_rescheduling/rescheduling", machines=machines, limit=limit)


def untrained(problem: Any, **options: Any) -> StoredPolicy:
    """The network before training."""
    torch.manual_seed(0)
    recipe = problem.network("tree_attention", **options)
    description = Description.of(problem.environment(), recipe, "greedy")
    return StoredPolicy(description.build(), description)


def scored(problem: Any, instances: Any, policy: Any) -> float:
    """Mean FR of a policy's plans; all are feasible."""
    evaluation = problem.evaluate(instances, rollout(problem.environment(), policy, instances).solution)
    if not evaluation.feasible.all():
        raise SystemExit(f"an infeasible plan: {evaluation.violations}")
    return float(evaluation.objective.mean())


def solved(problem: Any, instances: Any, name: str) -> float:
    """Mean FR of a solver's plans."""
    solver, rates = problem.baseline(name), []
    for i in range(len(instances)):
        found: list[Any] = []
        search: Search[Any] = Search(Budget(cpu=10.0), report=lambda plan, _, found=found: found.append(plan))
        plan = solver.solve(problem, instances[i], search) or found[-1]
        rates.append(float(problem.evaluate(instances[i], plan).objective[0]))
    return float(np.mean(rates))


def scores(run: dict[str, Any], optimum: dict[str, float]) -> dict[str, object]:
    """A run's test scores, and how far the mean lies above the optimum's."""
    return {key: f"{rate:.4f} ({100 * (rate / optimum[key] - 1):.0f} %)" for key, rate in run["scores"].items()}


def when(run: dict[str, Any], goal: float) -> str:
    """CPU-seconds of training until validation FR was at most ``goal``."""
    return next((f"{spent:.0f}" for _, spent, rate in run["curve"] if rate <= goal + 1e-9), "never")


def best(work: Callable[[], object], turns: int = 30) -> float:
    """The least CPU-milliseconds of several turns."""
    spent = []
    for _ in range(turns):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return 1e3 * min(spent)


if __name__ == "__main__":
    main()
