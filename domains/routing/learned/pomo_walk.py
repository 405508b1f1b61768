"""A vehicle's way through an instance, compiled: where it may go, what changes when it does, what a policy sees.

The rules and the order of their sums are those of `construct`, so that both allow the same to the last bit.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from headway.domains.routing.learned.pomo_task import (
    BACK,
    BACK_TIME,
    BIASES,
    CAPACITY,
    CHANGE,
    CLOSED,
    CLOSING,
    CUSTOMERS,
    EARLIEST,
    FLEET,
    FROM_DEPOT,
    HORIZON,
    LAST,
    LATEST,
    LIMIT,
    SERVICE,
    TIMELESS,
    USUAL,
    WINDOWS,
    Floats,
    Ints,
    Singles,
)
from headway.nn.decoding import GOLDEN, MIXERS

# Without counting references to arrays, which costs more than what these functions do; so they cannot make any.
plain = nb.njit(cache=True, _nrt=False, error_model="numpy")
MIX1, MIX2 = MIXERS
SLACK = 1 + 1e-9
# Numbers that describe the vehicle: load of pickups and largest load, time, distance driven, whether it has collected
# something, and its own number, from 1.
LOAD, PEAK, TIME, DRIVEN, COLLECTED, NUMBER = range(6)
VEHICLE = 6


@plain
def uniform(key: np.uint64, step: int) -> float:
    """A number in [0, 1) from a key and a counter: `headway.nn.decoding.uniforms` for one row."""
    z = key + GOLDEN * np.uint64(step + 1)
    z = (z ^ (z >> np.uint64(30))) * MIX1
    z = (z ^ (z >> np.uint64(27))) * MIX2
    return ((z ^ (z >> np.uint64(31))) >> np.uint64(11)) * 2.0**-53


@plain
def begin(node: Floats, row: Floats, vehicle: Floats, left: Ints) -> int:
    """The first vehicle is at the depot and all customers are ``left``; how many these are."""
    vehicle[:], vehicle[NUMBER], vehicle[TIME] = 0.0, 1.0, node[0, EARLIEST]
    customers = int(row[CUSTOMERS])
    for i in range(customers):
        left[i] = i + 1
    return customers


@plain
def fits(
    node: Floats, row: Floats, distance: Floats, duration: Floats, vehicle: Floats, at: int, to: int
) -> bool:  # fmt: skip
    """May the vehicle go on from node ``at`` to customer ``to``, and home from there?"""
    if node[to, FROM_DEPOT] > row[CAPACITY] - vehicle[PEAK] or node[to, CHANGE] > row[CAPACITY] - vehicle[LOAD]:
        return False
    if row[LAST] and vehicle[COLLECTED] and node[to, FROM_DEPOT] > 0:
        return False
    if row[LIMIT] < np.inf and vehicle[DRIVEN] + (distance[at, to] + node[to, BACK]) > SLACK * row[LIMIT]:
        return False
    if duration.shape[0]:
        start = max(vehicle[TIME] + duration[at, to], node[to, EARLIEST])
        if start > SLACK * node[to, LATEST] or start + node[to, BACK_TIME] > SLACK * row[CLOSING]:
            return False
    return True


@plain
def may(
    node: Floats, row: Floats, distance: Floats, duration: Floats, vehicle: Floats, at: int, left: Ints, waiting: int,
    nodes: Ints,
) -> int:  # fmt: skip
    """Write into ``nodes`` where the vehicle may go: home, or to some of the customers ``left``[:waiting]; how many.

    The last vehicle of the fleet goes on as long as it can.
    """
    m = 0
    if at != 0 and (vehicle[NUMBER] < row[FLEET] or waiting == 0):
        nodes[0] = 0
        m = 1
    for i in range(waiting):
        if fits(node, row, distance, duration, vehicle, at, left[i]):
            nodes[m] = left[i]
            m += 1
    return m


@plain
def go(
    node: Floats, row: Floats, distance: Floats, duration: Floats, vehicle: Floats, at: int, to: int
) -> float:  # fmt: skip
    """Move the vehicle; the distance. At the depot the next one takes over."""
    if to == 0:
        number = vehicle[NUMBER]
        vehicle[:], vehicle[NUMBER], vehicle[TIME] = 0.0, number + 1, node[0, EARLIEST]
        return distance[at, 0] * row[CLOSED]
    vehicle[PEAK] = max(vehicle[PEAK] + node[to, FROM_DEPOT], vehicle[LOAD] + node[to, CHANGE])
    vehicle[LOAD] += node[to, CHANGE]
    vehicle[DRIVEN] += distance[at, to]
    if node[to, CHANGE] > 0:
        vehicle[COLLECTED] = 1.0
    if duration.shape[0]:
        vehicle[TIME] = max(vehicle[TIME] + duration[at, to], node[to, EARLIEST]) + node[to, SERVICE]
    return distance[at, to]


@plain
def strike(left: Ints, number: int, node: int) -> int:
    """Take a node out of ``left``[:number], which stays in order; how many remain."""
    at = 0
    while at < number and left[at] != node:
        at += 1
    for i in range(at, number - 1):
        left[i] = left[i + 1]
    return number - (at < number)


@plain
def look(row: Floats, vehicle: Floats, waiting: int, out: Singles) -> None:
    """How the vehicle stands, [CONTEXT]: the environment's ``vehicle``, then the share of customers that wait."""
    out[0] = vehicle[LOAD] / row[CAPACITY]
    out[1] = vehicle[PEAK] / row[CAPACITY]
    out[2] = vehicle[TIME] / row[HORIZON]
    out[3] = vehicle[DRIVEN] / row[LIMIT]
    out[4] = vehicle[COLLECTED]
    out[5] = waiting / row[CUSTOMERS]


@plain
def compare(
    node: Floats, row: Floats, duration: Floats, near: Singles, vehicle: Floats, at: int, nodes: Ints, number: int,
    out: Singles,
) -> int:  # fmt: skip
    """The biases [number, BIASES] of ``nodes``[:number]; how many of them there are."""
    for m in range(number):
        out[m, 0], out[m, 1] = near[at, nodes[m]], near[0, nodes[m]]
    if not row[WINDOWS]:
        return TIMELESS
    unit = np.sqrt(row[CUSTOMERS] / USUAL) / row[HORIZON]
    for m in range(number):
        j = nodes[m]
        arrival = vehicle[TIME] + duration[at, j]
        start = max(arrival, node[j, EARLIEST])
        out[m, 2] = unit * (start - arrival) if j else 0.0
        out[m, 3] = unit * (min(row[HORIZON], node[j, LATEST]) - start) if j else 0.0
    return BIASES
