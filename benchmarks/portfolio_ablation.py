"""Two comparisons that papers make, with their confounders taken out; both on 2013-2015, never on the test years.

``python benchmarks/portfolio_ablation.py [recurrent] [choosers] [--seeds N] [--steps N] [--agent NAME] [--keep FILE]``.
``recurrent``: xLSTM against LSTM (Sarlakifar et al. 2025) with as many parameters, the same window, features beside it,
agent and steps. ``choosers``: minimum variance against hierarchical risk parity against deep Q-learning (Sen et al.
2023), with one accounting; the DQN chooses among declared tilts, and the same network untrained, chance and the best
single tilt stand beside it. Trained on 1996-2012, net of 10 bps, every 21 days.
"""

from __future__ import annotations

import argparse
import time
from functools import partial
from pathlib import Path
from typing import Any

from timing import print_tables, table  # isort: skip  (pins threads before numpy is imported)

import numpy as np
from inventory_training import Kept
from portfolio_selection import row, walked

from headway import Policy, make_problem
from headway.components import build
from headway.registry import agent_class

SPAN = ("2013-01-01", "2015-12-31")
WINDOW = {"window": 60, "adjustment": 0.25}
PARAMETERS = 2000
CELLS: dict[str, tuple[str, dict[str, Any]]] = {
    "LSTM": ("lstm_window", {}),
    "xLSTM (mLSTM, sLSTM)": ("xlstm_window", {"blocks": "ms"}),
    "xLSTM (sLSTM)": ("xlstm_window", {"blocks": "s"}),
    "no window": ("asset_mlp", {}),
}
AGENTS: dict[str, dict[str, Any]] = {
    "pathwise": {"lr": 3e-3, "weight_decay": 0.01, "batch": 32},
    "ppo": {"num_envs": 32, "rollout": 24, "batch": 256, "entropy": 0.0},
    "dqn": {"lr": 1e-3},
}
TILTS = ("base", "momentum", "reversal", "low_volatility", "cash")
CHOOSE: dict[str, Any] = {"tilts": TILTS, "adjustment": 1.0}


def main() -> None:
    """Print the tables named on the command line, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3, help="training seeds")
    parser.add_argument("--steps", type=int, default=30_000, help="environment steps of each training")
    parser.add_argument("--agent", choices=("pathwise", "ppo"), default="pathwise", help="recurrent: who trains")
    parser.add_argument("--keep", type=Path, help="JSON file of results, to go on from")
    print_tables(parser, {"recurrent": recurrent, "choosers": choosers})


def recurrent(options: argparse.Namespace) -> None:
    """The cell is all that differs."""
    kept = Kept(options.keep)
    base = kept.get("1/N", partial(walked, "equal_weight", *SPAN))
    rows = [row("1/N", [base], base) | {"parameters of the actor": ""}]
    for name, (network, settings) in CELLS.items():
        wanted = settings | ({"parameters": PARAMETERS} if "window" in network else {})
        make = partial(trained, options.agent, "trade", network, wanted, WINDOW, options.steps)
        runs = [
            kept.get(f"{options.agent} {name} seed={s} {options.steps}", partial(make, s)) for s in range(options.seeds)
        ]
        rows.append(row(name, runs, base) | {"parameters of the actor": runs[0]["parameters"]})
    table(rows, f"xLSTM and LSTM at about {PARAMETERS} parameters, {options.agent}, {options.steps:,} steps")


def choosers(options: argparse.Namespace) -> None:
    """Optimisers and Q-learning under one accounting."""
    kept = Kept(options.keep)
    base = kept.get("1/N", partial(walked, "equal_weight", *SPAN))
    rows = [row("1/N", [base], base)]
    for name in ("minimum_variance", "hrp"):
        rows.append(row(name, [kept.get(name, partial(walked, name, *SPAN))], base))
    make = partial(trained, "dqn", "choose", "asset_mlp", {"hidden": (32, 32)}, CHOOSE, options.steps)
    rows.append(
        row("DQN", [kept.get(f"dqn seed={s} {options.steps}", partial(make, s)) for s in range(options.seeds)], base)
    )
    for name, policy in {tilt: Always(i) for i, tilt in enumerate(TILTS)}.items():
        rows.append(
            row(f"always {name}", [kept.get(f"always {name}", partial(walked, policy, *SPAN, CHOOSE, "choose"))], base)
        )
    rows.append(
        row("any tilt, at random", [kept.get("chance", partial(walked, Always(None), *SPAN, CHOOSE, "choose"))], base)
    )
    table(rows, f"Minimum variance, HRP and DQN over {len(TILTS)} tilts, {options.steps:,} steps")


class Always(Policy):
    """The same tilt at every decision, or any."""

    environment = "choose"

    def __init__(self, tilt: int | None) -> None:
        self.tilt = tilt

    def start(self, n: int, seed: int = 0) -> Any:
        return np.zeros(n, np.int64)

    def act(self, observation: Any, mask: Any, memory: Any = None) -> tuple[Any, Any]:
        drawn = np.random.default_rng(int(memory[0])).integers(len(TILTS), size=len(memory))
        return (drawn if self.tilt is None else np.full(len(memory), self.tilt)), memory + 1


def trained(
    name: str, face: str, network: str, settings: dict[str, Any], env: dict[str, Any], steps: int, seed: int
) -> dict[str, Any]:
    """Trained on 1996-2012, walked through the three years after."""
    began = time.process_time()
    problem = make_problem("portfolio/allocation")
    agent = build(agent_class(name), AGENTS[name], where="agent")
    environment = problem.environment(face, backend=agent.backend, **env)
    trainer = agent.trainer(environment, problem.network(network, **settings), seed=seed, steps=steps)
    while trainer.steps < steps:
        trainer.advance()
    seconds, policy = time.process_time() - began, trainer.policy()
    actor = sum(p.numel() for part, p in policy.network.named_parameters() if not part.startswith("value"))
    return walked(policy, *SPAN, env, face) | {"seconds": seconds, "parameters": actor}


if __name__ == "__main__":
    main()
