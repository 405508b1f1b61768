"""Refits of agents in a backtest: cold against warm, expanding against rolling windows, by CPU-seconds and objective.

``python benchmarks/backtest_refits.py [prices] [demand] [--seeds N] [--share S] [--keep FOLDER]``

``prices``: the pathwise agent on the bundled prices, 2016-2022, refitted every year. ``demand``: the pathwise agent on
the sales of a bakery chain, refitted every eight weeks. Cold refits train afresh with all their steps; warm ones start
from the last weights, with all steps and with a share of them; beside them cold ones with as few. All are scored on the
same periods, nothing is chosen by them, and settings are those of the guides.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from timing import print_tables, table  # isort: skip  (pins threads before numpy is imported)

from headway.pipelines.backtest import backtest
from headway.pipelines.comparison.results import Results, read
from headway.pipelines.configuration.schema import BacktestConfig

Settings = Mapping[str, object]

PRICES: Settings = {
    "problem": {"name": "portfolio/allocation"},
    "contestants": [
        {"name": "pathwise", "lr": 3e-3, "weight_decay": 0.01, "network": "asset_mlp", "steps": 60_000},
        "equal_weight",
    ],
    "refit": 252,
    "purge": 1,
    "embargo": 20,
}
DEMAND: Settings = {
    "problem": {
        "name": "inventory/lost_sales", "demand": "bakery", "keep": 0, "lead_time": 0, "penalty": 4, "lags": 56,
        "horizon": 14,
    },
    "contestants": [
        {"name": "pathwise", "network": "demand_mlp", "lr": 1e-2, "weight_decay": 0.3, "batch": 512, "segment": 2,
         "steps": 204_800, "validation": {"n": 256, "every": 51_200, "patience": None}},
        "quantile_newsvendor",
    ],
    "reference": "quantile_newsvendor",
    "refit": 56,
    "embargo": 1,
}  # fmt: skip
WINDOWS = {"prices": 2016, "demand": 365}  # eight years of days, a year


def main() -> None:
    """Print the tables named on the command line, or both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--share", type=float, default=0.25, help="of the steps, in shorter refits")
    parser.add_argument("--keep", type=Path, help="folder for the runs; a temporary one by default")
    print_tables(parser, {"prices": prices, "demand": demand})


def prices(options: argparse.Namespace) -> None:
    """Refits on prices."""
    _walks("prices", PRICES, options, f"Prices: refitted every 252 days, 2016-2022, {options.seeds} seeds")


def demand(options: argparse.Namespace) -> None:
    """Refits on demand."""
    _walks("demand", DEMAND, options, f"Demand: refitted every 56 days, February to August 2018, {options.seeds} seeds")


def _walks(name: str, settings: Settings, options: argparse.Namespace, title: str) -> None:
    agent = settings["contestants"][0]  # type: ignore[index]
    few = round(options.share * agent["steps"])
    folder = Path(options.keep or tempfile.mkdtemp(prefix="refits-")) / name
    rows: list[dict[str, object]] = []
    kinds = {"cold": {}, "warm": {"warm": True}, "cold, few steps": {"refit_steps": few}}
    kinds["warm, few steps"] = {"warm": True, "refit_steps": few}
    schedules: dict[str, Settings] = {
        f"{window}, {kind}": {**change, **({} if window == "expanding" else {"train_window": WINDOWS[name]})}
        for window in ("expanding", "rolling")
        for kind, change in kinds.items()
    }
    for label, change in {"trained once": {"refit": None}, **schedules}.items():
        rows.append(_row(label, {**settings, **change, "seeds": options.seeds}, folder / label.replace(" ", "-")))
        print(rows[-1], file=sys.stderr, flush=True)
    table(rows, f"{title}; {agent['steps']:,} steps a training, {few:,} in short ones")


def _row(label: str, settings: Settings, folder: Path) -> dict[str, object]:
    config = BacktestConfig.model_validate({**settings, "tracking": "off", "report": False})
    run = backtest(config, root=folder)
    results = read(run.folder)
    row = next(row for row in results.rows if row.contestant == "pathwise")
    with (run.folder / "fits.csv").open(newline="") as file:
        mine = [float(line["cpu_seconds"]) for line in csv.DictReader(file) if line["contestant"] == "pathwise"]
    steps = [json.loads((child.folder / "training.json").read_text())["steps"] for child in run.children]
    return {
        "refits": label,
        "fits": len(mine),
        "steps": f"{sum(steps):,}",
        "CPU-s of fits": f"{sum(mine):.1f}",
        "objective": f"{row.objective:.5g}",
        "by seed": ", ".join(f"{s.objective:.5g}" for s in results.scores if s.contestant == "pathwise"),
        f"gap to {row.reference}": _gap(results, row.gap, row.gap_low, row.gap_high),
    }


def _gap(results: Results, *values: float) -> str:
    ratio = results.problem["gap"] == "ratio"
    value, low, high = (f"{100 * v:.1f} %" if ratio else f"{v:.4f}" for v in values)
    return f"{value} [{low}, {high}]"


if __name__ == "__main__":
    main()
