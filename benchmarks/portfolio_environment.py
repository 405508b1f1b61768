"""Steps per CPU-second of the portfolio environment: 20 stocks, a decision every day, costs and drift; FinRL beside.

``python benchmarks/portfolio_environment.py [steps] [parts] [--finrl FILE]``; FILE is `env_portfolio.py` of a checkout
of FinRL (finrl/meta/env_portfolio_allocation, commit 220f9e4), which is loaded by itself: it needs gymnasium, pandas
and SB3.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from timing import print_tables, table, take_turns  # isort: skip  (pins threads before numpy is imported)

import numpy as np

from headway import make_problem
from headway.envs.single import HeadwayEnv
from headway.envs.vector import HeadwayVectorEnv

BATCH, DAYS, ASSETS = 256, 504, 20
MEASURED = "586-1,059 (measured before, commit 220f9e4, a quiet machine)"


def main() -> None:
    """Print the tables named on the command line, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--finrl", type=Path, help="env_portfolio.py of FinRL")
    print_tables(parser, {"steps": steps, "parts": parts})


def steps(options: argparse.Namespace) -> None:
    """Whole steps, observations and resets included."""
    contestants = {
        f"batch of {BATCH}": batched(environment()),
        f"batch of {BATCH}, window of 60 days observed": batched(environment(window=60)),
        f"batch of {BATCH}, spread, impact and fees": batched(environment({"spread_bps": 4, "impact": 1.0})),
        "one, gymnasium": single(HeadwayEnv(environment())),
    }
    if options.finrl:
        contestants["FinRL StockPortfolioEnv, 4 indicators, no costs"] = single(finrl(options.finrl), ASSETS, 200)
    rate = take_turns(contestants, 5)
    rows: list[dict[str, object]] = [{"environment": name, "steps/s": f"{rate[name]:,.0f}"} for name in contestants]
    if not options.finrl:
        rows.append({"environment": "FinRL StockPortfolioEnv", "steps/s": MEASURED})
    table(rows, f"Portfolio: steps per CPU-second, {ASSETS} assets, one decision a day")


def environment(rules: dict[str, Any] | None = None, **options: Any) -> Any:
    """The environment with a decision every day."""
    return make_problem("portfolio/allocation", every=1, window=DAYS, **(rules or {})).environment(**options)


def batched(env: Any) -> Callable[[], int]:
    """Steps of the native batch."""
    vector = HeadwayVectorEnv(env, BATCH)
    vector.reset(seed=1)
    action = np.random.default_rng(0).uniform(-1, 1, (BATCH, ASSETS)).astype(np.float32)

    def play() -> int:
        for _ in range(200):
            vector.step(action)
        return 200 * BATCH

    return play


def single(env: Any, assets: int = ASSETS, count: int = 500) -> Callable[[], int]:
    """Steps of one environment, begun again when an episode ends."""
    action = np.random.default_rng(0).uniform(0, 1, assets).astype(np.float32)
    env.reset()

    def play() -> int:
        for _ in range(count):
            _, _, terminated, truncated, _ = env.step(action)
            if terminated or truncated:
                env.reset()
        return count

    return play


def parts(options: argparse.Namespace) -> None:
    """Where the time of a batched step goes."""
    env = environment()
    params = env.prepare(env.problem.instances("train", BATCH))
    state = env.reset(params)
    for _ in range(2):  # the second decision: something is held
        seen = env.observe(params, state)
        action = np.random.default_rng(0).uniform(-1, 1, (BATCH, ASSETS)).astype(np.float32)
        wanted = env.decode(seen, action)
        order = env.project(seen, wanted)
        before, state = state, env.step(params, state, order).state
    work: dict[str, Callable[[], Any]] = {
        "observe": lambda: env.observe(params, before),
        "decode": lambda: env.decode(seen, action),
        "project": lambda: env.project(seen, wanted),
        "step": lambda: env.step(params, before, order),
    }
    rate = take_turns({name: repeated(call) for name, call in work.items()}, 5)
    rows: list[dict[str, object]] = [{"part": name, "us": f"{1e6 / rate[name]:.1f}"} for name in work]
    table(rows, f"Parts of a step, batch of {BATCH}")


def repeated(work: Callable[[], Any]) -> Callable[[], int]:
    """Call ``work`` often; say how often."""

    def calls() -> int:
        for _ in range(300):
            work()
        return 300

    return calls


def finrl(file: Path) -> Any:
    """FinRL's environment on the same stocks, with a covariance of a year and four indicators a day."""
    import pandas as pd

    spec = importlib.util.spec_from_file_location("finrl_env_portfolio", file)
    if spec is None or spec.loader is None:
        sys.exit(f"{file} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    market = make_problem("portfolio/allocation").market
    last, days = 2500, 1000
    prices = np.cumprod(1 + market.returns, axis=0)
    rows = []
    for day in range(days):
        now = last + day
        covariance = np.cov(market.returns[now - 252 : now].T)
        for asset, name in enumerate(market.assets):
            window = market.returns[now - 30 : now, asset]
            shown = (window.mean(), window.std(), window.min(), window.max())
            rows.append((day, str(market.dates[now]), name, prices[now, asset], covariance, *shown))
    names = ["macd", "rsi_30", "cci_30", "dx_30"]
    frame = pd.DataFrame(rows, columns=["day", "date", "tic", "close", "cov_list", *names]).set_index("day")
    os.chdir(tempfile.mkdtemp())  # it writes pictures into ./results at the end of an episode
    Path("results").mkdir()
    return module.StockPortfolioEnv(
        df=frame, stock_dim=ASSETS, hmax=100, initial_amount=1e6, transaction_cost_pct=0.001, reward_scaling=1.0,
        state_space=ASSETS, action_space=ASSETS, tech_indicator_list=names,
    )  # fmt: skip


if __name__ == "__main__":
    main()
