"""Portfolio backtests: CPU-seconds of each stage, the same series from fresh processes, refits that roll and expand.

``python benchmarks/portfolio_backtest.py [pipeline] [reproducible] [refits] [--agents NAME ...] [--steps N]
[--seeds N] [--keep FOLDER]``

``pipeline``: `train`, `backtest`, `compare` and `report` on the bundled prices, as a user would type them, and the
same as a smoke run. ``reproducible``: each agent trained inside a backtest, twice, each time in a fresh process: the
SHA-256 of its daily series. ``refits``: the pathwise agent trained once, refitted every two years on all that is known
and on the last eight years, with a gap of 21 days, beside 1/N. All is scored on 2016-2022, and nothing chosen by it.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from timing import print_tables, table  # isort: skip  (pins threads before numpy is imported)

from headway.pipelines.comparison.results import Results, Row, read

Rows = list[dict[str, object]]

COMMAND = (sys.executable, "-m", "headway.pipelines.cli")
PROBLEM = "problem.name=portfolio/allocation"
RULES = ("equal_weight", "buy_and_hold", "minimum_variance", "hrp")
PATHWISE = {"lr": 3e-3, "weight_decay": 0.01, "network": "asset_mlp"}
SMALL = {"validation": {"n": 8, "every": 4000}}
AGENTS: dict[str, dict[str, object]] = {
    "ppo": {"network": "asset_mlp", "num_envs": 16, "rollout": 24, "batch": 128, "epochs": 2, **SMALL},
    "dqn": {"env": "choose", "network": "asset_mlp", **SMALL},
    "sac": {"network": "asset_mlp", **SMALL},
    "pathwise": {**PATHWISE, **SMALL},
}


def main() -> None:
    """Print the tables named on the command line, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=100_000, help="environment steps of a training")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--agents", nargs="+", default=list(AGENTS), choices=list(AGENTS), help="to be reproduced")
    parser.add_argument("--keep", type=Path, help="folder for the runs; a temporary one by default")
    print_tables(parser, {"pipeline": pipeline, "reproducible": reproducible, "refits": refits})


def headway(*arguments: str) -> tuple[float, float]:
    """Run a command as a user would; CPU-seconds and wall seconds of its process."""
    print("headway", *arguments, file=sys.stderr, flush=True)
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([*COMMAND, *arguments], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, time.perf_counter() - began


def runs(options: argparse.Namespace, name: str) -> Path:
    """A new folder for the runs of one table."""
    options.keep = options.keep or Path(tempfile.mkdtemp(prefix="portfolio-"))
    options.keep.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(dir=options.keep, prefix=f"{name}-"))


# -- stages -----------------------------------------------------------------------------------------
def pipeline(options: argparse.Namespace) -> None:
    """CPU-seconds from prices to a report."""
    rows: Rows = []
    for name, steps, resamples, rules in (("all of it", options.steps, 2000, RULES), ("smoke", 4000, 200, RULES[:2])):
        folder = runs(options, "pipeline")
        common = [f"runs={folder}", "tracking=off"]
        entries = json.dumps([*rules, {"name": str(folder / "agent"), "label": "pathwise"}])
        judged = [f"contestants={entries}", f"resamples={resamples}", "report=false", *common]
        stages = {
            "train": ["train", "config=demo/portfolio_train", f"steps={steps}", "name=agent", *common],
            "backtest": ["backtest", PROBLEM, "name=backtest", *judged],
            "compare": ["compare", PROBLEM, "n=4", "name=compare", "pictures=0", *judged],
            "report": ["report", str(folder / "backtest"), str(folder / "compare"), f"out={folder / 'report.html'}"],
        }
        spent = {stage: headway(*arguments)[0] for stage, arguments in stages.items()}
        total = sum(spent.values())
        rows.append({"CPU-seconds": name, **{k: f"{v:.1f}" for k, v in spent.items()}, "together": f"{total:.1f}"})
    table(rows, f"From prices to a report: {', '.join(RULES)} and a policy trained for {options.steps:,} steps")
    print(f"\nThe smoke run: {' and '.join(RULES[:2])}, a policy trained for 4,000 steps, 200 replicates.")


# -- the same again ---------------------------------------------------------------------------------
def reproducible(options: argparse.Namespace) -> None:
    """The digest of each agent's daily net growth, from two fresh processes."""
    rows: Rows = []
    for agent in options.agents:
        folder = runs(options, agent)
        entry = json.dumps([{"name": agent, "steps": 4000, **AGENTS[agent]}])
        command = ["backtest", PROBLEM, f"contestants={entry}", "start=2021-01-04", f"runs={folder}", "tracking=off"]
        found = []
        for attempt in ("first", "second"):
            headway(*command, "report=false", "resamples=100", f"name={attempt}")
            found.append(str(read(folder / attempt).series[agent][0]["sha256"]))
        same = "yes" if found[0] == found[1] else "NO"
        rows.append(
            {"agent": agent, "first process": found[0][:16], "second process": found[1][:16], "identical": same}
        )
    table(rows, "The same seed in fresh processes: SHA-256 of the daily series (first 16 digits)")


# -- refits -----------------------------------------------------------------------------------------
def refits(options: argparse.Namespace) -> None:
    """Net results of the pathwise agent by what its refits see."""
    rows: Rows = []
    folder = runs(options, "refits")
    entry = json.dumps([{"name": "pathwise", "steps": options.steps, **PATHWISE}])
    gap = ["purge=1", "embargo=20"]
    for name, settings in (
        ("trained once", gap),
        ("refitted every 504 days, expanding", ["refit=504", *gap]),
        ("refitted every 504 days, rolling", ["refit=504", "train_window=2016", *gap]),
    ):
        slug = name.replace(" ", "-").replace(",", "")
        command = ["backtest", PROBLEM, f"contestants={entry}", f"seeds={options.seeds}", f"runs={folder}"]
        cpu = headway(*command, "tracking=off", "report=false", f"name={slug}", *settings)[0]
        results = read(folder / slug)
        rows += [_row(results, row, name) | {"CPU-seconds": f"{cpu:.0f}"} for row in _shown(results, bool(rows))]
    table(rows, f"Pathwise agent, {options.steps:,} steps a training, {options.seeds} seeds, 2016-2022, 10 bps")


def _shown(results: Results, again: bool) -> Sequence[Row]:
    """The reference is the same in every backtest, and shown once."""
    return [row for row in results.rows if not (again and row.contestant == results.reference["name"])]


def _row(results: Results, row: Row, name: str) -> dict[str, object]:
    assert results.findings is not None
    assert results.trials is not None
    sharpe = next(cells for cells in results.findings.tables[0].rows if cells[0] == row.contestant)
    columns = dict(zip([column.name for column in results.findings.tables[0].columns], sharpe, strict=False))
    learned = row.kind in ("learned", "ablation")
    return {
        "contestant": f"{row.contestant}{f' ({name})' if learned else ''}",
        "Sharpe ratio": _interval(columns["Sharpe ratio"]),
        "less 1/N's": _interval(columns["less the reference's"]),
        "DSR": f"{columns['DSR']:.3f}",
        "N": results.trials.count,
        "by seed": columns.get("by seed", ""),
        "active share": f"{row.metrics['active_share']:.1%}",
        "turnover": f"{row.metrics['turnover']:.2f}",
        "bps a year": f"{row.metrics['cost_bps']:.1f}",
    }


def _interval(cell: object) -> str:
    return f"{cell[0]:.2f} [{cell[1]:.2f}, {cell[2]:.2f}]" if isinstance(cell, (list, tuple)) else ""


if __name__ == "__main__":
    main()
