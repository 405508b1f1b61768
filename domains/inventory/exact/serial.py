"""Serial systems: Clark and Scarf's echelon base-stock levels and cost, and the cost of any other levels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.domains.inventory.demand.continuous import Continuous
from headway.domains.inventory.demand.distribution import Distribution
from headway.errors import ConfigError

Floats = NDArray[np.float64]

FINENESS = 100  # grid cells per standard deviation of demand that is not whole-numbered
_REACH = 9  # standard deviations of what is counted as demand without a list of probabilities


class EchelonBaseStock(NamedTuple):
    """Echelon base-stock levels, the first of the stage that the outside supplier delivers to, and cost per period."""

    levels: tuple[float, ...]
    cost: float


def clark_scarf(
    law: Distribution,
    lead_times: Sequence[int],
    holding: Sequence[float],
    penalty: float,
    *,
    transit: bool = False,
    levels: Sequence[float] | None = None,
) -> EchelonBaseStock:
    """The best policy of stages in a row; what the last one is short of is owed (Clark and Scarf 1960).

    With echelon holding costs h_j (what a stage costs more than the one before it), and C_j(y) the cost of
    stage j and all after it when its echelon inventory position is y after ordering,

        C_last(y) = h (y - E D_{L+1}) + (p + H) E(D_{L+1} - y)+        H: local holding cost of the last stage
        C_j(y)    = h_j (y - E D_{L_j+1}) + E C_{j+1}(min(S_{j+1}, y - D_{L_j}))

    and S_j minimises C_j. An order of period t serves, or can be sent on, from t + L_j on; costs are paid on
    what is left after demand. Demand that is not whole-numbered is put on a grid of `FINENESS` cells per
    standard deviation.

    Parameters
    ----------
    lead_times, holding : [N], from the outside supplier to the last stage; local holding cost per unit and period
    penalty : cost per unit owed and period
    transit : whether goods under way cost what they cost where they come from (a constant)
    levels : [N], echelon levels whose cost is wanted; by default the best ones

    Raises
    ------
    ConfigError
        Lists of different lengths, or holding costs that fall on the way down.
    """
    costs = np.asarray(holding, dtype=np.float64)
    given = [None] * len(costs) if levels is None else list(levels)
    if not len(lead_times) == len(costs) == len(given) or not len(costs):
        got = (len(lead_times), len(costs), len(given))
        raise ConfigError("not every stage has its numbers", where="clark_scarf", got=got, expected="equal lengths")
    echelon = np.diff(costs, prepend=0.0)
    if (echelon < 0).any():
        raise ConfigError("stock that is cheaper nearer to the customer", where="holding", got=tuple(costs))
    grid = _Grid(law, sum(lead_times) + 1, max((level for level in given if level is not None), default=0.0))
    found: list[float] = []
    below = (penalty + costs[-1]) * np.maximum(-grid.points, 0.0)  # what the customer is owed
    for stage in reversed(range(len(costs))):
        periods = lead_times[stage] + (stage == len(costs) - 1)
        cost = echelon[stage] * (grid.points - grid.mean * (lead_times[stage] + 1)) + grid.expect(below, periods)
        level = given[stage]
        level = grid.lowest(cost) if level is None else float(level)
        found.insert(0, level)
        below = np.interp(np.minimum(grid.points, level), grid.points, cost)
    if not transit:
        below = below - grid.mean * float(np.dot(costs[:-1], lead_times[1:]))
    return EchelonBaseStock(tuple(found), float(below[-1]))


class _Grid:
    """Echelon inventory positions on a grid that reaches from no goods at all to all that can be demanded."""

    def __init__(self, law: Distribution, periods: int, reach: float) -> None:
        self.law, self.step = law, 1.0 if law.discrete else law.std / FINENESS
        first, masses = self.demand(periods)
        self.points = self.step * np.arange(min(first, 0) - 2, max(first + len(masses), reach / self.step) + 2)
        first, masses = self.demand(1)
        self.mean = self.step * float(masses @ (first + np.arange(len(masses))))

    def demand(self, periods: int) -> tuple[int, Floats]:
        """Demand of ``periods`` periods on the grid: its first index, and the probabilities from there on."""
        if not periods:
            return 0, np.ones(1)
        total = self.law.summed(periods) if isinstance(self.law, Continuous) else None
        if total is None or self.law.discrete:
            return 0, self.law.grid(self.step).total(periods).probabilities
        ends = total.mean + _REACH * total.std * np.array([-1.0, 1.5])
        index = np.arange(np.floor(ends[0] / self.step), np.ceil(ends[1] / self.step))
        masses = np.diff(total.cdf((np.append(index, index[-1] + 1) - 0.5) * self.step))
        some = np.flatnonzero(masses > 0)
        kept = slice(int(some[0]), int(some[-1]) + 1)
        return int(index[kept][0]), masses[kept] / masses[kept].sum()

    def expect(self, cost: Floats, periods: int) -> Floats:
        """E cost(y - D): below the grid ``cost`` goes on as it begins (all is short), above as it ends."""
        first, masses = self.demand(periods)
        index = np.arange(1 - first - len(masses), len(cost) - first)
        slope = cost[1] - cost[0]
        reached = cost[np.clip(index, 0, len(cost) - 1)] + slope * np.minimum(index, 0)
        return _convolve(reached, masses)

    def lowest(self, cost: Floats) -> float:
        """Where ``cost`` is lowest: on the grid, or between its points where demand is not whole-numbered."""
        best = int(np.argmin(cost))
        if self.law.discrete or not 0 < best < len(cost) - 1:
            return float(self.points[best])
        left, right = cost[best] - cost[best - 1], cost[best + 1] - cost[best]
        return float(self.points[best] + self.step * (0.5 - right / (right - left)))


def _convolve(values: Floats, masses: Floats) -> Floats:
    """What `numpy.convolve` calls valid; by Fourier transform where that is faster."""
    if len(masses) < 500:
        return np.convolve(values, masses, mode="valid")
    size = len(values) + len(masses) - 1
    full = np.fft.irfft(np.fft.rfft(values, size) * np.fft.rfft(masses, size), size)
    return full[len(masses) - 1 : len(values)]
