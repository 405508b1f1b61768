"""What trading cost: gross and net, turnover, exposure, and how far from 1/N a strategy was at all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from headway.domains.portfolio.statistics.daily import mean
from headway.evaluation import Evaluation
from headway.findings import Cell, Column, Study, Table

ACTIVE = 0.10  # active share from which a strategy counts as active at all

COLUMNS = (
    Column("contestant", "text"),
    Column("gross return", "percent", 1),
    Column("net return", "percent", 1),
    Column("cost, bps a year", places=1),
    Column("turnover a year"),
    Column("exposure", "percent", 0),
    Column("active share", "percent", 1),
    Column("volatility", "percent", 1),
    Column("max drawdown", "percent", 1),
)


def cost_table(study: Study[Any, Any], days_a_year: int) -> Table:
    """One row per contestant, means over seeds; what the scorer does not tell is left blank."""
    rows = [_row(label, [a.evaluation for a in found], days_a_year) for label, found in study.attempts.items()]
    caption = (
        "Compound returns a year before and after all costs. Turnover is one-way: 1 a year moves all wealth once. "
        f"Exposure: mean sum of absolute weights. Active share: mean distance from 1/N, below {ACTIVE:.0%} a strategy "
        "is 1/N by another name."
    )
    return Table("Net and gross", COLUMNS, rows, caption)


def passive(study: Study[Any, Any]) -> list[str]:
    """Learned contestants that hardly differ from 1/N."""
    found = {
        label: mean([_metric(a.evaluation, "active_share") for a in attempts])
        for label, attempts in study.attempts.items()
        if study.kinds[label] in ("learned", "hybrid")
    }
    return [
        f"{label} is not active: its weights are {share:.1%} away from 1/N on average (active share)."
        for label, share in found.items()
        if share < ACTIVE
    ]


def _row(label: str, evaluations: Sequence[Evaluation], days_a_year: int) -> Sequence[Cell]:
    def metric(name: str) -> float:
        return mean([_metric(e, name) for e in evaluations])

    gross = mean([_annual(e, days_a_year) for e in evaluations])
    names = ("annual_return", "cost_bps", "turnover", "exposure", "active_share", "volatility", "max_drawdown")
    return label, gross, *(metric(name) for name in names)


def _annual(evaluation: Evaluation, days_a_year: int) -> float:
    gross = evaluation.series.get("gross")
    return math.nan if gross is None else float(np.expm1(gross[0].mean() * days_a_year))


def _metric(evaluation: Evaluation, name: str) -> float:
    return float(evaluation.metrics[name][0]) if name in evaluation.metrics else math.nan
