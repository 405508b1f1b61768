"""Lot sizing: cost of an episode of rules, planners and agents on test episodes, beside a bound that knows all demand.

``python benchmarks/inventory_lot_sizing.py [15x5] [20x10] [--seconds N] [--seeds N] [--episodes N] [--planned N]``;
15x5 by default. One thread, CPU-seconds. Agents are trained for ``--seconds`` on training episodes, the time of
validation not counted; the weights that do best on validation episodes are scored once on the test episodes. CP-SAT
plans the first ``--planned`` of these, so rows also show their difference from the run-out rule on the same episodes.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from timing import table  # isort: skip  (pins threads before numpy is imported)

import numpy as np
import torch
from numpy.typing import NDArray

from headway import make_problem, rollout
from headway.components import build
from headway.domains.inventory.lot_sizing.bound import lower_bound
from headway.registry import agent_class

Floats = NDArray[np.float64]
Rows = list[dict[str, object]]

AGENT = {"lr": 1e-3, "num_envs": 64, "entropy": 0.003}  # one setting tried on validation episodes, not a search
STEPS_A_SECOND = 7000  # where the learning rate's schedule ends, if training is that fast
CHECKS, VALIDATION = 15, 64
BOUND_STEPS = 20
# Published: the first from a run of the rule's description, the others the last training rewards the authors logged.
PUBLISHED = {"15x5": {"greedy": 3312, "PPO": 3634, "PDPPO": 2706}, "20x10": {"PPO": 5897, "PDPPO": 4313}}


class Score(NamedTuple):
    """Cost of each of the first episodes, what led to it in CPU-seconds a decision, and a note on training."""

    cost: Floats
    decision: float | None = None
    training: str = ""


def main() -> None:
    """Print the tables named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("settings", nargs="*", default=["15x5"], help="any of 15x5, 20x10")
    parser.add_argument("--seconds", type=float, default=120.0, help="CPU-seconds of training for each agent and seed")
    parser.add_argument("--seeds", type=int, default=3, help="training seeds")
    parser.add_argument("--episodes", type=int, default=100, help="test episodes")
    parser.add_argument("--planned", type=int, default=8, help="how many of them CP-SAT plans")
    options = parser.parse_args()
    if unknown := set(options.settings) - set(PUBLISHED):
        parser.error(f"no such setting: {', '.join(sorted(unknown))}")
    torch.set_num_threads(1)
    for setting in options.settings:
        rows: Rows = [row(name, cost) for name, cost in PUBLISHED[setting].items()]
        reference: Floats | None = None
        for name, score in contestants(setting, options):
            reference = score.cost if name == "run_out" else reference
            rows.append(measured(name, score, reference))
            print(setting, rows[-1], file=sys.stderr, flush=True)
        table(rows, f"Lot sizing {setting}: cost of an episode of 100 periods, {options.episodes} test episodes")


def contestants(setting: str, options: argparse.Namespace) -> Iterator[tuple[str, Score]]:
    """All that is compared; the run-out rule first, since the others are measured against it."""
    problem = make_problem("inventory/lot_sizing", setting=setting)
    path = problem.instances("test", options.episodes)
    rule = scored(problem, problem.baseline("run_out"), path)
    yield "run_out", rule
    for name in ("keep_setup", "greedy_cover"):
        yield name, scored(problem, problem.baseline(name), path)
    yield "rollout", scored(problem, problem.baseline("rollout"), path)
    yield "cp_sat", scored(problem, problem.baseline("cp_sat"), path[: options.planned])
    for agent in ("ppo", "pdppo"):
        for seed in range(options.seeds):
            policy, note = trained(problem, agent, seed, options.seconds)
            yield f"{agent}, seed {seed}", scored(problem, policy, path)._replace(training=note)
    yield "bound, all demand known", Score(lower_bound(path, rule.cost, BOUND_STEPS))


def trained(problem: Any, name: str, seed: int, seconds: float) -> tuple[Any, str]:
    """The policy that did best on validation episodes, and how long it was trained."""
    environment, validation = problem.environment(), problem.instances("validation", VALIDATION)
    agent, network = build(agent_class(name), AGENT, where="agent"), problem.network("item_scores")
    trainer = agent.trainer(environment, network, seed=seed, steps=int(seconds * STEPS_A_SECOND))
    spent, best, policy = 0.0, np.inf, trainer.policy()
    for check in range(1, CHECKS + 1):
        while spent < seconds * check / CHECKS:
            taken, _ = timed(trainer.advance)
            spent += taken
        candidate = trainer.policy()
        cost = problem.evaluate(validation, rollout(environment, candidate, validation).solution).objective.mean()
        print(f"{name}, seed {seed}: {spent:.0f} s, {trainer.steps} steps, validation {cost:.0f}", file=sys.stderr)
        if cost < best:
            best, policy = cost, candidate
    return policy, f"{spent:.0f} s, {trainer.steps / 1e3:.0f} k steps"


def scored(problem: Any, policy: Any, path: Any) -> Score:
    """Its cost; every plan is feasible."""
    environment = problem.environment()
    seconds, walked = timed(lambda: rollout(environment, policy, path))
    evaluation = problem.evaluate(path, walked.solution)
    if not evaluation.feasible.all():
        raise SystemExit(f"an infeasible answer: {evaluation.violations}")
    return Score(evaluation.objective, seconds / walked.length.sum())


def measured(name: str, score: Score, reference: Floats | None) -> dict[str, object]:
    """A row of the table."""
    out = row(name, f"{score.cost.mean():.1f} ± {error(score.cost):.1f}", len(score.cost))
    if reference is not None and name != "run_out":
        difference = score.cost - reference[: len(score.cost)]
        out["beside run_out"] = f"{difference.mean():+.1f} ± {error(difference):.1f}"
    if score.decision is not None:
        out["CPU-ms a decision"] = f"{1e3 * score.decision:.3f}"
    return out | {"training": score.training}


def row(name: str, cost: object, episodes: object = "published") -> dict[str, object]:
    """A row with nothing but its cost."""
    rest = dict.fromkeys(("beside run_out", "CPU-ms a decision", "training"), "")
    return {"policy": name, "cost": cost, "episodes": episodes} | rest


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU-seconds, and what came of it."""
    began = time.process_time()
    result = work()
    return time.process_time() - began, result


def error(values: Floats) -> float:
    """Standard error of the mean."""
    return float(values.std(ddof=1) / np.sqrt(len(values)))


if __name__ == "__main__":
    main()
