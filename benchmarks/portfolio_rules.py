"""Portfolio baselines on the bundled stocks, net of costs: tables of docs/results/portfolio.md.

``python benchmarks/portfolio_rules.py [rules] [lots] [capital] [names] [--only NAME ...]``: every rule of allocation
over two periods, every rule of trading in whole lots, small accounts, and what the exact programs prove about few names
within their limits on work.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

from timing import print_tables, table  # isort: skip  (pins threads before numpy is imported)

import numpy as np

from headway import make_problem, rollout
from headway.domains.portfolio.classical.cardinality import Cardinality
from headway.domains.portfolio.classical.estimated import Sample
from headway.domains.portfolio.classical.limits import Limits

PERIODS = {"2016-2022": ("2016-01-01", "2022-12-31"), "1996-2022": ("1996-01-01", "2022-12-31")}
ONLINE = ("pamr", "olmar")  # made for trades every day without cost: portfolio_olps.py


def main() -> None:
    """Print the tables named on the command line, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", help="rules, by name")
    print_tables(parser, {"rules": rules, "lots": lots, "capital": capital, "names": names})


def rules(options: argparse.Namespace) -> None:
    """Weights."""
    _tables("portfolio/allocation", options.only, "Net of 10 bps, every 21 days")


def lots(options: argparse.Namespace) -> None:
    """Whole lots."""
    _tables("portfolio/trading", options.only, "Whole shares, 5 bps and half of 10 bps spread, every 21 days")


def capital(options: argparse.Namespace) -> None:
    """Weights rounded down, and the exact program, where a lot is not small beside the account."""
    rows = []
    for money in (10_000, 50_000, 1_000_000):
        problem = make_problem("portfolio/trading", capital=money)
        history = problem.history(*PERIODS["2016-2022"])
        rows += [{"capital": f"{money:,}"} | _row(problem, rule, history, "rule") for rule in ("rounded", "lots")]
    table(rows, "Inverse volatility in whole shares, by capital, 2016-2022")


def names(options: argparse.Namespace) -> None:
    """Value, bound and time of programs with at most so many of 20 stocks, at three dates."""
    problem = make_problem("portfolio/allocation")
    history = problem.history("2003-01-02", "2022-12-28")
    days = history.decisions(problem.rules.every, problem.rules.lag)[:: 12 * 6][:3]
    assets = history.returns.shape[2]
    limits = Limits.of(problem.rules, np.ones(assets, bool))
    rows: list[dict[str, object]] = []
    for measure in ("cvar", "mad", "tracking"):
        for count in (5, 8):
            planner = Cardinality(measure=measure, names=count)
            print(measure, count, file=sys.stderr)
            began = time.process_time()
            found = [
                planner.found(
                    Sample(history.returns[0, day + 1 - planner.lookback : day + 1], np.zeros(assets), limits)
                )
                for day in days
            ]
            rows.append(
                {
                    "measure": measure,
                    "names": count,
                    "proven": f"{sum(one.gap == 0 for one in found)} of {len(found)}",
                    "largest gap": f"{100 * max(one.gap for one in found):.1f} %",
                    "CPU-s each": f"{(time.process_time() - began) / len(found):.2f}",
                }
            )
    table(rows, f"At most so many of {assets} stocks: within {planner.nodes} nodes, {planner.lookback} days")


def _tables(name: str, only: list[str] | None, title: str) -> None:
    problem = make_problem(name)
    for period, (start, end) in PERIODS.items():
        history = problem.history(start, end)
        chosen = only or [rule for rule in problem.baselines if rule not in ONLINE]
        table([_row(problem, rule, history, period) for rule in chosen], f"{title}, {period}")


def _row(problem: Any, name: str, history: Any, period: str) -> dict[str, object]:
    print(name, period, file=sys.stderr)
    began = time.process_time()
    walked = rollout(problem.environment(), problem.baseline(name), history)
    spent = time.process_time() - began
    found = {key: float(value[0]) for key, value in problem.evaluate(history, walked.solution).metrics.items()}
    return {
        period: name.replace("_", " "),
        "Sharpe": f"{found['sharpe']:.3f}",
        "return a year": f"{100 * found['annual_return']:.1f} %",
        "volatility": f"{100 * found['volatility']:.1f} %",
        "largest loss": f"{100 * found['max_drawdown']:.1f} %",
        "turnover a year": f"{found['turnover']:.2f}",
        "costs, bps a year": f"{found['cost_bps']:.1f}",
        "CPU-s": f"{spent:.1f}",
    }


if __name__ == "__main__":
    main()
