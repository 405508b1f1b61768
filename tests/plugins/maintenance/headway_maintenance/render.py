"""A picture of one plan: cost per period, and when the crew worked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from headway_maintenance.instance import REPAIR, REPLACE, Plan

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def figure(plan: Plan, cost: NDArray[np.float64], unit: str) -> Figure:
    """Bars of ``cost`` [T] over a row of marks, one per repair or replacement of ``plan`` (a batch of one)."""
    from matplotlib.figure import Figure

    picture = Figure(figsize=(8, 3), layout="constrained")
    above, below = picture.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    above.bar(np.arange(len(cost)), cost)
    above.set_ylabel(unit)
    for work, marker, label in ((REPAIR, "o", "repair"), (REPLACE, "s", "replace")):
        periods = np.flatnonzero(plan.work[0] == work)
        below.plot(periods, plan.machine[0, periods], marker, label=label)
    below.set(xlabel="period", ylabel="machine")
    below.legend(loc="upper right")
    return picture
