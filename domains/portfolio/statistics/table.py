"""The table of Sharpe ratios: each with its errors, and what is left of it after so many trials."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from headway.domains.portfolio.statistics.daily import YEARLY, growth, mean, returns
from headway.domains.portfolio.statistics.deflated import Hurdle, deflated, hurdle
from headway.domains.portfolio.statistics.sharpe import minimum_track_record, probabilistic, record
from headway.evaluation import Evaluation
from headway.findings import Cell, Column, Measure, Study, Table

COLUMNS: tuple[Column, ...] = (
    Column("contestant", "text"),
    Column("Sharpe ratio"),
    Column("less the reference's"),
    Column("verdict", "text"),
    Column("PSR", "percent", 1),
    Column("DSR", "percent", 1),
    Column("DSR of the lead", "percent", 1),
    Column("MinTRL, years", places=1),
    Column("by seed", "text"),
)


def sharpe_table(study: Study[Any, Any], days_a_year: int) -> Table:
    """One row per contestant, best first; every statistic is taken of each seed and averaged."""
    shown = slice(
        None if any(len(found) > 1 for found in study.attempts.values()) else -1
    )  # seeds, where there are any
    rows = [_row(study, label, days_a_year)[shown] for label in study.attempts]
    return Table("Sharpe ratios", COLUMNS[shown], rows, _caption(study, bars(study)[0]))


def bars(study: Study[Any, Any]) -> tuple[Hurdle, Hurdle]:
    """What the best of all trials shows by luck: as a ratio of its own, and as one of its lead over the reference.

    The trials' deviation is estimated from the ratios that are known of this history; that of leads is assumed.
    """
    days = len(growth(next(iter(study.attempts.values()))[0].evaluation)) if study.attempts else 2
    known = [ratio / YEARLY for ratio in study.trials.metrics.get("sharpe", ())]
    return hurdle(study.trials.count, known, days), hurdle(study.trials.count, (), days)


def verdict(measure: Measure | None) -> str:
    """Better or worse than the reference only where the paired interval leaves out zero."""
    if measure is None or math.isnan(measure.lead_low):
        return "unknown"
    return "better" if measure.lead_low > 0 else "worse" if measure.lead_high < 0 else "no clear difference"


def _row(study: Study[Any, Any], label: str, days_a_year: int) -> Sequence[Cell]:
    evaluations = [attempt.evaluation for attempt in study.attempts[label]]
    records = [record(returns(e)) for e in evaluations]
    own, lead = bars(study)
    measure = study.measures[label].get("sharpe")
    itself = label == study.reference
    seeds = [f"{one.ratio * YEARLY:.2f}" for one in records]
    return (
        label,
        mean([one.ratio for one in records]) * YEARLY if measure is None else measure[:3],
        math.nan if itself or measure is None else measure[3:],
        "the reference" if itself else verdict(measure),
        mean([probabilistic(one) for one in records]),
        mean([deflated(one, own) for one in records]),
        math.nan if itself else _lead(study, evaluations, lead),
        mean([minimum_track_record(one, confidence=study.confidence) for one in records]) / days_a_year,
        ", ".join(seeds) if len(seeds) > 1 else "",
    )


def _lead(study: Study[Any, Any], evaluations: Sequence[Evaluation], bar: Hurdle) -> float:
    """The deflated ratio of the daily lead over the reference, which seeds are paired with in turn."""
    base = study.attempts.get(study.reference, ())
    if not base:
        return math.nan
    theirs = [returns(attempt.evaluation) for attempt in base]
    leads = [returns(e) - theirs[seed % len(theirs)] for seed, e in enumerate(evaluations)]
    return mean([deflated(record(lead), bar) for lead in leads])


def _caption(study: Study[Any, Any], bar: Hurdle) -> str:
    level = f"{100 * study.confidence:g} %"
    source = f"{bar.estimated} known ratios" if bar.estimated else "chance, as too few ratios are known"
    return (
        f"Annual ratios of daily net returns, no rate subtracted; {level} intervals by the stationary bootstrap, "
        "differences paired day by day. "
        "PSR: probability that the true ratio is above zero (Bailey and Lopez de Prado 2012). DSR: "
        f"that it is above {bar.ratio * YEARLY:.2f}, which the best of N = {bar.trials} trials shows by luck alone "
        f"(2014; deviation of the trials {bar.deviation * YEARLY:.2f}, from {source}); of the lead over "
        f"{study.reference}: the same of the daily differences. MinTRL: the record after which such a ratio is above "
        f"zero with {level}. Statistics are means over seeds."
    )


def luck(study: Study[Any, Any]) -> str:
    """The sentence that says how many trials there were, where they were counted, and what they do by luck."""
    trials, bar = study.trials, bars(study)[0]
    parts = ", ".join(f"{name}: {count}" for name, count in trials.parts.items())
    spread = f"estimated from {bar.estimated} of them" if bar.estimated else "assumed, as of strategies without skill"
    return (
        f"Trials: N = {trials.count} ({parts}; counted in {trials.where}). The best of so many shows a Sharpe ratio of "
        f"{bar.ratio * YEARLY:.2f} by luck alone (deviation of the trials {bar.deviation * YEARLY:.2f}, {spread})."
    )


def half_width(days: int, days_a_year: int, ratio: float = 1.0) -> float:
    """Of the 95 % interval of an annual Sharpe ratio, for normal returns (Lo 2002)."""
    daily = ratio / math.sqrt(days_a_year)
    return 1.959964 * math.sqrt((1 + daily**2 / 2) / (days - 1)) * math.sqrt(days_a_year)
