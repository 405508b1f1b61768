"""Every agent with its defaults, on a problem of each domain, for the same few CPU-seconds.

The objective of the last policy (none is selected) on validation instances, as a gap to the best hand-made rule,
beside the same network untrained. A run's steps, over which schedules fall, are set by the agent's own speed in its
first updates. Rules are chosen on the same instances; networks are the ones `headway train` would take.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from timing import table  # isort: skip  (pins threads before numpy is imported)

import numpy as np
import torch

from headway import make_problem, rollout
from headway.components import build
from headway.errors import CapabilityError
from headway.nn import NETWORKS
from headway.pipelines.agents.base import action_kind
from headway.pipelines.training.validation import Validator
from headway.problem import lookup
from headway.registry import agent_class, agents
from headway.solver import Budget, Search, Solver, answer


class Setup(NamedTuple):
    """A problem, its rules, and how many validation instances it is judged on."""

    problem: str
    options: dict[str, Any]
    rules: Sequence[str]
    environments: tuple[str, ...]
    n: int = 128


SETUPS = {
    "inventory": Setup("inventory/lost_sales", {}, ("base_stock", "capped_base_stock", "myopic_1", "myopic_2"),
                       ("order", "units")),
    "portfolio": Setup("portfolio/allocation", {}, ("equal_weight", "inverse_volatility", "minimum_variance"),
                       ("trade", "choose"), 64),
    "routing": Setup("routing/cvrp", {"customers": 20}, ("nearest_neighbour", "savings", "sweep"), ("construct",)),
    "placement": Setup("vm_rescheduling/placement", {}, ("first_fit", "best_fit", "slot_fit", "fragment_fit"),
                       ("place",), 32),
    "rescheduling": Setup("vm_rescheduling/rescheduling", {"machines": 50, "fewest": 20, "limit": (0.04, 0.06)},
                          ("greedy", "shaped_greedy", "best_fit"), ("migrate",), 32),
}  # fmt: skip


def main() -> None:
    """Train what fits, and print a table for each problem."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("problems", nargs="*", help=f"any of {', '.join(SETUPS)}; all by default")
    parser.add_argument("--agents", nargs="+", default=None, help="all that fit by default")
    parser.add_argument("--set", nargs="*", default=[], metavar="KNOB=VALUE", help="of these agents, as JSON")
    parser.add_argument("--seconds", type=float, default=60.0, help="CPU-seconds of each training run")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="JSON lines of every run, added to; those in it are not repeated")
    options = parser.parse_args()
    torch.set_num_threads(1)
    for name in options.problems or SETUPS:
        contest(name, options)


def contest(name: str, options: argparse.Namespace) -> None:
    """One problem's table."""
    setup = SETUPS[name]
    problem = make_problem(setup.problem, **setup.options)
    best, rule = rules(problem, setup)
    knobs = {key: json.loads(value) for key, _, value in (item.partition("=") for item in options.set)}
    rows: list[dict[str, object]] = []
    for agent in options.agents or sorted({*agents()} - {"maskable_ppo"}):  # with a mask, that is ppo
        made = build(agent_class(agent), knobs, where="agent")
        if (found := fitting(made, problem, setup)) is None:
            continue
        env, network = found
        work = partial(train, made, problem, env, network, setup, options)
        runs = [kept([name, agent, seed, options.seconds, options.set], options.keep, partial(work, seed))
                for seed in range(options.seeds)]  # fmt: skip
        rows.append({
            "agent": agent, "environment": env, "network": network, "steps": f"{runs[0]['steps']:,}",
            "untrained": ", ".join(gap(problem, run["before"], best) for run in runs),
            "trained": ", ".join(gap(problem, run["after"], best) for run in runs),
        })  # fmt: skip
    kind = "difference" if problem.gap == "difference" else "gap"
    table(rows, f"{setup.problem}: {kind} to {rule} ({best:.4g}) after {options.seconds:.0f} CPU-seconds, by seed")


def kept(key: list[Any], file: Path | None, run: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The run's result, from the file where it is already there."""
    for line in file.read_text().splitlines() if file and file.exists() else ():
        if (row := json.loads(line))["key"] == key:
            return dict(row["run"])
    result = run()
    print(key, result, file=sys.stderr, flush=True)
    if file:
        with file.open("a") as kept_in:
            kept_in.write(json.dumps({"key": key, "run": result}) + "\n")
    return result


def fitting(agent: Any, problem: Any, setup: Setup) -> tuple[str, str] | None:
    """The first environment that the agent can train on, and the network that `headway train` would take there."""
    for env in setup.environments:
        known = {**NETWORKS, **problem.networks}
        able = [n for n in problem.networks if lookup("network", n, known).recurrent == agent.recurrent]
        network = agent.network or next(iter(able), "mlp")
        try:
            environment = problem.environment(env, backend=agent.backend)
            agent.check(environment, action_kind(environment), problem.network(network))
        except CapabilityError:
            continue
        return env, network
    return None


def train(
    agent: Any, problem: Any, env: str, network: str, setup: Setup, options: argparse.Namespace, seed: int
) -> dict[str, Any]:
    """Objectives before and after training for as many steps as the budget allows at the speed of the start."""
    environment, recipe = problem.environment(env, backend=agent.backend), problem.network(network)
    validator = Validator(problem.environment(env), setup.n)
    trial = agent.trainer(environment, recipe, seed=10_000 + seed, steps=10**9)
    while trial.steps <= getattr(agent, "warmup", 0):  # before learning, steps are cheap
        trial.advance()
    first, warm = trial.steps, time.process_time()
    while time.process_time() - warm < options.seconds / 20 or trial.steps == first:
        trial.advance()
    steps = int((trial.steps - first) / (time.process_time() - warm) * options.seconds)
    trainer = agent.trainer(environment, recipe, seed=seed, steps=steps)
    before = validator(trainer.policy()).objective
    began = time.process_time()
    while trainer.steps < steps:
        trainer.advance()
    spent = time.process_time() - began
    return {"steps": trainer.steps, "spent": spent, "before": before, "after": validator(trainer.policy()).objective}


def rules(problem: Any, setup: Setup) -> tuple[float, str]:
    """The best rule's mean objective over all validation instances it solves, and its name."""
    found = {name: objective(problem, problem.baseline(name), setup.n) for name in setup.rules}
    print(setup.problem, found, file=sys.stderr, flush=True)
    best = (min if problem.sense == "min" else max)(found, key=lambda name: found[name])
    return found[best], best


def objective(problem: Any, contestant: Any, n: int) -> float:
    """Mean objective on the validation instances."""
    instances = problem.instances("validation", n)
    if not isinstance(contestant, Solver):
        return float(np.mean(problem.evaluate(instances, rollout(
            problem.environment(contestant.environment), contestant, instances).solution).objective))  # fmt: skip
    scores = []
    for i in range(n):
        one = instances[i : i + 1]
        scores.append(problem.evaluate(one, answer(contestant, problem, one, Search(Budget(cpu=1.0)))).objective[0])
    return float(np.mean(scores))


def gap(problem: Any, value: float, rule: float) -> str:
    """By how much a value is worse than the rule's (better: negative)."""
    worse = value - rule if problem.sense == "min" else rule - value
    return f"{worse:+.4f}" if problem.gap == "difference" else f"{worse / abs(rule):+.1%}"


if __name__ == "__main__":
    main()
