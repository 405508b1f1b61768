"""Closed forms for one stocking point where shortages are owed, or where every period stands alone."""

from __future__ import annotations

import math
from typing import NamedTuple

from headway.domains.inventory.demand.distribution import Distribution

_FAR = 50  # standard deviations below the mean at which nothing is ever left over


class Newsvendor(NamedTuple):
    """The best level to order up to, units of goods, and its expected cost per period."""

    level: float
    cost: float


def newsvendor(law: Distribution, lead_time: int, holding: float, penalty: float) -> Newsvendor:
    """The best base-stock policy with a lead time L and shortages that are owed: the best of all policies.

    An order of period t can serve demand from t + L on, so the level covers the demand of L + 1 periods and
    is its p / (p + h) fractile (Arrow, Harris and Marschak 1951; Karlin and Scarf 1958). With L = 0 it is
    the newsvendor, whose shortages may as well be lost.
    """
    level = law.quantile(penalty / (penalty + holding), lead_time + 1)
    return Newsvendor(level, level_cost(law, lead_time, holding, penalty, level))


def level_cost(law: Distribution, lead_time: int, holding: float, penalty: float, level: float) -> float:
    """Expected cost per period of ordering up to any ``level``: h E(S - D)+ + p E(D - S)+ over L + 1 periods."""
    periods = lead_time + 1
    low = periods * law.mean - _FAR * law.std * math.sqrt(periods)
    expected = low + law.loss(low, periods)  # E(D); the field ``mean`` of a clipped law is that before clipping
    short = law.loss(level, periods)
    return holding * (level - expected + short) + penalty * short
