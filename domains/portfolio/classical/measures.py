"""Measures of risk that are linear programs: blocks to add to a program whose first variables are weights."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from headway.domains.portfolio.classical.limits import Limits
from headway.domains.portfolio.classical.programs import Program

Floats = NDArray[np.float64]
Measure = Literal["mad", "cvar", "tracking"]

PERCENT = 100.0  # daily returns of fractions (1e-2, deviations 1e-4) are too near the engines' absolute tolerances
TAIL = 0.95  # confidence of CVaR: the mean of the worst 5 % of days


def add_weights(program: Program, limits: Limits, assets: int, budget: float) -> slice:
    """Long-only weights that sum to ``budget``, whatever the rules allow beyond."""
    weights = program.variables(assets, 0.0, limits.cap)
    program.rows(budget, budget, (weights, np.ones((1, assets))))
    if len(limits.shares):
        program.rows(-np.inf, limits.shares, (weights, limits.groups))
    return weights


def measured(returns: Floats, measure: Measure) -> Floats:
    """What the measure is of [T, n], in percent, of daily returns [T, n]: themselves, or less their mean over days
    (``mad``) or assets (``tracking``).
    """
    if measure == "cvar":
        return PERCENT * returns
    mean: Floats = returns.mean(axis=0 if measure == "mad" else 1, keepdims=True)
    return PERCENT * (returns - mean)


def add_risk(program: Program, weights: slice, days: Floats, measure: Measure) -> None:
    """Minimise the measure; ``days`` [T, n] are what it is `measured` of, for the assets that the weights are of."""
    {"mad": add_deviation, "cvar": add_cvar, "tracking": add_tracking}[measure](program, weights, days)


def add_deviation(program: Program, weights: slice, away: Floats) -> None:
    """Mean absolute deviation (Konno and Yamazaki 1991).

    Deviations from the mean add up to zero, so half of the paper's rows do: with d = r - mean(r), minimise
    2 / T * sum y_t subject to y_t >= -d_t . w, y_t >= 0.
    """
    days = len(away)
    shortfalls = program.variables(days, cost=2 / days)
    program.rows(0.0, np.inf, (weights, away), (shortfalls, 1.0))


def add_cvar(program: Program, weights: slice, returns: Floats) -> None:
    """Mean loss of the worst 5 % of days (Rockafellar and Uryasev 2000, theorem 1).

    Minimise a + sum u_t / (0.05 T) subject to u_t >= -r_t . w - a, u_t >= 0; a ends at the 95 % quantile of losses.
    """
    days = len(returns)
    quantile = program.variables(1, -np.inf, cost=1.0)
    beyond = program.variables(days, cost=1 / ((1 - TAIL) * days))
    program.rows(0.0, np.inf, (weights, returns), (quantile, np.ones((days, 1))), (beyond, 1.0))


def add_tracking(program: Program, weights: slice, apart: Floats) -> None:
    """Mean absolute difference to the equal-weighted mean of all assets, day by day."""
    days = len(apart)
    above, below = (program.variables(days, cost=1 / days) for _ in range(2))
    program.rows(0.0, 0.0, (weights, apart), (above, -1.0), (below, 1.0))
