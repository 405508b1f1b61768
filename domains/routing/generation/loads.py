"""What customers ask for, and what a vehicle holds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headway.domains.routing.family.instance import Bools, Floats, Ints

# Customers -> capacity. 10 to 100: Kool, van Hoof and Welling, "Attention, learn to solve routing problems!"
# (ICLR 2019), appendix on the VRP. Larger: the extension RL4CO uses (rl4co/envs/routing/cvrp/generator.py).
CAPACITY = {10: 20, 20: 30, 50: 40, 100: 50, 200: 70, 500: 100, 1000: 150}


def usual_capacity(customers: Ints) -> Ints:
    """int64 [B]: the table's capacity for these sizes, linear in between and constant outside."""
    return np.interp(customers, list(CAPACITY), list(CAPACITY.values())).round().astype(np.int64)


def share_of(rng: np.random.Generator, of: Bools, share: float) -> Bools:
    """bool [B, N]: a random choice of this share of the nodes ``of`` [B, N] of each row, to the nearest whole one."""
    key = np.where(of, rng.random(of.shape), np.inf)
    rank = key.argsort(axis=1).argsort(axis=1)
    chosen: Bools = rank < np.rint(share * of.sum(1, keepdims=True))
    return chosen


def origins(size: Ints, nodes: int) -> Ints:
    """int64 [B, N]: customers as pairs: i of the first half is the origin of i + half.

    The order of Li et al. 2021, "Heterogeneous attentions for solving pickup and delivery problem via deep
    reinforcement learning" (section III). ``size`` [B] is even.
    """
    node, half = np.arange(nodes), (size // 2)[:, None]
    return np.where((node > half) & (node <= 2 * half), node - half, 0)


def partners(origin: Ints) -> Ints:
    """int64 [B, N]: the other one of each pair, itself where there is none."""
    node = np.broadcast_to(np.arange(origin.shape[1]), origin.shape)
    partner = np.where(origin > 0, origin, node)
    row, delivery = np.nonzero(origin)
    partner[row, origin[row, delivery]] = delivery
    return partner


def vehicles(weight: Ints, capacity: Ints) -> Ints:
    """int64 [B]: vehicles that carry all weights [B, N] when the heaviest comes first, into the first one with room.

    First fit decreasing takes at most 11/9 of the fewest, and a little (Johnson 1973).
    """
    order = -np.sort(-weight, axis=1)
    load, row = np.zeros(weight.shape, np.int64), np.arange(len(weight))
    for item in order.T:
        first = (load + item[:, None] <= capacity[:, None]).argmax(axis=1)
        load[row, first] += item
    used: NDArray[np.int64] = (load > 0).sum(axis=1)
    return used


def prizes(rng: np.random.Generator, optional: Bools, home: Floats, filling: Floats, side: float) -> Floats:
    """float64 [B, N]: what leaving out an optional customer costs, inf for the others.

    A customer at distance r that fills the share q of a vehicle costs about 2 r q to reach (Haimovich and Rinnooy Kan
    1985, "Bounds and heuristics for capacitated routing problems", theorem 2) and its share of a tour through all n of
    a square, 0.7124 side / sqrt(n) (Beardwood, Halton and Hammersley 1959; constant of Johnson and McGeoch 1996). A
    prize is this times a uniform number between 0 and 2, so that about half of them are worth the way.

    Parameters
    ----------
    home : float64 [B, N], distances from the depot
    filling : float64 [B, N], demand and pickup as a share of the capacity
    """
    worth = 2 * home * filling + 0.7124 * side / np.sqrt(np.maximum((home > 0).sum(1, keepdims=True), 1))
    return np.where(optional, rng.uniform(0, 2, optional.shape) * worth, np.inf)
