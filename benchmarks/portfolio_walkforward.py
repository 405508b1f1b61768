"""A walk-forward of 31 years on the bundled stocks: CPU time of the whole beside that of its optimisations alone.

``python benchmarks/portfolio_walkforward.py [NAME ...] [--turns N]``. Decisions every 21 days from 1992 to 2022, each
on the 504 days before it. The fits alone are `Estimated.weights` on the same windows, one after another.
"""

from __future__ import annotations

import argparse
import datetime
import sys
import time
from typing import Any

from timing import table  # isort: skip  (pins threads before numpy is imported)

import numpy as np

from headway.contest.contestants import Contestant
from headway.domains.portfolio.allocation.problem import Allocation
from headway.domains.portfolio.classical.estimated import Estimated, Sample
from headway.domains.portfolio.classical.limits import Limits
from headway.domains.portfolio.market.instance import PricePath
from headway.pipelines.comparison.schedule import Schedule
from headway.pipelines.comparison.walkforward import walk_forward

NAMES = ("equal_weight", "inverse_volatility", "minimum_variance", "hrp", "mad")


def main() -> None:
    """Print one row a rule: best of the turns, whole and fits taking turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(NAMES))
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    problem = Allocation(begin=datetime.date(1992, 1, 2))
    history = problem.history("1992-01-02", "2022-12-28")
    days = history.decisions(problem.rules.every, problem.rules.lag)
    rows: list[dict[str, object]] = []
    for name in options.names:
        planner = problem.baseline(name)
        fits = list(days) if isinstance(planner, Estimated) else []
        whole, alone, sharpe = [], [], 0.0
        for turn in range(options.turns):
            print(name, turn, file=sys.stderr)
            walked = walk_forward(Contestant(name, "baseline", name), problem, history, Schedule())
            whole.append(walked.cpu_seconds)
            alone.append(seconds(problem, planner, history, fits))
            sharpe = float(walked.evaluation.metrics["sharpe"][0])
        best, only = min(whole[1:] or whole), min(alone[1:] or alone)  # the first turn imports
        rows.append({"rule": name.replace("_", " "), "walk, CPU-s": f"{best:.3f}",
                     "fits alone, CPU-s": f"{only:.3f}" if fits else "", "ratio": f"{best / only:.2f}" if fits else "",
                     "net Sharpe": f"{sharpe:.3f}"})  # fmt: skip
    table(rows, f"Walk-forward 1992-2022, {len(days)} decisions, 20 stocks, 10 bps")


def seconds(problem: Allocation, planner: Any, history: PricePath, days: list[Any]) -> float:
    """CPU-seconds of the planner's estimates alone on the windows before these days."""
    assets = history.returns.shape[2]
    limits, nothing = Limits.of(problem.rules, np.ones(assets, bool)), np.zeros(assets)
    began = time.process_time()
    for day in days:
        planner.weights(Sample(history.returns[0, day + 1 - planner.lookback : day + 1], nothing, limits))
    return time.process_time() - began


if __name__ == "__main__":
    main()
