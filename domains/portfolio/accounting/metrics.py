"""Measures of a return path that the reports show beside the objective."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headway.domains.portfolio.accounting.rules import DAYS_PER_YEAR

Floats = NDArray[np.float64]


def metrics(gross: Floats, net: Floats, cash: Floats, moved: Floats, paid: Floats) -> dict[str, Floats]:
    """float64 [B] each, from daily growth factors [B, days] and trades [B, D] as in `evaluate.Ledger`.

    sharpe : mean over standard deviation of daily net returns, x sqrt(252); no rate subtracted
    excess_sharpe : the same of net returns less what cash earned (Sharpe 1994)
    gross_sharpe : the same before costs, no rate subtracted
    annual_return : compound net growth per year (CAGR), a fraction
    volatility : standard deviation of daily net returns x sqrt(252), a fraction
    max_drawdown : largest loss from a peak of net wealth (its start included), a fraction >= 0
    turnover : one-way per year: half of sum |target - drifted|, cash included
    cost_bps : costs paid per year, in basis points of wealth
    """
    years = net.shape[1] / DAYS_PER_YEAR
    return {
        **of_growth(net),
        "excess_sharpe": sharpe(net - 1 - cash),
        "gross_sharpe": sharpe(gross - 1),
        "turnover": 0.5 * moved.sum(axis=1) / years,
        "cost_bps": 1e4 * paid.sum(axis=1) / years,
    }


def of_growth(net: Floats) -> dict[str, Floats]:
    """Those of the `metrics` that follow from daily net growth factors [B, days] alone."""
    years = net.shape[1] / DAYS_PER_YEAR
    wealth = np.cumprod(net, axis=1)
    peak = np.maximum(np.maximum.accumulate(wealth, axis=1), 1.0)
    return {
        "sharpe": sharpe(net - 1),
        "annual_return": np.maximum(wealth[:, -1], 0.0) ** (1 / years) - 1,
        "volatility": _deviation(net) * np.sqrt(DAYS_PER_YEAR),
        "max_drawdown": (1 - wealth / peak).max(axis=1),
    }


def sharpe(returns: Floats) -> Floats:
    """Annualised ratio of mean to standard deviation (n - 1) of daily returns [B, days]; 0 where nothing varies."""
    deviation = _deviation(returns)
    varies = deviation > 1e-15
    ratio: Floats = np.where(varies, returns.mean(axis=1) / np.where(varies, deviation, 1.0), 0.0)
    annual: Floats = ratio * np.sqrt(DAYS_PER_YEAR)
    return annual


def _deviation(values: Floats) -> Floats:
    deviation: Floats = values.std(axis=1, ddof=1) if values.shape[1] > 1 else np.zeros(len(values))
    return deviation
