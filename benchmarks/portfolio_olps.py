"""Online portfolio selection on the six OLPS markets: published wealth, and what costs and a day's lag leave of it.

``python benchmarks/portfolio_olps.py FOLDER [wealth] [honest] [--markets NAME ...]``; FOLDER has the files
``olps_<name>.csv.gz`` of price relatives. Wealth is what 1 has become.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from timing import print_tables, table  # isort: skip  (pins threads before numpy is imported)

import numpy as np

from headway.contest.contestants import Contestant
from headway.domains.portfolio.allocation.problem import Allocation
from headway.domains.portfolio.market.instance import PricePath
from headway.pipelines.comparison.schedule import Schedule
from headway.pipelines.comparison.walkforward import walk_forward

MARKETS = ("nyse_o", "nyse_n", "tse", "sp500", "msci", "djia")
RULES = ("buy_and_hold", "best_stock", "ucrp", "hindsight_crp", "pamr", "olmar")
# Li, Zhao, Hoi and Gopalkrishnan 2012, table 4 (PAMR), and the tables of the OLPS literature (the others).
PUBLISHED = {
    ("nyse_o", "buy_and_hold"): "14.50", ("nyse_o", "best_stock"): "54.14", ("nyse_o", "ucrp"): "27.08",
    ("nyse_o", "hindsight_crp"): "250.60",
    ("nyse_o", "pamr"): "5.14e+15", ("nyse_n", "pamr"): "1.25e+06", ("tse", "pamr"): "264.86",
    ("sp500", "pamr"): "5.09", ("msci", "pamr"): "15.23", ("djia", "pamr"): "0.68",
}  # fmt: skip
ORACLES = ("best_stock", "hindsight_crp")


def main() -> None:
    """Print the tables named on the command line, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the price relatives lie")
    parser.add_argument("--markets", nargs="*", default=list(MARKETS), choices=MARKETS)
    print_tables(parser, {"wealth": wealth, "honest": honest})


def wealth(options: argparse.Namespace) -> None:
    """As published: no costs, orders filled at the close that was seen."""
    rows: list[dict[str, object]] = []
    for name in options.markets:
        found = {rule: final(options.folder, name, rule, execution_lag=0, same_close=True) for rule in RULES}
        known = {rule: PUBLISHED[name, rule] for rule in RULES if (name, rule) in PUBLISHED}
        same = ["yes" if short(found[rule], text) == text else f"NO: {rule} {text}" for rule, text in known.items()]
        rows.append({"market": name} | {label(rule): short(value) for rule, value in found.items()}
                    | {"published": ", ".join(f"{rule} {text}" for rule, text in known.items()),
                       "equal": "yes" if set(same) == {"yes"} else "; ".join(same)})  # fmt: skip
    table(rows, "Final wealth without costs, filled at the close that was seen")


def honest(options: argparse.Namespace) -> None:
    """With costs, and with orders filled a day later."""
    rows: list[dict[str, object]] = []
    for name in options.markets:
        for rule in ("ucrp", "pamr", "olmar"):
            now: dict[str, Any] = {"execution_lag": 0, "same_close": True}
            rows.append({"market": name, "rule": rule,
                         "as published": short(final(options.folder, name, rule, **now)),
                         "10 bps": short(final(options.folder, name, rule, cost_bps=10.0, **now)),
                         "a day later": short(final(options.folder, name, rule)),
                         "both": short(final(options.folder, name, rule, cost_bps=10.0))})  # fmt: skip
    table(rows, "Final wealth with costs of 10 bps on each trade, and with orders filled a day after the close seen")


def final(folder: Path, market: str, rule: str, cost_bps: float = 0.0, **options: Any) -> float:
    """Wealth at the end of a walk through a whole market, daily."""
    problem = Allocation(data="olps", data_options={"folder": folder, "name": market}, every=1, lookback=2,
                         cost_bps=cost_bps, cash="nothing", **options)  # fmt: skip
    print(market, rule, cost_bps, options, file=sys.stderr)
    contestant = Contestant(rule, "baseline", rule, oracle=rule in ORACLES)
    walked = walk_forward(contestant, problem, whole(problem), Schedule())
    return float(walked.evaluation.series["wealth"][0, -1])


def whole(problem: Allocation) -> PricePath:
    """All days of a market, after two on which nothing moves, so that its first day is earned as well."""
    market = problem.market
    returns = np.concatenate([np.zeros((2, len(market.assets))), market.returns])
    dates = np.concatenate([market.dates[0] - np.array([2, 1], "timedelta64[D]"), market.dates])
    return PricePath.of(dates=dates[None], assets=np.array([market.assets]), returns=returns[None],
                        cash=np.zeros((1, len(dates))), start=np.array([1]))  # fmt: skip


def short(value: float, like: str = "") -> str:
    return f"{value:.2e}" if value >= 1e4 or "e" in like else f"{value:.2f}"


def label(rule: str) -> str:
    return f"{rule.replace('_', ' ')} (oracle)" if rule in ORACLES else rule.replace("_", " ")


if __name__ == "__main__":
    main()
