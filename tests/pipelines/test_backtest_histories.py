"""The same backtest on prices, demand and arrivals of VMs: what refits are handed, and what is left behind."""

from __future__ import annotations

import csv
import dataclasses

import numpy as np
import pytest

from headway.pipelines.backtest import backtest
from headway.pipelines.comparison.results import read
from headway.pipelines.comparison.schedule import Schedule
from headway.pipelines.comparison.walkforward import first_period
from headway.pipelines.configuration.schema import BacktestConfig
from headway.registry import make_problem

BAKERY = {"demand": "bakery", "lead_time": 1}
TRACE = {"data": "traced", "machines": 2}
HISTORIES = {
    "portfolio/allocation": {}, "portfolio/trading": {}, "inventory/lost_sales": BAKERY, "inventory/backlog": BAKERY,
    "vm_rescheduling/placement": TRACE,
}  # fmt: skip
SHORT = {
    "portfolio/allocation": ("2022-06-01", "2022-12-28", ["equal_weight", "hrp"], 60),
    "portfolio/trading": ("2022-06-01", "2022-12-28", ["equal_weight", "lots"], 60),
    "inventory/lost_sales": ("2018-07-01", "2018-07-26", ["base_stock", "mpc"], 15),
    "vm_rescheduling/placement": ("3d", "3d 03h", ["slot_fit", "random"], 15),
}
STRESS = {
    "portfolio/allocation": ("2022-07", "2022-09"), "portfolio/trading": ("2022-07", "2022-09"),
    "inventory/lost_sales": ("2018-07-10", "2018-07-20"), "vm_rescheduling/placement": ("3d 01h", "3d 02h"),
}  # fmt: skip


@pytest.mark.parametrize("name", HISTORIES)
def test_refits_are_handed_the_window_and_nothing_else(name):
    """Other values in the gap and after it, and other ones before the window: the same digest; within it: another."""
    problem = make_problem(name, **HISTORIES[name])
    history = problem.history()
    period, schedule = first_period(problem.environment(), history) + 30, Schedule(10, 4, 6, 90)
    usual = schedule.view(problem, history, period)
    rng, gap = np.random.default_rng(0), period - schedule.gap
    assert len(problem.clock(usual)) == 90
    later = schedule.view(problem, problem.perturb(history, gap, rng), period)
    within = schedule.view(problem, problem.perturb(history, gap - 20, rng), period)
    assert usual.digest() == later.digest()
    assert usual.digest() != within.digest()


def test_the_usual_demand_is_measured_in_what_a_fit_sees():
    """The scale of a demand history is that before the first decision: a gap reaches into it."""
    problem = make_problem("inventory/lost_sales", **BAKERY)
    series, first = problem.series, problem.history().first
    changed = series.demand.copy()
    changed[first - 3] += 1000.0
    other = dataclasses.replace(problem, known=dataclasses.replace(series, demand=changed))
    histories = problem.history(), other.history()
    assert (histories[0].scale != histories[1].scale).any()
    digests = [Schedule(10, 0, 5).view(problem, history, first).digest() for history in histories]
    assert digests[0] == digests[1]
    digests = [Schedule(10, 0, 2).view(problem, history, first).digest() for history in histories]
    assert digests[0] != digests[1]


@pytest.mark.parametrize("name", SHORT)
def test_one_command_for_all(name, tmp_path):
    """Rules, planners, estimators and chance: scores, parts and fits of each."""
    start, end, contestants, refit = SHORT[name]
    config = BacktestConfig(
        problem={"name": name, **HISTORIES[name]}, contestants=contestants, start=start, end=end, refit=refit,
        stress={"some": STRESS[name]}, report=False, tracking="off",
        resamples=100,
    )  # fmt: skip
    run = backtest(config, root=tmp_path)
    results = read(run.folder)
    assert all(row.feasible == 1 for row in results.rows)
    assert {row.contestant for row in results.rows} >= set(contestants)
    assert [part["name"] for part in results.spans][-2:] == ["some", "all"]
    with (run.folder / "fits.csv").open(newline="") as file:
        lines = [line for line in csv.DictReader(file) if line["contestant"] == contestants[0]]
    assert len(lines) >= 2
    assert len({line["data"] for line in lines}) == len(lines)


def test_trading_has_the_tear_sheet_of_allocation(tmp_path):
    """But for the weights over time, as lots are none."""
    config = BacktestConfig(
        problem={"name": "portfolio/trading"}, contestants=["equal_weight", "momentum"], start="2021-01-04",
        report=False, tracking="off", resamples=100,
    )  # fmt: skip
    results = read(backtest(config, root=tmp_path).folder)
    titles = [table.title for table in results.findings.tables]
    assert titles[:3] == ["Sharpe ratios", "Net and gross", "Net return by year"]
    assert "Times of stress" in titles
    assert any(note.startswith("Trials: N = 2") for note in results.notes)
    charts = [chart.title for chart in results.findings.charts]
    assert charts[:2] == ["Net wealth", "Drawdown"]
    assert not any(title.startswith("Weights") for title in charts)
    gross, net = results.findings.tables[1].rows[0][1:3]
    assert gross > net
