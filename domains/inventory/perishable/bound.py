"""A bound on what anybody can reach on a path, knowing all demand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headway.domains.inventory.perishable.instance import AgedPath

Floats = NDArray[np.float64]


def perfect_information(path: AgedPath) -> Floats:
    """Cost per counted period, float64 [B], that no orders go below.

    A unit sold in period t was ordered lead time + a periods before, for an age a below the lifetime. Its
    cost is the unit cost, if the period of its order is counted, and holding for each of the last a periods
    that is counted; not to sell it costs the penalty. Whoever may choose the cheapest for every unit of
    demand on its own pays no more than anybody who must also issue by age, pay for waste and fixed costs and
    order whole lots. Where the two agree the bound is attained: it is then the value of the linear program.
    """
    periods = np.arange(path.horizon)[None, :, None]
    warmup = path.warmup[:, None, None]
    lead, unit, holding = path.lead_time[:, None], path.unit_cost[:, None], path.holding[:, None]
    cheapest = np.broadcast_to(path.penalty[:, None], path.demand[:, path.first :].shape)
    for age in range(int(path.lifetime.max(initial=1))):
        ordered = periods - age - lead
        held = np.minimum(age, np.maximum(periods - warmup, 0))
        cost = unit * (ordered >= warmup) + holding * held
        cheapest = np.where(ordered >= 0, np.minimum(cheapest, cost), cheapest)
    paid = path.demand[:, path.first :] * cheapest * (periods >= warmup)
    bound: Floats = paid.sum(axis=(1, 2)) / (path.horizon - path.warmup)
    return bound
