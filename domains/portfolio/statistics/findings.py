"""What a sceptical reader of a backtest asks for, in the order in which it is asked."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from headway.domains.portfolio.accounting.rules import DAYS_PER_YEAR
from headway.domains.portfolio.statistics.calendar import by_month, by_year, stressed
from headway.domains.portfolio.statistics.costs import cost_table, passive
from headway.domains.portfolio.statistics.daily import growth, returns
from headway.domains.portfolio.statistics.holdings import weights_over_time
from headway.domains.portfolio.statistics.rivals import SIZE, at_equal_risk, confidence_set, superior_ability
from headway.domains.portfolio.statistics.sheet import beside, everybody
from headway.domains.portfolio.statistics.table import half_width, luck, sharpe_table, verdict
from headway.findings import Chart, Findings, Study

SHORT = 16  # days below which nothing is said


def findings(study: Study[Any, Any], *, weights: bool = True) -> Findings:
    """Caveats of chance first, then tables, then charts; nothing for a backtest without a feasible contestant.

    ``weights``: solutions are weights, and a chart shows them.
    """
    days = _days(study)
    if days < SHORT:
        return Findings()
    dates = study.history.arrays()["dates"][0, -days:]
    label, seed = subject(study)
    attempt = study.attempts[label][seed]
    name = label if len(study.attempts[label]) == 1 else f"{label}, seed {seed} (the median one)"
    common = [sharpe_table(study, DAYS_PER_YEAR), cost_table(study, DAYS_PER_YEAR), by_year(study, dates)]
    charts: list[Chart | None] = [*everybody(study, dates), *beside(study, label, seed, dates)]
    if weights:
        charts.append(weights_over_time(name, attempt, dates[-1]))
    return Findings(
        notes=[*_better(study), *_rivals(study), luck(study), _noise(days), *passive(study)],
        tables=[*common, *filter(None, [stressed(study, dates)]), by_month(name, attempt, dates)],
        charts=[chart for chart in charts if chart is not None],
    )


def subject(study: Study[Any, Any]) -> tuple[str, int]:
    """The contestant that has a sheet of its own, with its median seed: the best learned one, else the best but one."""
    learned = [label for label in study.attempts if study.kinds[label] in ("learned", "hybrid")]
    others = [label for label in study.attempts if label != study.reference and study.kinds[label] == "classical"]
    label = [*learned, *others, *study.attempts][0]
    order = np.argsort([float(a.evaluation.objective[0]) for a in study.attempts[label]], kind="stable")
    return label, int(order[(len(order) - 1) // 2])


def _days(study: Study[Any, Any]) -> int:
    return min((len(growth(a.evaluation)) for found in study.attempts.values() for a in found), default=0)


def _proper(study: Study[Any, Any]) -> list[str]:
    """Contestants but for oracles and ablations."""
    return [label for label in study.attempts if study.kinds[label] not in ("oracle", "ablation")]


def _better(study: Study[Any, Any]) -> list[str]:
    """Who has a better or worse Sharpe ratio than the reference beyond the error: all others have not."""
    rivals = [label for label in _proper(study) if label != study.reference]
    if study.reference not in study.attempts or not rivals or math.isnan(study.block):
        return []
    found = {label: verdict(study.measures[label].get("sharpe")) for label in rivals}
    sides = [(side, [label for label in rivals if found[label] == side]) for side in ("better", "worse")]
    parts = [f"{side} for {', '.join(labels)}" for side, labels in sides if labels]
    if not parts:
        return [
            f"No Sharpe ratio is better or worse than that of {study.reference}: "
            f"the paired {100 * study.confidence:g} % interval of every difference holds zero."
        ]
    return [
        f"Compared with {study.reference} the Sharpe ratio is {' and '.join(parts)}; "
        f"the paired {100 * study.confidence:g} % intervals of all other differences hold zero."
    ]


def _rivals(study: Study[Any, Any]) -> list[str]:
    """Hansen's test of all strategies at once, and the set that holds the best of them, all at equal risk."""
    proper = _proper(study)
    if study.reference not in study.attempts or len(proper) < 2 or math.isnan(study.block):
        return []
    names = [label for label in proper for _ in study.attempts[label]]
    daily = np.stack([returns(a.evaluation) for label in proper for a in study.attempts[label]], axis=1)
    base = daily[:, names.index(study.reference)]
    daily = at_equal_risk(base, daily)
    found = superior_ability(base, daily[:, [name != study.reference for name in names]], study.block)
    if found is None:
        return []
    kept = confidence_set(daily, study.block)
    inside = dict.fromkeys(name for name, may in zip(names, kept, strict=True) if may)
    return [
        f"Superior predictive ability (Hansen 2005): p = {found.consistent:.2f} of the best of {found.strategies} "
        f"strategies doing as well if none is better than {study.reference} at equal volatility. "
        f"The {100 * (1 - SIZE):g} % confidence set of the best: {', '.join(inside)}."
    ]


def _noise(days: int) -> str:
    years = days / DAYS_PER_YEAR
    return (
        f"Noise: over these {years:.1f} years the 95 % interval of a Sharpe ratio near 1 is "
        f"±{half_width(days, DAYS_PER_YEAR):.2f} wide even for normal returns."
    )
