"""A giant tour taken apart into legs: what the scorer adds up."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.domains.routing.family.instance import RoutingInstance

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Legs(NamedTuple):
    """The tour taken apart; P = L + 1 legs, each from the position before it."""

    start: Ints  # [B, P], node a leg leaves from
    end: Ints  # [B, P], node it goes to; the route's own depot at its end
    leaves: Bools  # [B, P], the leg begins a route
    returns: Bools  # [B, P], the leg ends a route
    route: Ints  # [B, P], number of the route
    began: Ints  # [B, P], the position of the leg that begins it
    depot: Ints  # [B, P], its depot


def legs_of(instance: RoutingInstance, visits: Ints) -> Legs:
    """The legs of giant tours [B, L] (see `Routes`), whose nodes all exist."""
    # Depot 0 at both ends, so that every leg is a pair of neighbours.
    tour = np.pad(visits, ((0, 0), (1, 1)))
    start, end, stands = tour[:, :-1], tour[:, 1:], tour <= 0
    leaves = stands[:, :-1]
    began = np.maximum.accumulate(np.where(leaves, np.arange(start.shape[1]), 0), 1)
    depot = -np.take_along_axis(start, began, 1)
    home = np.where(depot > 0, instance.customers[:, None] + depot, 0)
    return Legs(
        start=np.where(leaves, home, start),
        end=np.where(stands[:, 1:], home, end),
        leaves=leaves,
        returns=stands[:, 1:],
        route=np.cumsum(leaves, 1) - 1,
        began=began,
        depot=depot,
    )


def lengths(instance: RoutingInstance, legs: Legs) -> Floats:
    """float64 [B, P]: the length of each leg, whether or not it counts."""
    row = np.arange(len(legs.start))[:, None]
    length: Floats = np.sqrt(np.square(instance.coords[row, legs.end] - instance.coords[row, legs.start]).sum(-1))
    nint, trunc1, matrix = (np.flatnonzero(instance.convention == name) for name in ("nint", "trunc1", "matrix"))
    length[nint] = np.floor(length[nint] + 0.5)
    length[trunc1] = np.floor(length[trunc1] * 10) / 10
    length[matrix] = instance.matrix[matrix[:, None], legs.start[matrix], legs.end[matrix]]
    return length


def per_route(legs: Legs, values: NDArray[np.generic]) -> Floats:
    """float64 [B, R]: sums of ``values`` [B, P] over each route."""
    out = np.zeros((len(values), legs.route.max() + 1))
    np.add.at(out, (np.arange(len(values))[:, None], legs.route), values)
    return out


def visits_of(instance: RoutingInstance, legs: Legs) -> Ints:
    """int64 [B, N]: how often each customer is visited."""
    count = np.zeros(instance.demand.shape, dtype=np.int64)
    np.add.at(count, (np.arange(len(count))[:, None], legs.start), ~legs.leaves)
    return count


def served(legs: Legs, values: Ints) -> Ints:
    """int64 [B, P]: what ``values`` [B, N] say of the customer each leg leaves from; 0 at depots."""
    return np.where(legs.leaves, 0, np.take_along_axis(values, legs.start, 1))


def since_start(legs: Legs, amount: Ints) -> Ints:
    """int64 [B, P]: ``amount`` [B, P] added up from the beginning of the route."""
    total: Ints = np.cumsum(amount, 1)
    return total - np.take_along_axis(total, legs.began, 1)
