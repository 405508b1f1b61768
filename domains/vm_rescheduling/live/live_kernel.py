"""Batches of living clusters: what a migration comes to, and what would have been without a plan."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.live.world import World, advance, happen, migrate, rate

Floats = NDArray[np.float64]


@njit(cache=True)
def without_plan(
    terms: Floats, second: Any, subject: Any, spot: Any, need: Any, open: Any, zone: Any, group: Any, free: Any, at: Any
) -> Floats:
    """The rate once 0..M events have happened [B, M+1]. ``free`` and ``at`` are used up."""
    rates = np.zeros((len(second), second.shape[1] + 1))
    for b in range(len(second)):
        world = World(second[b], subject[b], spot[b], need[b], open[b], zone[b], group[b], terms)
        rates[b, 0] = rate(world, free[b])
        for event in range(second.shape[1]):
            if np.isinf(second[b, event]):
                break
            happen(world, free[b], at[b], event)
            rates[b, event + 1] = rate(world, free[b])
    return rates


@njit(cache=True)
def carry_out(
    terms: Floats, second: Any, subject: Any, spot: Any, need: Any, open: Any, zone: Any, group: Any, free: Any,
    at: Any, event: Any, clock: Floats, rows: Any, vm: Any, target: Any, rates: Floats,
) -> None:  # fmt: skip
    """In these ``rows``, live up to ``clock`` [B], and let VM ``vm`` [B] go to node ``target`` [B] if it still can.

    ``free``, ``at``, ``event`` (number of the next one) and ``rates`` (right after it), all [B, ...], are changed.
    """
    for b in rows:
        world = World(second[b], subject[b], spot[b], need[b], open[b], zone[b], group[b], terms)
        event[b] = advance(world, free[b], at[b], event[b], clock[b])
        migrate(world, free[b], at[b], vm[b], target[b])
        rates[b] = rate(world, free[b])
