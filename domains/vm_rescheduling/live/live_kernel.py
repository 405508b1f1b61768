"""Batches of living clusters: what a migration comes to, and what would have been without a plan."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.live.world import World, advance, happen, migrate, rate, tallied

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Nodes = NDArray[np.int32]


@njit(cache=True)
def without_plan(worlds: World, free: Ints, at: Nodes) -> Floats:
    """The rate once 0..M events have happened [B, M+1]. ``free`` and ``at`` [B, ...] are used up."""
    rates = np.zeros((len(worlds.second), worlds.second.shape[1] + 1))
    for b in range(len(worlds.second)):
        world = _one(worlds, b)
        tallies = _tallies(world, free[b])
        tally, new = tallies.sum(axis=0), np.zeros_like(tallies[0])
        rates[b, 0] = rate(world, tally)
        for event in range(len(world.second)):
            if np.isinf(world.second[event]):
                break
            node = happen(world, free[b], at[b], event)
            if node >= 0:
                tallied(world, free[b], node // 2, new)
                tally += new - tallies[node // 2]
                tallies[node // 2] = new
            rates[b, event + 1] = rate(world, tally)
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
        rates[b] = rate(world, _tallies(world, free[b]).sum(axis=0))


@njit(cache=True)
def _tallies(world: World, free: Ints) -> Ints:
    """Of each machine, see `tallied` [P, R, 2]."""
    tallies = np.zeros((len(world.open) // 2, len(world.terms), 2), np.int64)
    for machine in range(len(tallies)):
        tallied(world, free, machine, tallies[machine])
    return tallies


@njit(cache=True)
def _one(worlds: World, b: int) -> World:
    """One of a batch."""
    return World(
        worlds.second[b], worlds.subject[b], worlds.spot[b], worlds.need[b], worlds.open[b], worlds.zone[b],
        worlds.group[b], worlds.terms,
    )  # fmt: skip
