"""Fixed costs of orders: a dynamic program in place of the linear one, where goods are bought outside and sold."""

from __future__ import annotations

import numpy as np

from headway.domains.inventory.optimisation.network import Booleans, Floats, Network, Position
from headway.domains.inventory.optimisation.safety import WEIGHTS

POINTS = 400  # at most so many amounts are looked at


def alone(network: Network) -> Booleans:
    """bool [N]: nodes with a fixed cost, durable goods, one link that comes from outside, and none that leads on."""
    links, senders = np.bincount(network.head, minlength=network.size), np.isin(np.arange(network.size), network.tail)
    outside = np.zeros(network.size, bool)
    outside[network.head] = (network.tail < 0) & (network.fixed > 0) & np.isinf(network.capacity)
    return np.asarray(outside & (links == 1) & ~senders & (network.keep == 1))


def order(network: Network, levels: Floats, position: Position, node: int) -> float:
    """What to order now at a node that stands `alone`, from levels [J, T, N] of demand (see `safety`).

    A plan says how much there will have been in all by each period, and the levels say what that costs the period.
    With V[t](x) the least cost from period t on where x is there or ordered before,

        V[t](x) = min(C[t](x) + V[t+1](x), min over y > x of fixed + c (y - x) + C[t](y) + V[t+1](y)).

    Periods of orders are fixed within a plan (the static strategy of Bookbinder and Tan 1988), but not between plans.
    """
    link = int(np.flatnonzero(network.head == node)[0])
    fixed, unit_cost = float(network.fixed[link]), float(network.unit_cost[link])
    asked = levels[:, int(network.lead_time[link]) :, node]
    there = float(position.stock[node] + position.arriving[:, node].sum())
    supply = _amounts(there, float(asked[-1, -1]), float(network.lot[link]))
    beyond = supply - asked[..., None]
    each = network.holding[node] * np.maximum(beyond, 0.0) + network.penalty[node] * np.maximum(-beyond, 0.0)
    later = np.zeros(len(supply))
    for cost in np.tensordot(WEIGHTS, each, axes=1)[::-1]:
        now = cost + later
        raised = _least_beyond(now + unit_cost * supply) + fixed - unit_cost * supply
        later = np.minimum(now, raised)
    if now[0] <= raised[0]:
        return 0.0
    return float(supply[1 + (now + unit_cost * supply)[1:].argmin()] - there)


def _least_beyond(values: Floats) -> Floats:
    """The least of the later ``values`` [M], for each of them."""
    out = np.full(len(values), np.inf)
    out[:-1] = np.minimum.accumulate(values[::-1])[::-1][1:]
    return out


def _amounts(least: float, most: float, lot: float) -> Floats:
    """From ``least`` to ``most`` at least, in whole lots."""
    step = max(most - least, 1.0) / POINTS
    step = lot * np.ceil(step / lot) if lot else step
    return np.asarray(least + step * np.arange(1 + np.ceil(max(most - least, 0.0) / step)))
