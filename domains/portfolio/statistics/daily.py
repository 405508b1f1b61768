"""Daily series of a backtest, as statistics need them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from headway.domains.portfolio.accounting.metrics import of_growth, sharpe
from headway.domains.portfolio.accounting.rules import DAYS_PER_YEAR
from headway.evaluation import Evaluation

Floats = NDArray[np.float64]

YEARLY = float(np.sqrt(DAYS_PER_YEAR))  # from a daily Sharpe ratio to an annual one


def measures(series: Mapping[str, Floats]) -> dict[str, Floats]:
    """[R] each, of the scorer's series [R, T]: return, volatility and drawdown, and every Sharpe ratio."""
    net = np.exp(series["objective"] / DAYS_PER_YEAR)
    excess, gross = sharpe(net - 1 - series["cash"]), sharpe(np.exp(series["gross"]) - 1)
    return of_growth(net) | {"excess_sharpe": excess, "gross_sharpe": gross}


def growth(evaluation: Evaluation) -> Floats:
    """[T]: net log growth of each day."""
    daily: Floats = evaluation.series["objective"][0] / DAYS_PER_YEAR
    return daily


def returns(evaluation: Evaluation) -> Floats:
    """[T]: net simple return of each day."""
    return np.expm1(growth(evaluation))


def total(logs: Floats) -> float:
    """What daily log growth compounds to, as a simple return."""
    return float(np.expm1(logs.sum()))


def mean(values: Sequence[float]) -> float:
    """Over the seeds."""
    return float(np.mean(values))
