"""Supply networks: speed of the simulator, rules beside published figures, and networks trained by the pathwise agent.

``python benchmarks/inventory_networks.py [speed] [published] [serial] [stores] [--seeds N] [--effort X]``; all tables
by default. One thread, CPU-seconds. Policies are trained on training instances and scored once, as they are after the
last update, on test instances, beside the reference policy on the same ones; the error is that of the paired
difference.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping
from typing import Any

from timing import print_tables, table, take_turns  # isort: skip  (pins threads before numpy is imported)

import numpy as np
from numpy.typing import NDArray

from headway import Policy, make_problem, rollout
from headway.domains.inventory.optimisation.bound import bounds
from headway.domains.inventory.supply.stores import figures
from headway.pipelines.agents.pathwise import Pathwise

Floats = NDArray[np.float64]
Rows = list[dict[str, object]]

# Chosen by seed 0 on validation instances: the learning rate, and updates that take about a minute here.
SETTINGS = {"vanilla": (1e-2, 1000), "symmetric": (1e-2, 600), "graph": (3e-3, 400)}
PATHS, BOUNDED = 256, 16  # test instances, and how many of them the bound is computed for
KAYNOV = 10  # instances of Kaynov et al. that can be modelled


def main() -> None:
    """Print the tables named on the command line, or all of them."""
    tables = {"speed": speed, "published": published, "serial": serial, "stores": stores}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="training seeds")
    parser.add_argument("--effort", type=float, default=1.0, help="factor on the number of updates")
    print_tables(parser, tables)


def speed(options: argparse.Namespace) -> None:
    """Node-periods per CPU-second on the tree of 13 nodes, demand sampling included."""
    problem = make_problem("inventory/network")
    environment = problem.environment()

    def walk(batch: int) -> int:
        path = problem.instances("train", batch)
        params, action = environment.prepare(path), np.ones(path.tail.shape)
        state = environment.reset(params)
        for _ in range(problem.horizon):
            observation = environment.observe(params, state)
            decision = environment.project(observation, environment.decode(observation, action))
            state = environment.step(params, state, decision).state
        return batch * problem.horizon * path.nodes.shape[1]

    rates = take_turns({str(batch): lambda batch=batch: walk(batch) for batch in (1, 64, 1024, 4096)})  # type: ignore[misc]
    rows: Rows = [{"batch": b, "million node-periods per CPU-s": f"{r / 1e6:.2f}"} for b, r in rates.items()]
    table(rows, "Simulator: 13-node tree, demand drawn, observed, projected and stepped")


def published(options: argparse.Namespace) -> None:
    """Our echelon base-stock rules beside Kaynov et al.'s, cost of 100 periods.

    Where a row begins (stock at the start) is not printed there, so costs need not agree to the last per cent.
    """
    rows: Rows = []
    for number in range(1, KAYNOV + 1):
        problem = make_problem("inventory/one_warehouse", kaynov=number, horizon=100, warmup=0)
        row: dict[str, object] = {"instance": number}
        for way in ("min_shortage", "proportional"):
            began = time.process_time()
            rule = problem.baseline("echelon_base_stock", allocation=way)
            cost = 100 * score(problem, rule, problem.instances("test", PATHS))
            theirs = figures(number)[f"ebs_{way}_cost"]
            difference = 100 * (cost.mean() / float(theirs) - 1)
            row |= {way: f"{cost.mean():.1f} ± {error(cost):.1f}", f"printed, {way}": theirs}
            row |= {f"difference, {way}": f"{difference:+.1f} %"}
            row |= {f"CPU-s, {way}": f"{time.process_time() - began:.0f}"}
        rows.append(row | {"printed, PPO": figures(number)["ppo_cost"]})
    table(rows, "One warehouse, Kaynov et al. (2024): echelon base-stock, cost of 100 periods")


def serial(options: argparse.Namespace) -> None:
    """Gap to Clark and Scarf's optimal policy, on the same long paths."""
    rows: Rows = []
    for lead_time in (1, 4):
        setting = {"lead_times": (2, 4, 3, lead_time)}
        problem = make_problem("inventory/serial", **setting, horizon=200)
        long = make_problem("inventory/serial", **setting, horizon=1000, warmup=200)
        path = long.instances("test", 64)
        best = score(long, long.baseline("echelon_base_stock"), path)
        name: dict[str, object] = {"store's lead time": lead_time}
        exact = f"{best.mean():.3f} (exact {long.optimum.cost:.3f})"
        rows.append(name | {"policy": "Clark-Scarf", "seed": "", "cost": exact, "gap": "0", "CPU-s": ""})
        for network in ("vanilla", "graph"):
            for seed, policy, seconds in trained(problem, network, options):
                cost = score(long, policy, path)
                row = {"policy": f"pathwise, {network}", "seed": seed, "cost": f"{cost.mean():.3f}"}
                rows.append(name | row | {"gap": gap(cost, best), "CPU-s": f"{seconds:.0f}"})
    table(rows, "Serial system of four echelons: gap to the optimal policy")


def stores(options: argparse.Namespace) -> None:
    """Trained on 5 stores, run on 5 and on 20, that none of them has seen."""
    sizes = {n: make_problem("inventory/one_warehouse", stores=n) for n in (5, 20)}
    paths = {n: problem.instances("test", PATHS) for n, problem in sizes.items()}
    rules = {n: score(sizes[n], sizes[n].baseline("echelon_base_stock"), paths[n]) for n in sizes}
    none = {"seed": "", "CPU-s": ""}
    rows: Rows = [columns(rules, rules) | {"policy": "echelon base-stock", **none}]
    known = {n: bounds(paths[n][:BOUNDED]) for n in sizes}
    rows.append(columns(known, rules) | {"policy": f"perfect-information bound, {BOUNDED} instances", **none})
    for network in ("vanilla", "symmetric", "graph"):
        for seed, policy, seconds in trained(sizes[5], network, options):
            able = {n: paths[n] for n in sizes if n == 5 or network != "vanilla"}
            costs = {n: score(sizes[n], policy, path) for n, path in able.items()}
            row = {"policy": f"pathwise, {network}", "seed": seed, "CPU-s": f"{seconds:.0f}"}
            rows.append(columns(costs, rules) | row)
    order = ("policy", "seed", *(f"{what}, {n} stores" for n in sizes for what in ("cost", "gap")), "CPU-s")
    table([{key: row.get(key, "") for key in order} for row in rows], "One warehouse, lost sales: trained on 5 stores")


# -- training and scoring -------------------------------------------------------------------------
def trained(problem: Any, network: str, options: argparse.Namespace) -> Iterator[tuple[int, Policy, float]]:
    """Seed, policy and CPU-seconds of each training run."""
    for seed in range(options.seeds):
        began = time.process_time()
        lr, updates = SETTINGS[network]
        steps = max(1, round(options.effort * updates)) * 64 * 50
        environment = problem.environment(backend="torch")
        trainer = Pathwise(lr=lr, batch=64, segment=50).trainer(
            environment, problem.network(network), seed=seed, steps=steps
        )
        while trainer.steps < steps:
            trainer.advance()
        yield seed, trainer.policy(), time.process_time() - began


def score(problem: Any, policy: Policy, path: Any) -> Floats:
    """The objective of each instance; every answer is feasible."""
    evaluation = problem.evaluate(path, rollout(problem.environment(), policy, path).solution)
    if not evaluation.feasible.all():
        raise SystemExit(f"an infeasible answer: {evaluation.violations}")
    return evaluation.objective  # type: ignore[no-any-return]


def columns(costs: Mapping[int, Floats], rules: Mapping[int, Floats]) -> dict[str, object]:
    """Cost and gap for each number of stores that a policy can be run on."""
    out: dict[str, object] = {}
    for n, cost in costs.items():
        out |= {f"cost, {n} stores": f"{cost.mean():.3f}", f"gap, {n} stores": gap(cost, rules[n][: len(cost)])}
    return out


def gap(cost: Floats, reference: Floats) -> str:
    """Difference of means over the reference's, in per cent, with its standard error."""
    difference = cost - reference
    if not difference.any():
        return "0"
    return f"{100 * difference.mean() / reference.mean():+.2f} ± {100 * error(difference) / reference.mean():.2f} %"


def error(values: Floats) -> float:
    """Standard error of the mean."""
    return float(values.std(ddof=1) / np.sqrt(len(values)))


if __name__ == "__main__":
    main()
