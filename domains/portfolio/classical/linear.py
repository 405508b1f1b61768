"""Least risk as a linear program, solved by OR-Tools' simplex (GLOP)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headway.components import component
from headway.domains.portfolio.classical.estimated import Estimated, Sample
from headway.domains.portfolio.classical.limits import Limits
from headway.domains.portfolio.classical.measures import Measure, add_risk, add_weights
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
    program = Program()
    add_risk(program, add_weights(program, limits, returns.shape[1], limits.budget), returns, measure)
    return program.solve("GLOP")
