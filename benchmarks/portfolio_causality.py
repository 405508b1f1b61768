"""Leaks and the checks that catch them: eight planted ones, a cheater, and all that the domain itself ships.

    python benchmarks/portfolio_causality.py [leaks] [cheater] [domain]

Nothing is random but the market of the planted leaks, whose seed is fixed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any

from timing import print_tables, table  # isort: skip  (pins threads before numpy is imported)

import numpy as np

import headway
from headway.components import component
from headway.errors import LeakageError
from headway.policy import Planner, Policy
from headway.registry import problems
from headway.testing import assert_causal
from headway.testing.leaks import leaks


def verdict(check: Callable[[], None]) -> tuple[str, LeakageError | None, str]:
    """passes or caught, the error, and CPU-seconds."""
    began = time.process_time()
    error: LeakageError | None = None
    try:
        check()
    except LeakageError as caught:
        error = caught
    return "caught" if error else "passes", error, f"{time.process_time() - began:.2f}"


def leak_table(options: argparse.Namespace) -> None:
    """Each leak on random walks of 320 days, beside the honest way."""
    rows = []
    for name, leak in leaks().items():
        print(name, file=sys.stderr)
        wrong, error, seconds = verdict(lambda leak=leak: assert_causal(leak.wrong, leak.data, **leak.options))
        honest, _, more = verdict(lambda leak=leak: assert_causal(leak.honest, leak.data, **leak.options))
        where = str(error.where) if error else ""
        rows.append(
            {
                "leak": name,
                "verdict": wrong,
                "by": "prefix" if "cut off" in where else "perturbation",
                "the future begins after": where.split("known after ")[-1].split(" was")[0],
                "first wrong value": where.split("; ")[-1] if "; " in where else "another set of columns",
                "got": str(error.got) if error else "",
                "expected": str(error.expected) if error else "",
                "honest way": honest,
                "CPU-s": f"{seconds} + {more}",
            }
        )
    table(rows, "Planted leaks")


@component
class Cheater(Planner):
    """Holds the stock that rises most on the day its order will be held for: docs/causality.md."""

    def plan(self, problem: Any, view: Any, state: Any) -> Any:
        assets = view.returns.shape[2]
        today = int(np.searchsorted(problem.market.dates, view.dates[0, -1]))
        ahead = problem.market.returns[today + 2 : today + 3]
        return np.append(np.eye(assets)[ahead[0].argmax()] if len(ahead) else np.full(assets, 1 / assets), 0.0)


def cheater_table(options: argparse.Namespace) -> None:
    """Its ratio on 2016-2022 (daily decisions, traded a day later, 10 bps), and what the check says."""
    problem = headway.make_problem("portfolio/allocation", every=1, window=60)
    history, rows = problem.history("2016-01-04", "2022-12-28"), []
    for name, planner in {"cheater": Cheater(), "1/N": problem.baseline("equal_weight")}.items():
        result = headway.rollout(problem.environment(), planner, history)
        metrics = problem.evaluate(history, result.solution).metrics
        said, error, seconds = verdict(lambda planner=planner: assert_causal(planner, problem=problem))
        rows.append(
            {
                "contestant": name,
                "net Sharpe": f"{metrics['sharpe'][0]:.2f}",
                "turnover a year": f"{metrics['turnover'][0]:.1f}",
                "verdict": said,
                "why": f"{error.what}: {error.where}" if error else "",
                "CPU-s": seconds,
            }
        )
    table(rows, "A cheater")


def domain_table(options: argparse.Namespace) -> None:
    """All environments and baselines of the domain, on the five funds."""
    rows = []
    for name in problems():
        if not name.startswith("portfolio/"):
            continue
        problem = headway.make_problem(name, data="factors", window=7, lookback=120)
        parts = {f"environment {key}": problem.environment(key) for key in problem.environments}
        baselines = {key: problem.baseline(key) for key in problem.baselines}
        parts |= {key: part for key, part in baselines.items() if isinstance(part, (Policy, Planner))}
        for label, part in parts.items():
            print(name, label, file=sys.stderr)
            said, error, seconds = verdict(lambda part=part, own=problem: assert_causal(part, problem=own))
            rows.append(
                {
                    "problem": name,
                    "what": label,
                    "verdict": said,
                    "why": f"{error.what}: {error.where}" if error else "",
                    "CPU-s": seconds,
                }
            )
    table(rows, "What ships")


if __name__ == "__main__":
    tables = {"leaks": leak_table, "cheater": cheater_table, "domain": domain_table}
    print_tables(argparse.ArgumentParser(description=__doc__), tables)
