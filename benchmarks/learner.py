"""PPO's learner against SB3's, on the same batch of environments, with the same network and hyper-parameters.

`ppo` beside SB3's own PPO (MaskablePPO where there is a mask) on torch's layers: environment steps per CPU-second,
learning included, and the validation objective after equal steps over training seeds. Masks: the same problem with a
mask that allows everything, and without.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from timing import print_tables, table, take_turns  # isort: skip  (pins threads before numpy is imported)

import numpy as np
import torch
from scipy import stats
from torch import nn

from headway import make_problem
from headway.components import build, component
from headway.pipelines.training.validation import Validator
from headway.registry import agent_class

# problem, options, environment, steps of each seed
SETUPS: dict[str, tuple[str, dict[str, Any], str, int]] = {
    "lost sales, orders in units (9 observations)": ("inventory/lost_sales", {}, "units", 500_000),
    "lost sales, continuous orders": ("inventory/lost_sales", {}, "order", 500_000),
    "CVRP, 10 customers, masked": ("routing/cvrp", {"customers": 10, "capacity": 30}, "construct", 300_000),
}
WIDE = {"wide": {"num_envs": 1024, "batch": 8192}, "usual": {}}


def trainer(name: str, environment: Any, steps: int, seed: int = 0, **options: Any) -> Any:
    """A training run of two layers of 64; SB3's computes on torch's own layers, as with its own policies."""
    network = environment.problem.network("mlp", hidden=(64, 64))
    made: Any = build(agent_class(name), options, where="agent").trainer(environment, network, seed=seed, steps=steps)
    if name == "sb3_ppo":
        towers = made.model.policy.network
        towers.actor_tower, towers.critic_tower = (nn.Sequential(*t) for t in (towers.actor_tower, towers.critic_tower))
    return made


def updates(run: Any, n: int = 4) -> int:
    """Some updates; the steps they took."""
    before = run.steps
    for _ in range(n):
        run.advance()
    return int(run.steps - before)


def rates(options: argparse.Namespace) -> None:
    """Steps per CPU-second side by side."""
    rows: list[dict[str, object]] = []
    for title, (problem, knobs, env, _) in SETUPS.items():
        environment = make_problem(problem, **knobs).environment(env)
        for size, wide in WIDE.items():
            runs = {name: trainer(name, environment, 10**9, **wide) for name in ("ppo", "sb3_ppo")}
            found = take_turns({name: lambda run=run: updates(run) for name, run in runs.items()})
            batch = "1,024 environments, batch 8,192" if wide else "256 environments, batch 2,048"
            ratio = found["ppo"] / found["sb3_ppo"]
            rows.append({"problem": title, "batch": batch, "ppo": f"{found['ppo']:,.0f}",
                         "SB3": f"{found['sb3_ppo']:,.0f}", "ratio": f"{ratio:.2f}"})  # fmt: skip
            print(title, size, found, file=sys.stderr)
    table(rows, "Training steps per CPU-second, two layers of 64, 32 steps a rollout, 4 epochs")


def objectives(options: argparse.Namespace) -> None:
    """Validation objective after equal steps."""
    rows: list[dict[str, object]] = []
    for title, (problem, knobs, env, steps) in SETUPS.items():
        environment = make_problem(problem, **knobs).environment(env)
        validator, found = Validator(environment, 256), dict[str, list[float]]()
        for name in ("ppo", "sb3_ppo"):
            for seed in range(options.seeds):
                run = trainer(name, environment, steps, seed)
                while run.steps < steps:
                    run.advance()
                found.setdefault(name, []).append(validator(run.policy()).objective)
            print(title, name, found[name], file=sys.stderr)
        interval = stats.ttest_ind(found["ppo"], found["sb3_ppo"], equal_var=False).confidence_interval(0.95)
        rows.append({"problem": title, "steps": f"{steps:,}", "ppo": _mean(found["ppo"]),
                     "SB3": _mean(found["sb3_ppo"]),
                     "ppo - SB3, 95 % interval": f"{interval.low:+.2g} to {interval.high:+.2g}"})  # fmt: skip
    table(rows, f"Mean validation objective after equal steps, {options.seeds} seeds (range over seeds)")


def _mean(values: list[float]) -> str:
    return f"{np.mean(values):.4g} ({min(values):.4g} to {max(values):.4g})"


def masks(options: argparse.Namespace) -> None:
    """What a mask costs that forbids nothing."""
    problem = make_problem("inventory/lost_sales")
    plain = problem.environment("units")

    @component
    class Masked(type(plain)):  # type: ignore[misc]
        masked = True

        def mask(self, params: Any, state: Any) -> Any:
            rows = len(next(iter(self.observe(params, state).values())))
            return np.ones((rows, actions), np.bool_)

    actions = int(plain.spaces(plain.prepare(problem.instances("train", 1)))[1].n)
    object.__setattr__(problem, "environments", {**problem.environments, "masked": f"{__name__}:{Masked.__qualname__}"})
    rows: list[dict[str, object]] = []
    for name in ("ppo", "sb3_ppo"):
        runs = {kind: trainer(name, env, 10**9) for kind, env in (("no", plain), ("yes", Masked(problem=problem)))}
        found = take_turns({kind: lambda run=run: updates(run) for kind, run in runs.items()}, turns=15)
        rows.append({"learner": name, "no mask": f"{found['no']:,.0f}", "mask": f"{found['yes']:,.0f}",
                     "cost of the mask": f"{1 - found['yes'] / found['no']:.1%}"})  # fmt: skip
    table(rows, f"Steps per CPU-second on lost sales with {actions} actions, with a mask and without")


def main() -> None:
    """Print the tables named on the command line, or all."""
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="training seeds")
    print_tables(parser, {"rates": rates, "objectives": objectives, "masks": masks})


if __name__ == "__main__":
    main()
