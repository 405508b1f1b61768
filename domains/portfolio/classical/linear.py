"""Least risk and largest mean as linear programs, solved by OR-Tools' simplex (GLOP)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headway.components import component
from headway.domains.portfolio.classical.estimated import Estimated, Sample
from headway.domains.portfolio.classical.limits import Limits
from headway.domains.portfolio.classical.measures import Measure, add_risk, add_weights, measured
from headway.domains.portfolio.classical.programs import Found, Program

Floats = NDArray[np.float64]


@component
class MAD(Estimated):
    """Least mean absolute deviation of the last ``lookback`` daily returns (Konno and Yamazaki 1991).

    Long-only, whatever the rules allow beyond. Simplex without a time limit: the same view gives the same weights.
    """

    def weights(self, sample: Sample) -> Floats:
        return least_risk(sample.returns, sample.limits, "mad").x[: len(sample.held)]


@component
class CVaR(Estimated):
    """Least mean loss of the worst 5 % of the last ``lookback`` days (Rockafellar and Uryasev 2000); long-only."""

    def weights(self, sample: Sample) -> Floats:
        return least_risk(sample.returns, sample.limits, "cvar").x[: len(sample.held)]


def least_risk(returns: Floats, limits: Limits, measure: Measure) -> Found:
    """The weights (first in x) within the limits whose daily returns [T, n] have least risk; its value is in percent.

    Raises
    ------
    SolverError
        GLOP proves no optimum.
    """
    program, days = Program(), measured(returns, measure)
    add_risk(program, add_weights(program, limits, days.shape[1], limits.budget), days, measure)
    return program.solve("GLOP")


def largest_mean(limits: Limits, means: Floats) -> float:
    """The largest mean of weights that sum to the limits' budget, as skfolio's estimators take limits (see `bounds`).

    Raises
    ------
    SolverError
        No weights keep the limits.
    """
    program, scale = Program(), max(float(np.abs(means).max()), 1e-12)
    if limits.low == 0:
        weights = add_weights(program, limits, len(means), limits.budget)
    else:
        weights, shorts = program.variables(len(means), limits.low, limits.cap), program.variables(len(means))
        row = np.ones((1, len(means)))
        program.rows(limits.budget, limits.budget, (weights, row))
        program.rows(0.0, np.inf, (weights, 1.0), (shorts, 1.0))
        program.rows(0.0, (limits.leverage - limits.budget) / 2, (shorts, row))
    mean = program.variables(1, -np.inf, cost=-1.0)
    program.rows(0.0, 0.0, (weights, means[None] / scale), (mean, -1.0))
    return -program.solve("GLOP").value * scale
