"""Small backtests on `tiny/tides`, for the tests of what they leave behind."""

from __future__ import annotations

from headway.pipelines.backtest import backtest
from headway.pipelines.comparison.results import read
from headway.pipelines.configuration.schema import BacktestConfig

AGENT = {"name": "ppo", "num_envs": 8, "rollout": 6, "batch": 24, "epochs": 1, "steps": 96} | {
    "network": {"name": "mlp", "hidden": [8]}, "validation": {"n": 2, "every": 96}
}  # fmt: skip


def config(contestants, **changes):
    settings = {"report": False, "tracking": "off", "resamples": 200, **changes}
    return BacktestConfig(problem={"name": "tiny/tides"}, contestants=contestants, **settings)


def run(contestants, root, **changes):
    return backtest(config(contestants, **changes), root=root)


def walked(contestants, root, **changes):
    return read(run(contestants, root, **changes).folder)


def row(results, name):
    return next(r for r in results.rows if r.contestant == name)
