"""The accounting of the portfolio domain beside others'.

``python benchmarks/portfolio_accounting.py [decimals] [months] [olps] [--data FOLDER] [--n N]``: wealth from an
independent replay of money in decimals with every rule on; 1/N at month starts beside cvxportfolio; the OLPS toolbox's
published wealth on its data sets (FOLDER holds ``olps_*.csv.gz``: daily price relatives with a header line).
"""

from __future__ import annotations

import argparse
import csv
import gzip
import sys
from pathlib import Path

from timing import print_tables, table  # isort: skip  (pins threads before numpy is imported)

import numpy as np
from numpy.typing import NDArray

from headway import make_problem
from headway.domains.portfolio.accounting.metrics import of_growth
from headway.domains.portfolio.accounting.rules import Rules
from headway.domains.portfolio.allocation.evaluate import evaluate
from headway.domains.portfolio.allocation.ledger import replay
from headway.domains.portfolio.allocation.reference import equal_weight
from headway.domains.portfolio.allocation.solution import orders
from headway.domains.portfolio.market.instance import PricePath

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "domains" / "portfolio"))
# cvxportfolio 1.5.1 on these days, PeriodicRebalance to 1/20 at month starts, TransactionCost(a=0.001, b=None):
# final wealth, growth a year (252 days), Sharpe ratio, largest loss from a peak.
CVXPORTFOLIO = (104.485800, 0.1619550, 0.8939417, 0.4886354)
# From the relatives alone; equal to the literature (Li, Sahoo and Hoi 2015) in the digits that it prints.
PUBLISHED = {
    "nyse_o": (14.497, 54.140, 27.075),
    "nyse_n": (18.057, 83.507, 31.552),
    "tse": (1.6129, 6.2792, 1.5952),
    "sp500": (1.3416, 3.7792, 1.6487),
    "msci": (0.90635, 1.5040, 0.92684),
    "djia": (0.76436, 1.1884, 0.81273),
}


def main() -> None:
    """Print the tables named on the command line, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of the OLPS data sets")
    parser.add_argument("--n", type=int, default=100, help="random markets for `decimals`")
    print_tables(parser, {"decimals": decimals, "months": months, "olps": olps})


def decimals(options: argparse.Namespace) -> None:
    """Random markets that halt, random orders with shorts and loans, every rule on."""
    from test_portfolio_accounting import FEES, broken_market, in_decimals

    worst, compared = {"scorer": 0.0, "environment": 0.0}, 0
    for seed in range(options.n):
        rng = np.random.default_rng(seed)
        every = int(rng.integers(1, 6))
        lag = int(rng.integers(0, every + 1))
        problem = make_problem(
            "portfolio/allocation", every=every, execution_lag=lag, same_close=True, long_only=False, leverage=3, **FEES
        )
        path = broken_market(rng, 6 + 4 * every, batch=2)
        risky = rng.normal(0.2, 0.3, (2, 4, 4))
        targets = np.concatenate([risky, 1 - risky.sum(axis=2, keepdims=True)], axis=2)
        env = problem.environment()
        params = env.prepare(path)
        state = env.reset(params)
        for t in range(4):
            state = env.step(params, state, targets[:, t]).state
        scored = evaluate(problem.rules, path, orders(path, problem.rules, targets))
        alive = ~np.isnan(scored.objective)
        expected = np.array(in_decimals(problem.rules, path, targets))[alive]
        compared += int(alive.sum())
        for name, got in (("scorer", scored.series["wealth"][:, -1]), ("environment", state.wealth)):
            worst[name] = max(worst[name], float(np.abs(got[alive] / expected - 1).max(initial=0)))
    rows: list[dict[str, object]] = [
        {"": n, "paths": compared, "largest difference": f"{d:.1e}"} for n, d in worst.items()
    ]
    table(rows, "Final wealth beside money in decimals (40 digits), relative")


def months(options: argparse.Namespace) -> None:
    """1/N of 20 stocks, 10 bps, rebalanced at the close of the first trading day of each month."""
    problem = make_problem("portfolio/allocation", execution_lag=0, same_close=True, cash="nothing")
    path = problem.history("1992-01-03", "2022-12-27")
    days, month = np.arange(path.first, path.length - 1), path.dates[0].astype("datetime64[M]")
    starts = days[np.append(True, month[days[1:]] != month[days[1:] - 1])]
    targets = np.tile(np.append(np.full(20, 0.05), 0.0), (1, len(starts), 1))
    shrunk = replay(problem.rules, path, targets, starts).net
    rows = [_figures("cvxportfolio 1.5.1 (costs from cash)", CVXPORTFOLIO)]
    for name, net in (
        ("scorer (all holdings shrink by the cost)", shrunk),
        ("by hand: costs from cash", _from_cash(path, starts)),
    ):
        measures = of_growth(net)
        values = [float(net.prod()), *(float(measures[k][0]) for k in ("annual_return", "sharpe", "max_drawdown"))]
        rows.append(_figures(name, tuple(values)))
    table(rows, "1/N at month starts, 2 January 1992 to 27 December 2022, 10 bps")


def _figures(name: str, values: tuple[float, ...]) -> dict[str, object]:
    wealth, growth, ratio, loss = values
    shown = {"return a year": f"{growth:.5%}", "Sharpe": f"{ratio:.5f}", "largest loss": f"{loss:.4%}"}
    return {"": name, "final wealth": f"{wealth:.4f}", **shown}


def _from_cash(path: PricePath, starts: NDArray[np.intp]) -> NDArray[np.float64]:
    """Daily growth [1, days] where holdings are 1/N of wealth before costs, and costs a loan until the next trade."""
    money, cash, wealth = np.zeros(20), 1.0, [1.0]
    for day in range(path.first, path.length):
        if day > path.first:
            money = money * (1 + path.returns[0, day])
            wealth.append(float(money.sum() + cash))
        if day in starts:
            total = money.sum() + cash
            cash = -0.001 * np.abs(total / 20 - money).sum()
            money = np.full(20, total / 20)
    return np.array([wealth[1:]]) / np.array([wealth[:-1]])


def olps(options: argparse.Namespace) -> None:
    """Buy and hold, the best asset, and uniform constant rebalancing without costs."""
    if options.data is None:
        print("olps: name the folder of the data sets with --data", file=sys.stderr)
        return
    rules = Rules(every=1, lag=0, cost=0.0, long_only=True, leverage=1.0, cap=1.0)
    rows: list[dict[str, object]] = []
    for name, published in PUBLISHED.items():
        with gzip.open(options.data / f"olps_{name}.csv.gz", "rt") as stream:
            relatives = np.array(list(csv.reader(stream))[1:], float)
        path = _path(relatives)
        constant = equal_weight(rules, path).weights[0]
        once, star = np.zeros_like(constant), np.zeros_like(constant)
        once[0] = constant[0]
        star[0, relatives.prod(axis=0).argmax()] = 1.0
        row: dict[str, object] = {"data": f"{name}, {len(relatives)} x {relatives.shape[1]}"}
        for column, weights, expected in zip(
            ("hold", "best", "rebalanced"), (once, star, constant), published, strict=True
        ):
            wealth = replay(rules, path, weights[None]).net.prod()
            row[column] = f"{wealth:.5g} ({expected:.5g})"
        rows.append(row)
    table(rows, "OLPS: final wealth without costs (expected)")


def _path(relatives: NDArray[np.float64]) -> PricePath:
    days, assets = relatives.shape
    return PricePath.of(
        dates=np.datetime64("2000-01-01") + np.arange(days + 1)[None],
        assets=np.array([[f"A{i:02d}" for i in range(assets)]]),
        returns=np.concatenate([np.zeros((1, assets)), relatives - 1])[None],
        cash=np.zeros((1, days + 1)),
        start=np.array([0]),
    )


if __name__ == "__main__":
    main()
