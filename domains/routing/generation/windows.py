"""When customers can be served: windows that somebody can always meet."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.domains.routing.family.instance import Bools, Floats, Ints
from headway.domains.routing.generation.loads import partners
from headway.domains.routing.generation.places import lengths

# In sides of the square: what a vehicle drives in a day, service times and window lengths. Liu et al. 2024, "Multi-task
# learning for routing problem with cross-problem zero-shot generalization" (KDD), as RL4CO's mtvrp has them.
HORIZON = 4.6
SERVICE = (0.15, 0.18)
LENGTH = (0.18, 0.2)
# Ours: out, across and back is 3 sqrt(2) = 4.24 at most, and there are two services.
PAIR_HORIZON = 1.5 * HORIZON
# Ours: half a window's length where one vehicle drives all.
TOUR_HALF = (0.25, 0.5)


class Windows(NamedTuple):
    """When service begins [B, N], how long it takes [B, N], and when vehicles must be back [B]."""

    earliest: Floats
    latest: Floats
    service: Floats
    horizon: Floats


def around_depot(rng: np.random.Generator, home: Floats, side: float, whole: bool) -> Windows:
    """Windows that a vehicle of its own, at distances ``home`` [B, N] from the depot, meets and returns in time.

    They begin uniformly between the earliest arrival and the last moment that lets it return.

    Parameters
    ----------
    side : of the square, which is the unit of all times
    whole : times are whole numbers
    """
    service, length = _spans(rng, home, side, whole)
    slack = HORIZON * side - service - length - 2 * home
    earliest = home + _whole(rng.random(home.shape) * slack, whole)
    return Windows(earliest, earliest + length, service, np.full(len(home), HORIZON * side))


def of_pairs(rng: np.random.Generator, home: Floats, across: Floats, origin: Ints, side: float, whole: bool) -> Windows:
    """Windows of pickups, and of their deliveries ``across`` [B, N] away, that a vehicle of its own meets.

    Whenever the pickup begins in its window, the delivery can begin in its own, and the vehicle is back in time.
    """
    service, length = _spans(rng, home, side, whole)
    partner = partners(origin)
    # Rounded distances may break the triangle inequality: the delivery is within its own reach, too.
    trip = np.maximum(_of(partner, home + length + service) + across, home)
    # What is left of the day: a part passes before the pickup, and a part before the delivery.
    slack = PAIR_HORIZON * side - trip - length - service - home
    first, second = rng.random(home.shape), rng.random(home.shape)
    wait = _whole(first * slack, whole)
    pickup = _of(partner, home) + wait
    delivery = trip + wait + _whole(second * (1 - first) * slack, whole)
    earliest = np.where(origin > 0, delivery, _of(partner, pickup))
    return Windows(earliest, earliest + length, service, np.full(len(home), PAIR_HORIZON * side))


def along_tour(
    rng: np.random.Generator, coords: Floats, customer: Bools, home: Floats, convention: NDArray[np.str_], side: float
) -> Windows:
    """Windows around the arrivals of one vehicle that visits all customers in a random order; no service times.

    After da Silva and Urrutia 2010, "A general VNS heuristic for the traveling salesman problem with time windows".
    """
    key = np.where(customer, rng.random(customer.shape), np.inf)
    key[:, 0] = -1.0
    order = key.argsort(axis=1)
    path = np.take_along_axis(coords, order[:, :, None], axis=1)
    times = np.pad(lengths(path[:, :-1], path[:, 1:], convention).cumsum(axis=1), ((0, 0), (1, 0)))
    arrival = np.empty(times.shape)
    np.put_along_axis(arrival, order, times, axis=1)
    half = rng.uniform(*TOUR_HALF, (2, *arrival.shape)) * side
    # No earlier than the way from the depot: rounded distances may be longer than a detour.
    latest = np.maximum(arrival + half[1], home)
    horizon = np.where(customer, latest + home, 0.0).max(axis=1)
    return Windows(np.maximum(arrival - half[0], 0.0), latest, np.zeros(arrival.shape), horizon)


def _spans(rng: np.random.Generator, like: Floats, side: float, whole: bool) -> tuple[Floats, Floats]:
    service, length = rng.uniform(*SERVICE, like.shape) * side, rng.uniform(*LENGTH, like.shape) * side
    return _whole(service, whole), _whole(length, whole)


def _of(partner: Ints, values: Floats) -> Floats:
    """``values`` [B, N] of the other one of each pair."""
    out: Floats = np.take_along_axis(values, partner, axis=1)
    return out


def _whole(values: Floats, whole: bool) -> Floats:
    """Rounded down where ``whole``, so that what was in time still is."""
    return np.floor(values) if whole else values
