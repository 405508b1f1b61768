"""The charts of a tear sheet: everybody's wealth and drawdown, then one strategy beside the reference."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway.domains.portfolio.accounting.rules import DAYS_PER_YEAR
from headway.domains.portfolio.statistics.daily import YEARLY, Floats, growth, returns
from headway.findings import Attempt, Chart, Line, Study

Dates = NDArray[np.datetime64]
Pick = Callable[[Attempt[Any]], Floats]

POINTS = 400  # of a line: enough for the width of a figure
WEALTH, LOSS = "wealth, start = 1", "% below the highest wealth"
NORMAL = 1.959964  # half-width of a 95 % interval in standard errors


def everybody(study: Study[Any, Any], dates: Dates) -> list[Chart]:
    """Net wealth and drawdown, a line per contestant and seed."""
    caption = "One line per contestant and seed."
    return [
        _chart("Net wealth", caption, dates, _lines(study, _series("wealth")), WEALTH, "log"),
        _chart("Drawdown", caption, dates, _lines(study, lambda a: -100 * a.evaluation.series["drawdown"][0]), LOSS),
    ]


def beside(study: Study[Any, Any], label: str, seed: int, dates: Dates) -> list[Chart]:
    """One attempt and the reference: net and gross wealth, the Sharpe ratio of each last year, trading."""
    pairs = {label: study.attempts[label][seed]}
    if study.reference != label and study.reference in study.attempts:
        pairs[study.reference] = study.attempts[study.reference][0]
    charts = [_wealth(pairs, dates)]
    if len(dates) > 2 * DAYS_PER_YEAR:
        charts.append(_rolling(pairs, dates))
    for name, title, unit, factor in (
        ("turnover", "Turnover so far", "times all wealth, one way", 1.0),
        ("cost", "Costs so far", "bps of wealth", 1e4),
    ):
        if all(name in attempt.evaluation.series for attempt in pairs.values()):
            lines = [Line(who, factor * np.cumsum(a.evaluation.series[name][0]), who) for who, a in pairs.items()]
            charts.append(_chart(title, "Added up since the start.", dates, lines, unit))
    return charts


def _wealth(pairs: dict[str, Attempt[Any]], dates: Dates) -> Chart:
    lines = []
    for who, attempt in pairs.items():
        lines.append(Line(f"{who}, net", np.exp(np.cumsum(growth(attempt.evaluation))), who))
        if "gross" in attempt.evaluation.series:
            before = np.exp(np.cumsum(attempt.evaluation.series["gross"][0]))
            lines.append(Line(f"{who}, gross", before, who, dashed=True))
    return _chart("Wealth, net and gross", "Dashed: before costs.", dates, lines, WEALTH, "log")


def _rolling(pairs: dict[str, Attempt[Any]], dates: Dates) -> Chart:
    """Of the last 252 days each, with the standard error of normal returns as a band around the first."""
    lines = []
    for number, (who, attempt) in enumerate(pairs.items()):
        ratio = rolling_sharpe(returns(attempt.evaluation), DAYS_PER_YEAR)
        error = NORMAL * np.sqrt((1 + ratio**2 / 2) / (DAYS_PER_YEAR - 1))
        low, high = ((), ()) if number else (YEARLY * (ratio - error), YEARLY * (ratio + error))
        lines.append(Line(who, YEARLY * ratio, who, low=low, high=high))
    caption = f"Of the last {DAYS_PER_YEAR} days; the band is its 95 % interval for normal returns (Lo 2002)."
    return _chart("Sharpe ratio of a year", caption, dates[DAYS_PER_YEAR - 1 :], lines, "Sharpe ratio, a year")


def rolling_sharpe(daily: Floats, window: int) -> Floats:
    """[T - window + 1]: daily ratios over each ``window`` days; 0 where nothing varies."""
    days = np.lib.stride_tricks.sliding_window_view(daily, window)
    mean, deviation = days.mean(axis=1), days.std(axis=1, ddof=1)
    varies = deviation > 1e-15
    ratio: Floats = np.where(varies, mean / np.where(varies, deviation, 1.0), 0.0)
    return ratio


def _series(name: str) -> Pick:
    return lambda attempt: attempt.evaluation.series[name][0]


def _lines(study: Study[Any, Any], pick: Pick) -> list[Line]:
    return list(_each(study, pick))


def _each(study: Study[Any, Any], pick: Pick) -> Iterator[Line]:
    for label, attempts in study.attempts.items():
        for seed, attempt in enumerate(attempts):
            name = label if len(attempts) == 1 else f"{label}, seed {seed}"
            yield Line(name, pick(attempt), label)


def _chart(title: str, caption: str, dates: Dates, lines: list[Line], unit: str = "", scale: Any = "linear") -> Chart:
    """With as many points as a figure shows, numbers to five digits."""
    shown = np.unique(np.linspace(0, len(dates) - 1, POINTS).astype(int))

    def thin(values: Any) -> list[float]:
        return [float(f"{v:.5g}") for v in np.asarray(values)[shown]] if len(values) else []

    thinned = [
        Line(line.label, thin(line.values), line.contestant, line.dashed, thin(line.low), thin(line.high))
        for line in lines
    ]
    return Chart(title, caption, [str(day) for day in dates[shown]], thinned, unit, scale)
