"""What the best of many trials shows by luck alone, and the Sharpe ratio deflated by it.

Bailey and Lopez de Prado (2014), The Deflated Sharpe Ratio, Journal of Portfolio Management 40(5).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from headway.domains.portfolio.statistics.sharpe import Record, probabilistic

EULER = 0.5772156649015329  # the Euler-Mascheroni constant
FEW = 5  # trials with a known ratio, below which their deviation is not estimated but assumed


class Hurdle(NamedTuple):
    """What a ratio has to beat: ``ratio`` per period, expected of the best of ``trials`` whose ratios vary by
    ``deviation``; ``estimated`` from how many trials (0: assumed, as strategies of no skill vary by chance).
    """

    ratio: float
    trials: int
    deviation: float
    estimated: int


def expected_best(trials: int, deviation: float = 1.0) -> float:
    """The expected largest of ``trials`` independent normal numbers of mean 0 (eq. 1 there; one trial: 0)."""
    from scipy.stats import norm

    if trials < 2:
        return 0.0
    common, rare = norm.ppf(1 - 1 / trials), norm.ppf(1 - 1 / (trials * math.e))
    return float(deviation * ((1 - EULER) * common + EULER * rare))


def hurdle(trials: int, ratios: Sequence[float], periods: int) -> Hurdle:
    """The hurdle for a record of ``periods``, from the per-period ``ratios`` of those trials where they are known.

    With fewer than `FEW` known ratios, or less than half of all, the deviation is that of independent strategies
    without skill, 1 / sqrt(periods): a few that are alike would say that choosing among many does no harm.
    """
    known = [ratio for ratio in ratios if math.isfinite(ratio)]
    estimated = len(known) if len(known) >= max(FEW, trials / 2) else 0
    deviation = float(np.std(known, ddof=1)) if estimated else 1 / math.sqrt(periods)
    return Hurdle(expected_best(trials, deviation), trials, deviation, estimated)


def deflated(record: Record, hurdle: Hurdle) -> float:
    """DSR: the probability that the true ratio is above what the best of all trials shows by luck (eq. 2)."""
    return probabilistic(record, hurdle.ratio)
