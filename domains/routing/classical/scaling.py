"""Whole numbers for solvers that know no others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from headway.domains.routing.family.instance import Floats, Ints, RoutingInstance
from headway.domains.routing.family.solution import Routes

# The longest distance becomes at least this: rounding then moves a leg by less than 1e-4 of it, some 1e-5 of a
# tour. With a hundred times as much, PyVRP's penalties reach their limit and its answers get worse (docs/routing.md).
RESOLUTION = 1e4
SLACK = 5e-10  # half of what the scorer lets pass, so that a fine resolution does not lose what is met exactly
NEVER = 2**48  # in place of infinity; sums of some hundreds of them still fit into 64 bits


@dataclass(frozen=True)
class Whole:
    """A batch of one in whole numbers, without padding; n nodes. Solvers optimise these, the scorer never sees them.

    Values that are whole stay as they are, and those with one decimal are exact in tenths; others are scaled by a power
    of ten. What is summed up and held against a limit is then rounded so that whoever keeps the whole limit keeps the
    real one; or, relaxed, so that whoever keeps the real one keeps the whole one.

    Attributes
    ----------
    cost : int64 [n, n], distances to the nearest unit
    length : int64 [n, n], distances to be held against ``limit``
    limit : of a route's length; NEVER: none
    prize : int64 [n], NEVER: must be visited
    travel : int64 [n, n], travel times, to be held against the windows
    service, earliest, latest : int64 [n]; NEVER: no window
    unit : what a distance of 1 has become
    exact : whether distances and prizes are what they were, and not rounded
    depots : int64 [D], nodes of the depots

    Legs to a depot are 0 where routes are open, and it never closes.
    """

    cost: Ints
    length: Ints
    limit: int
    prize: Ints
    travel: Ints
    service: Ints
    earliest: Ints
    latest: Ints
    unit: float
    exact: bool
    depots: Ints

    @property
    def timed(self) -> bool:
        """Whether there are windows to keep."""
        return bool((self.latest < NEVER).any())

    def total(self, routes: Routes) -> int:
        """What ``routes`` cost, with the prizes of customers that are left out."""
        left = np.ones(len(self.prize), bool)
        left[self.depots] = False
        total = 0
        for depot, route in routes.leaving():
            tour = [self.depots[depot], *route, self.depots[depot]]
            total += int(self.cost[tour[:-1], tour[1:]].sum())
            left[route] = False
        return total + int(self.prize[left].sum())


def whole(instance: RoutingInstance, resolution: float = RESOLUTION, *, relaxed: bool = False) -> Whole:
    """The whole numbers of a batch of one; ``resolution``: what the longest leg becomes, at least."""
    n = int(instance.customers[0] + instance.depots[0])
    distance, travel = instance.distances()[0, :n, :n], instance.durations()[0, :n, :n]
    latest, depots = instance.latest[0, :n].copy(), np.flatnonzero(~instance.customer[0, :n])
    if instance.open[0]:
        distance[:, depots], travel[:, depots], latest[depots] = 0.0, 0.0, np.inf
    limit, prize = instance.limit[:1], instance.prize[0, :n]
    service, earliest = instance.service[0, :n], instance.earliest[0, :n]
    space, exact = _unit(resolution, distance, limit, prize)
    time, timely = _unit(resolution, travel, service, earliest, latest)
    up, down = (np.floor, np.ceil) if relaxed else (np.ceil, np.floor)
    more = 1.0 if relaxed else 1 + SLACK
    return Whole(
        cost=_round(distance * space, np.rint),
        length=_round(distance * space, np.rint if exact else up),
        limit=int(_round(limit * space * more, np.rint if exact else down)[0]),
        prize=_round(prize * space, np.rint),
        travel=_round(travel * time, np.rint if timely else up),
        service=_round(service * time, np.rint if timely else up),
        earliest=_round(earliest * time, np.rint if timely else up),
        latest=_round(latest * time * more, np.rint if timely else down),
        unit=space,
        exact=exact,
        depots=depots,
    )


def _unit(resolution: float, *values: Floats) -> tuple[float, bool]:
    """The scale under which all finite values become whole, and whether they do so without rounding."""
    known = np.concatenate([value[np.isfinite(value)] for value in values])
    for scale in (1.0, 10.0):
        if np.abs(known * scale - np.rint(known * scale)).max() < 1e-6:
            return scale, True
    longest = values[0].max() or known.max()
    return float(10 ** np.ceil(np.log10(resolution / longest))), False


def _round(values: Floats, rounding: Any) -> Ints:
    finite = np.isfinite(values)
    out: Ints = np.where(finite, rounding(np.where(finite, values, 0.0)), NEVER).astype(np.int64)
    return out
