"""What a portfolio backtest finds: by hand on made-up evaluations, and on a short history with real attempts."""

from __future__ import annotations

import math

import numpy as np
import pytest

from headway.clock import within
from headway.domains.portfolio.accounting.metrics import sharpe
from headway.domains.portfolio.allocation.problem import Allocation
from headway.domains.portfolio.allocation.reference import equal_weight
from headway.domains.portfolio.allocation.solution import orders
from headway.domains.portfolio.statistics.calendar import by_month, by_year, stressed
from headway.domains.portfolio.statistics.costs import cost_table, passive
from headway.domains.portfolio.statistics.findings import findings, subject
from headway.domains.portfolio.statistics.holdings import weights_over_time
from headway.domains.portfolio.statistics.sheet import beside, everybody, rolling_sharpe
from headway.domains.portfolio.statistics.stress import STRETCHES
from headway.domains.portfolio.statistics.table import half_width, luck, sharpe_table, verdict
from headway.evaluation import Evaluation
from headway.findings import Attempt, Measure, Span, Study, Trials

DAYS = 300
COVID = STRETCHES["covid 2020"]
MEASURE = Measure(0.9, 0.2, 1.6, 0.1, -0.2, 0.4)
TRIALS = Trials(10, {"trainings": 4, "rules": 6}, "runs below runs", {"sharpe": [0.8, 0.9, 1.0, 1.1, 1.2]})


def evaluation(daily, objective=0.1, **metrics):
    """An evaluation of these daily net returns [T], with 1 bp a day of costs."""
    net = np.log1p(np.asarray(daily, float))[None]
    wealth = np.exp(net.cumsum(axis=1))
    series = {
        "objective": 252 * net,
        "gross": net + 1e-4,
        "wealth": wealth,
        "drawdown": 1 - wealth / np.maximum(np.maximum.accumulate(wealth, axis=1), 1.0),
        "turnover": np.full_like(net, 0.01),
        "cost": np.full_like(net, 1e-4),
    }
    return Evaluation(np.array([objective]), {}, {name: np.array([v]) for name, v in metrics.items()}, series)


def study(attempts, *, kinds=None, history=None, measures=None, block=5.0, trials=TRIALS, spans=()):
    """A study of these evaluations by contestant and seed, measured against ``equal_weight``."""
    found = {label: [Attempt(None, e) for e in seeds] for label, seeds in attempts.items()}
    return Study(
        history,
        found,
        dict.fromkeys(attempts, "classical") | (kinds or {}),
        "equal_weight",
        measures if measures is not None else {label: {"sharpe": MEASURE} for label in attempts},
        block,
        0.95,
        trials,
        spans,
    )


@pytest.fixture
def noise():
    """Daily returns of three strategies."""
    return np.random.default_rng(4).normal(0.0005, 0.01, (3, DAYS))


# -- the table of Sharpe ratios -----------------------------------------------------------------
def test_ratios_of_a_row(noise):
    """PSR above DSR, the reference without a lead, and every seed shown where there are several."""
    found = study({"ppo": [evaluation(noise[0]), evaluation(noise[1])], "equal_weight": [evaluation(noise[2])]})
    table = sharpe_table(found, 252)
    ppo, base = (dict(zip([c.name for c in table.columns], row, strict=True)) for row in table.rows)
    assert ppo["Sharpe ratio"] == MEASURE[:3]
    assert ppo["less the reference's"] == MEASURE[3:]
    assert ppo["verdict"] == "no clear difference"
    assert 0 < ppo["DSR of the lead"] < 1
    assert ppo["DSR"] < ppo["PSR"]
    seeds = sharpe(noise[:2])
    assert ppo["by seed"] == f"{seeds[0]:.2f}, {seeds[1]:.2f}"
    assert (base["verdict"], base["by seed"]) == ("the reference", "")
    assert math.isnan(base["less the reference's"])
    assert math.isnan(base["DSR of the lead"])
    assert "N = 10 trials" in table.caption


def test_seeds_have_no_column_where_there_is_one_each(noise):
    """An empty column says nothing."""
    table = sharpe_table(study({"equal_weight": [evaluation(noise[0])]}), 252)
    assert table.columns[-1].name == "MinTRL, years"
    assert len(table.rows[0]) == len(table.columns)


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (0.01, 0.3, "better"),
        (-0.3, -0.01, "worse"),
        (-0.1, 0.3, "no clear difference"),
        (math.nan, math.nan, "unknown"),
    ],
)
def test_better_only_beyond_the_error(low, high, word):
    """The paired interval has to leave out zero, however large the difference."""
    assert verdict(MEASURE._replace(lead_low=low, lead_high=high)) == word
    assert verdict(None) == "unknown"


def test_trials_are_named_and_where_they_were_counted(noise):
    """N, its parts, the place, the luck of the best, and whether the deviation is known."""
    known = luck(study({"equal_weight": [evaluation(noise[0])]}))
    assert "N = 10 (trainings: 4, rules: 6; counted in runs below runs)" in known
    assert "deviation of the trials 0.16, estimated from 5 of them" in known
    assumed = luck(study({"equal_weight": [evaluation(noise[0])]}, trials=Trials(12, {"rules": 12}, "runs")))
    assert f"deviation of the trials {math.sqrt(252 / DAYS):.2f}, assumed" in assumed


@pytest.mark.parametrize(("years", "width"), [(0.5, 2.77), (1, 1.96), (2, 1.39), (7, 0.74), (31, 0.35)])
def test_half_widths_by_years(years, width):
    """Of an annual ratio near 1: what so many years can tell at all."""
    assert half_width(round(252 * years), 252) == pytest.approx(width, rel=0.01)


# -- costs, years, months, stress -----------------------------------------------------------------
def test_net_and_gross_by_hand():
    """Nothing earned net and a basis point a day of costs: 2.55 % gross."""
    metrics = {"annual_return": 0.0, "cost_bps": 252.0, "turnover": 2.5, "active_share": 0.05}
    table = cost_table(study({"hrp": [evaluation(np.zeros(DAYS), **metrics)]}), 252)
    row = dict(zip([column.name for column in table.columns], table.rows[0], strict=True))
    assert row["gross return"] == pytest.approx(math.expm1(0.0252))
    assert (row["net return"], row["cost, bps a year"], row["turnover a year"]) == (0.0, 252.0, 2.5)
    assert math.isnan(row["exposure"])


def test_learned_copies_of_equal_weights_are_named():
    """Below a tenth of active share; rules are what they are."""
    close, far = ([evaluation(np.zeros(DAYS), active_share=share)] for share in (0.05, 0.2))
    kinds = {"ppo": "learned", "sac": "learned"}
    (sentence,) = passive(study({"ppo": close, "sac": far, "hrp": close}, kinds=kinds))
    assert sentence.startswith("ppo is not active: its weights are 5.0%")


def test_months_compound_to_years():
    """1 % on each of three days, in December, January and February."""
    dates = np.array(["2019-12-31", "2020-01-31", "2020-02-28"], "datetime64[D]")
    attempt = Attempt(None, evaluation([0.01] * 3))
    table = by_month("hrp", attempt, dates)
    first, second = table.rows
    assert first[0] == "2019"
    assert first[12:] == pytest.approx((0.01, 0.01))
    assert second[1:3] == pytest.approx((0.01, 0.01))
    assert math.isnan(second[3])
    assert second[13] == pytest.approx(0.0201)
    years = by_year(study({"hrp": [attempt.evaluation, evaluation([0.0] * 3)]}), dates)
    assert [column.name for column in years.columns] == ["contestant", "2019", "2020"]
    assert years.rows[0][1:] == pytest.approx((0.005, 0.01005))


def test_stress_is_from_peak_to_trough():
    """What was lost on the very day of the peak is no part of it; of the year's months nothing is told here."""
    dates = np.arange(np.datetime64("2020-02-18"), np.datetime64("2020-03-30"))
    daily = np.where((dates > np.datetime64("2020-02-19")) & (dates <= np.datetime64("2020-03-23")), -0.01, -0.5)
    spans = [Span("calendar", "2020-02", slice(0, 12)), Span("stress", "covid 2020", within(dates, *COVID))]
    table = stressed(study({"hrp": [evaluation(daily)]}, spans=spans), dates)
    assert table.rows == [("hrp", pytest.approx(0.99**33 - 1))]
    assert "covid 2020: 2020-02-20 to 2020-03-23" in table.caption
    assert stressed(study({"hrp": [evaluation(daily)]}, spans=spans[:1]), dates) is None


# -- charts -------------------------------------------------------------------------------------
def test_rolling_ratios():
    """Of every window of three days."""
    daily = np.array([0.01, 0.02, 0.03, 0.0, 0.0, 0.0])
    found = rolling_sharpe(daily, 3)
    assert found[0] == pytest.approx(2.0)
    assert found[-1] == 0.0
    assert len(found) == 4


def test_charts_of_one_strategy_and_the_reference(noise):
    """Wealth of both, net and gross, the rolling ratio only of long records, what was traded and paid so far."""
    daily = np.tile(noise, 2)
    both = study({"hrp": [evaluation(daily[0])], "equal_weight": [evaluation(daily[1])]})
    dates = np.datetime64("2020-01-01") + np.arange(2 * DAYS)
    charts = {chart.title: chart for chart in beside(both, "hrp", 0, dates)}
    assert list(charts) == ["Wealth, net and gross", "Sharpe ratio of a year", "Turnover so far", "Costs so far"]
    wealth = charts["Wealth, net and gross"]
    assert [line.label for line in wealth.lines] == [
        "hrp, net",
        "hrp, gross",
        "equal_weight, net",
        "equal_weight, gross",
    ]
    assert wealth.lines[0].values[-1] == pytest.approx(np.prod(1 + daily[0]), rel=1e-4)
    assert wealth.lines[1].values[-1] == pytest.approx(np.prod(1 + daily[0]) * math.exp(1e-4 * 2 * DAYS), rel=1e-4)
    assert charts["Costs so far"].lines[0].values[-1] == pytest.approx(2.0 * DAYS)
    assert charts["Turnover so far"].lines[1].values[-1] == pytest.approx(0.02 * DAYS)
    first, second = charts["Sharpe ratio of a year"].lines
    assert all(low < value < high for low, value, high in zip(first.low, first.values, first.high, strict=True))
    assert not len(second.low)
    assert len(beside(both, "hrp", 0, dates[:DAYS])) == 3
    assert len(wealth.periods) == len(wealth.lines[0].values) <= 400


def test_everybody_is_drawn_with_every_seed(noise):
    """Wealth and drawdown; seeds of one contestant share its look."""
    both = study({"ppo": [evaluation(noise[0]), evaluation(noise[1])], "equal_weight": [evaluation(noise[2])]})
    wealth, drawdown = everybody(both, np.datetime64("2020-01-01") + np.arange(DAYS))
    assert [line.label for line in wealth.lines] == ["ppo, seed 0", "ppo, seed 1", "equal_weight"]
    assert [line.contestant for line in wealth.lines] == ["ppo", "ppo", "equal_weight"]
    assert max(drawdown.lines[0].values) <= 0


def test_weights_stand_until_the_end(path):
    """Areas add up to all wealth; days without an order are left out; shorts cannot be stacked."""
    problem = Allocation(window=3, lookback=2, every=2)
    world = path(np.zeros((9, 8)), start=2)
    weights = np.zeros((1, 3, 9))
    weights[0, 0], weights[0, 2] = np.arange(9) / 36, 1 / 9
    chart = weights_over_time("hrp", Attempt(orders(world, problem.rules, weights), None), np.datetime64("2020-01-09"))
    assert chart.periods == ["2020-01-03", "2020-01-07", "2020-01-09"]
    assert len(chart.lines) == 8
    np.testing.assert_allclose(np.sum([line.values for line in chart.lines], axis=0), 100, atol=0.01)
    assert [line.label for line in chart.lines[-2:]] == ["cash", "others"]
    weights[0, 0, 0] = -0.1
    assert weights_over_time("hrp", Attempt(orders(world, problem.rules, weights), None), world.dates[0, -1]) is None


# -- all of it ----------------------------------------------------------------------------------
def test_the_sheet_is_of_the_best_learned_one():
    """With its median seed; of rules the best that is not the reference."""
    one = evaluation(np.zeros(DAYS))
    seeds = [evaluation(np.zeros(DAYS), objective) for objective in (0.3, 0.1, 0.2)]
    rules = {"equal_weight": [one], "hrp": [one]}
    assert subject(study(rules)) == ("hrp", 0)
    assert subject(study({**rules, "ppo": seeds}, kinds={"ppo": "learned"})) == ("ppo", 2)
    assert subject(study({"equal_weight": [one]})) == ("equal_weight", 0)


@pytest.fixture
def real(path):
    """Two strategies on 60 days of noise, scored by the problem's own scorer."""
    problem = Allocation(window=3, lookback=2, every=20)
    world = path(np.random.default_rng(6).normal(0.001, 0.01, (63, 4)), start=2)
    equal = equal_weight(problem.rules, world)
    first = np.broadcast_to([1.0, 0.0, 0.0, 0.0, 0.0], equal.weights.shape)
    attempts = {
        label: [Attempt(solution, problem.evaluate(world, solution))]
        for label, solution in (("equal_weight", equal), ("first", orders(world, problem.rules, first)))
    }
    measures = {label: {"sharpe": MEASURE} for label in attempts}
    kinds = dict.fromkeys(attempts, "classical")
    return problem, Study(world, attempts, kinds, "equal_weight", measures, 3.0, 0.95, TRIALS)


def test_findings_of_real_attempts(real):
    """Every part is there, and the sentences say who is better, what luck does and how wide the noise is."""
    problem, made = real
    found = problem.findings(made)
    assert [table.title for table in found.tables] == [
        "Sharpe ratios",
        "Net and gross",
        "Net return by year",
        "Net return by month: first",
    ]
    assert [note.split(":")[0] for note in found.notes] == [
        "No Sharpe ratio is better or worse than that of equal_weight",
        "Superior predictive ability (Hansen 2005)",
        "Trials",
        "Noise",
    ]
    assert found.charts[-1].title == "Weights: first"


def test_who_is_better_is_named(real):
    """Only those whose interval leaves out zero."""
    problem, made = real
    better = {**made.measures, "first": {"sharpe": MEASURE._replace(lead_low=0.05)}}
    (sentence, *_) = problem.findings(Study(**vars(made) | {"measures": better})).notes
    assert sentence.startswith("Compared with equal_weight the Sharpe ratio is better for first;")


def test_nothing_is_found_in_nothing(real):
    """No feasible contestant: no findings; a failed reference: none that need it."""
    problem, made = real
    assert findings(Study(**vars(made) | {"attempts": {}})).tables == ()
    alone = Study(**vars(made) | {"attempts": {"first": made.attempts["first"]}})
    assert [note.split(":")[0] for note in problem.findings(alone).notes] == ["Trials", "Noise"]
