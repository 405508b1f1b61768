"""What agents learn on a market that is known: shares of an oracle's excess over 1/N, net of costs, on unseen seeds.

``python benchmarks/portfolio_learning.py [bar] [agents] [--seeds N] [--n N] [--keep FILE]``. The synthetic market has
ten assets and a signal of a chosen information coefficient (`data=synthetic`); ``informed`` knows its process and pays
for its trades. Every policy is scored on ``n`` paths of five years from test seeds, which neither training nor any
choice has seen. Intervals resample paths and training seeds. One setting of agent, network and environment serves all
coefficients (learning rate and steps were chosen on validation seeds at 0.1 and 0.2; ten settings were tried).
"""

from __future__ import annotations

import argparse
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

from timing import print_tables, table  # isort: skip  (pins threads before numpy is imported)

import numpy as np
from inventory_training import Kept

from headway import Policy, make_problem, rollout
from headway.components import build
from headway.contest.stats import Estimate, gap
from headway.domains.portfolio.allocation.features import NAMES
from headway.registry import agent_class
from headway.solver import Search

COEFFICIENTS = {0.0: "0 inside", 0.1: ">= 50 %", 0.2: ">= 80 %"}  # and the goal
TRADE = {"strength": 6.0, "adjustment": 1.0}  # the signal is worth large and whole steps
PATHWISE: dict[str, Any] = {"lr": 1e-2, "batch": 64, "segment": 12, "weight_decay": 0.01}
STEPS = 120_000
RULES = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)  # scores per deviation of the signal
# Agent, environment, network with options, steps.
AGENTS: dict[str, tuple[str, str, dict[str, Any], dict[str, Any], int]] = {
    "pathwise": ("trade", "asset_mlp", {}, PATHWISE, STEPS),
    "ppo": ("trade", "asset_mlp", {}, {"entropy": 0.0}, 400_000),
    "a2c": ("trade", "asset_mlp", {}, {"entropy": 0.0}, 400_000),
    "sac": ("trade", "asset_mlp", {}, {"lr": 1e-3, "critic": [64, 64]}, 30_000),
    "td3": ("trade", "asset_mlp", {}, {"critic": [64, 64]}, 30_000),
    "dqn": ("choose", "asset_mlp", {"hidden": [32, 32]}, {}, 30_000),
    "recurrent_ppo": ("trade", "lstm", {"memory": 32, "hidden": [32]}, {"entropy": 0.0}, 60_000),
}


def main() -> None:
    """Print the tables named on the command line, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5, help="training seeds")
    parser.add_argument("--n", type=int, default=128, help="test paths")
    parser.add_argument("--agents", nargs="*", choices=AGENTS, default=list(AGENTS), help="agents: only these")
    parser.add_argument("--keep", type=Path, help="JSON file of results, to go on from")
    print_tables(parser, {"bar": bar, "agents": agents})


def market(ic: float) -> Any:
    """Sixty periods on ten assets."""
    return make_problem(
        "portfolio/allocation", data="synthetic", data_options={"ic": ic, "assets": 10}, window=60, lookback=253
    )


class Linear(Policy):
    """The best hand-made rule: scores in proportion to the signal."""

    environment = "trade"

    def __init__(self, slope: float) -> None:
        self.slope = slope

    def act(self, observation: Any, mask: Any, memory: Any = None) -> tuple[Any, Any]:
        return self.slope * observation["assets"][..., len(NAMES)], memory


class Chance(Policy):
    """Scores drawn anew at each decision."""

    environment = "trade"

    def start(self, n: int, seed: int = 0) -> Any:
        return np.zeros(n, np.int64)

    def act(self, observation: Any, mask: Any, memory: Any = None) -> tuple[Any, Any]:
        rng = np.random.default_rng(int(memory[0]))
        return rng.uniform(-1, 1, observation["assets"].shape[:2]).astype(np.float32), memory + 1


def scored(problem: Any, policy: Any, split: Any, n: int, face: str = "trade") -> dict[str, Any]:
    """Net log growth a year of each path, and the mean turnover."""
    instance = problem.instances(split, n)
    if policy == "informed":
        solution = problem.baseline("informed").solve(problem, instance, Search())
    else:
        entrant = problem.baseline(policy) if isinstance(policy, str) else policy
        solution = rollout(problem.environment(face, **TRADE), entrant, instance).solution
    found = problem.evaluate(instance, solution)
    return {"growth": found.objective.tolist(), "turnover": float(found.metrics["turnover"].mean())}


def hand(problem: Any, n: int) -> dict[str, Any]:
    """The rule whose slope is best on validation seeds."""
    growth = {slope: np.mean(scored(problem, Linear(slope), "validation", n)["growth"]) for slope in RULES}
    best = max(growth, key=lambda slope: growth[slope])
    return scored(problem, Linear(best), "test", n) | {"slope": best}


def trained(problem: Any, name: str, seed: int, n: int, **network: Any) -> dict[str, Any]:
    """A policy trained with this seed, and what training took."""
    face, recipe, options, settings, steps = AGENTS[name]
    began = time.process_time()
    agent = build(agent_class(name), settings, where="agent")
    env = problem.environment(face, backend=agent.backend, **TRADE)
    trainer = agent.trainer(env, problem.network(recipe, **options | network), seed=seed, steps=steps)
    while trainer.steps < steps:
        trainer.advance()
    seconds = time.process_time() - began
    return scored(problem, trainer.policy(), "test", n, face) | {"seconds": seconds, "steps": trainer.steps}


def rows_of(name: str, runs: list[dict[str, Any]], base: Any, oracle: Any) -> dict[str, object]:
    """A row: excess over 1/N with its interval, share of the oracle's, and every seed."""
    growth = np.array([run["growth"] for run in runs])
    excess = better(gap(growth, base, sense="max", kind="difference"))
    most = float(np.mean(oracle) - np.mean(base))
    shares = [(float(np.mean(row)) - float(np.mean(base))) / most for row in growth]
    known = most > 1e-3  # without a signal the oracle has no excess either
    return {
        "": name,
        "excess over 1/N": f"{excess.value:.4f} [{excess.low:.4f}, {excess.high:.4f}]",
        "of the oracle's": f"{np.mean(shares):.0%}" if known else "-",
        "seeds": ", ".join(f"{s:.0%}" if known else f"{s * most:+.4f}" for s in shares),
        "turnover a year": f"{np.mean([run['turnover'] for run in runs]):.1f}",
        "CPU-s of training": f"{np.mean([run['seconds'] for run in runs]):.0f}" if "seconds" in runs[0] else "",
    }


def better(worse: Estimate) -> Estimate:
    """An estimate of how much worse, as one of how much better."""
    return Estimate(-worse.value, worse.se, -worse.high, -worse.low)


# -- the tables -----------------------------------------------------------------------------------
def bar(options: argparse.Namespace) -> None:
    """Pathwise agents at each coefficient, beside the oracle, the best rule, and networks that lack something."""
    kept, n, seeds = Kept(options.keep), options.n, range(options.seeds)
    for ic, goal in COEFFICIENTS.items():
        problem = market(ic)
        own = f"ic={ic:g} n={n}"
        base, oracle = (
            kept.get(f"{own} {x}", partial(scored, problem, x, "test", n)) for x in ("equal_weight", "informed")
        )
        entrants = {
            "pathwise agent": [
                kept.get(f"{own} pathwise seed={s}", partial(trained, problem, "pathwise", s, n)) for s in seeds
            ],
            "the same, blind to the signal": [
                kept.get(f"{own} blind seed={s}", partial(trained, problem, "pathwise", s, n, signals=False))
                for s in list(seeds)[:1]
            ],
            "best hand rule": [kept.get(f"{own} hand", partial(hand, problem, n))],
            "random scores": [kept.get(f"{own} chance", partial(scored, problem, Chance(), "test", n))],
            "oracle `informed`": [oracle],
        }
        rows = [rows_of(name, runs, base["growth"], oracle["growth"]) for name, runs in entrants.items()]
        table(rows, f"Information coefficient {ic:g} (goal of the agent: {goal})")


def agents(options: argparse.Namespace) -> None:
    """Every agent at a coefficient of 0.2."""
    kept, n, problem, own = Kept(options.keep), options.n, market(0.2), f"ic=0.2 n={options.n}"
    base, oracle = (
        kept.get(f"{own} {x}", partial(scored, problem, x, "test", n)) for x in ("equal_weight", "informed")
    )
    rows = []
    for name in options.agents:
        runs = [kept.get(f"{own} {name} seed={s}", partial(trained, problem, name, s, n)) for s in range(options.seeds)]
        row = rows_of(name, runs, base["growth"], oracle["growth"])
        rows.append(row | {"environment": AGENTS[name][0], "steps": f"{runs[0]['steps']:,}"})
        print(rows[-1], file=sys.stderr)
    seeds = f"{options.seeds} seeds"
    table(rows, f"Every agent at a coefficient of 0.2, {seeds}; none but the pathwise one was tuned")


if __name__ == "__main__":
    main()
