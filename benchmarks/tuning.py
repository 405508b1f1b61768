"""Solvers and an agent tuned under one budget of CPU-seconds, and what that is worth on test instances.

CVRP with 100 uniform customers. Each study may spend the same CPU-seconds in trials, on tuning instances only; its
incumbent then meets the default on test instances that no trial has seen. Gaps are paired, to the default: below zero
is better. The agent is trained within its trials, so that it pays for training out of the same budget.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from timing import table  # isort: skip  (pins threads before numpy is imported)

from headway.pipelines.configuration.schema import TuneConfig
from headway.pipelines.tune import resume_tuning, tune
from headway.pipelines.tuning.defaults import first_trial
from headway.pipelines.tuning.space import space
from headway.runs import Run

SOLVERS = ("ortools", "pyvrp", "sisr")
AGENT: dict[str, Any] = {  # as recommended for 20 customers, for a fiftieth of the steps
    "agent": {"name": "reinforce", "lr_schedule": "cosine", "batch": 32, "rollouts": 20, "shaping": 0.0, "turns": 1},
    "network": {"name": "pomo"},
    "validation": {"n": 16, "every": 150_000, "patience": None},
}


def settings(options: argparse.Namespace, name: str, budget: float) -> dict[str, Any]:
    """The study of one solver, or of the agent, at so many CPU-seconds per instance."""
    own: dict[str, Any] = {"contestant": name, "test_seeds": 1}
    if name == "agent":
        own = AGENT | {"steps": options.steps, "test_seeds": options.seeds, "checkpoint_every": 10**9}
    return own | {
        "problem": {"name": "routing/cvrp", "customers": 100},
        "budget": budget,
        "seconds": options.seconds,
        "trials": 10_000,
        "n": options.n,
        "test_n": options.test,
        "name": f"{name}-{budget:g}",
        "tracking": "off",
    }


def study(options: argparse.Namespace, folder: Path, name: str, budget: float) -> Run:
    """A study of its own; one that was begun in ``folder`` goes on, one that is finished is read."""
    config = TuneConfig.model_validate(settings(options, name, budget))
    begun = folder / str(config.name)
    if begun.exists():
        return resume_tuning(Run.open(begun), _heard)
    return tune(config, root=folder, watch=_heard)


def row(run: Run, name: str, budget: float) -> dict[str, object]:
    """What a study cost, and what its incumbent is worth."""
    found = json.loads((run.folder / "tuning.json").read_text(encoding="utf-8"))
    rows = {row["contestant"]: row for row in found["test"]["rows"]}
    tuned = rows["tuned"]
    gap, low, high = (f"{100 * tuned[key]:+.2f}" for key in ("gap", "gap_low", "gap_high"))
    return {
        "tuned": name,
        "s per instance": f"{budget:g}",
        "trials (pruned)": f"{sum(found['trials'].values())} ({found['trials'].get('pruned', 0)})",
        "CPU-s in trials": f"{found['cpu_seconds']:.0f}",
        "default": f"{rows['default']['objective']:.3f}",
        "incumbent": f"{tuned['objective']:.3f}",
        "difference, % (95 %)": f"{gap} ({low} to {high})",
    }


def values(run: Run, name: str, budget: float) -> dict[str, object]:
    """What the incumbent has otherwise than the default."""
    [best] = json.loads((run.folder / "tuning.json").read_text(encoding="utf-8"))["incumbents"]
    config = TuneConfig.model_validate(run.config)
    usual = first_trial(config, space(config)) or {}
    other = {key: value for key, value in best["parameters"].items() if usual.get(key) != value}
    said = ", ".join(f"{key.partition('.')[2]}={_short(value)}" for key, value in other.items())
    return {"tuned": name, "s per instance": f"{budget:g}", "values": said or "the default"}


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value).strip('"')


def _heard(done: int, total: int, last: str) -> None:
    print(f"  trial {done}: {last}", file=sys.stderr)


def main() -> None:
    """Run the studies that are named, and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"any of {', '.join((*SOLVERS, 'agent'))}; all by default")
    parser.add_argument("--seconds", type=float, default=200.0, help="CPU-seconds in trials, of each study")
    parser.add_argument("--budgets", type=float, nargs="+", default=[0.3, 1.0], help="CPU-seconds per instance")
    parser.add_argument("--n", type=int, default=16, help="tuning instances")
    parser.add_argument("--test", type=int, default=48, help="test instances")
    parser.add_argument("--steps", type=int, default=600_000, help="of each training")
    parser.add_argument("--seeds", type=int, default=3, help="trainings of default and incumbent that are tested")
    parser.add_argument("--keep", type=Path, help="folder of the studies, which go on there; else they are thrown away")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        named = [(name, budget) for budget in options.budgets for name in options.names or (*SOLVERS, "agent")]
        wanted = [(name, budget) for name, budget in named if name != "agent" or budget == options.budgets[-1]]
        runs = []
        for name, budget in wanted:
            print(f"{name}, {budget:g} s", file=sys.stderr)
            runs.append((study(options, options.keep or Path(folder), name, budget), name, budget))
        title = f"{options.seconds:g} CPU-seconds of trials each, {options.n} tuning and {options.test} test instances"
        table([row(*run) for run in runs], title)
        table([values(*run) for run in runs], "Incumbents")


if __name__ == "__main__":
    main()
