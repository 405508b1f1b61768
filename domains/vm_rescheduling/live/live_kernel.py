"""Batches of living clusters: what a migration comes to, and what would have been without a plan."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.live.world import World, advance, happen, migrate, rate

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Nodes = NDArray[np.int32]


@njit(cache=True)
def without_plan(worlds: World, free: Ints, at: Nodes) -> Floats:
    """The rate once 0..M events have happened [B, M+1]. ``free`` and ``at`` [B, ...] are used up."""
    rates = np.zeros((len(worlds.second), worlds.second.shape[1] + 1))
    for b in range(len(worlds.second)):
        world = _one(worlds, b)
        rates[b, 0] = rate(world, free[b])
        for event in range(len(world.second)):
            if np.isinf(world.second[event]):
                break
            happen(world, free[b], at[b], event)
            rates[b, event + 1] = rate(world, free[b])
    return rates


@njit(cache=True)
def carry_out(
    worlds: World, free: Ints, at: Nodes, event: Ints, clock: Floats, rows: Ints, vm: Ints, target: Ints, rates: Floats
) -> None:
    """In these ``rows``, live up to ``clock`` [B], and let VM ``vm`` [B] go to node ``target`` [B] if it still can.

    ``free``, ``at``, ``event`` (number of the next one) and ``rates`` (right after it), all [B, ...], are changed.
    """
    for b in rows:
        world = _one(worlds, b)
        event[b] = advance(world, free[b], at[b], event[b], clock[b])
        migrate(world, free[b], at[b], vm[b], target[b])
        rates[b] = rate(world, free[b])


@njit(cache=True)
def _one(worlds: World, b: int) -> World:
    """One of a batch."""
    return World(
        worlds.second[b], worlds.subject[b], worlds.spot[b], worlds.need[b], worlds.open[b], worlds.zone[b],
        worlds.group[b], worlds.terms,
    )  # fmt: skip
