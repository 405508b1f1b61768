"""Instances like the X set of CVRPLIB.

Uchoa, Pecin, Pessoa, Poggi, Vidal and Subramanian 2017, "New benchmark instances for the capacitated vehicle routing
problem" (European Journal of Operational Research 257), section 4: four attributes, each drawn for every instance.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar

import numpy as np

from headway.domains.routing.family.instance import Floats, Ints

T = TypeVar("T")
Depot = Literal["central", "eccentric", "random"]
Customers = Literal["random", "clustered", "random-clustered"]
Demand = Literal["unitary", "1-10", "5-10", "1-100", "50-100", "quadrant", "many small, few large"]

DEPOTS: tuple[Depot, ...] = ("central", "eccentric", "random")
CUSTOMERS: tuple[Customers, ...] = ("random", "clustered", "random-clustered")
DEMANDS: tuple[Demand, ...] = ("unitary", "1-10", "5-10", "1-100", "50-100", "quadrant", "many small, few large")

SIDE = 1000  # places are whole numbers from 0 to this
DECAY = 40.0  # a customer is near a seed with probability exp(-distance / DECAY)
SEEDS = (3, 8)
ROUTE = (3.0, 6.0, 25.0)  # customers of a route: triangular with this minimum, mode and maximum
SMALL, LARGE = (1, 10), (50, 100)
SHARE_SMALL = (0.7, 0.95)  # of the customers of "many small, few large"
RANGES = {"unitary": (1, 1), "1-10": SMALL, "5-10": (5, 10), "1-100": (1, 100), "50-100": LARGE}


def uchoa(rng: np.random.Generator, size: Ints, depots: int, nodes: int) -> tuple[Floats, Ints, Ints]:
    """Places [B, N, 2], demands [B, N] and capacities [B] for these sizes [B], all classes equally likely."""
    coords, demand = np.zeros((len(size), nodes, 2)), np.zeros((len(size), nodes), np.int64)
    capacity = np.empty(len(size), np.int64)
    for row, count in enumerate(size.tolist()):
        spots = places(rng, count, depots, _one(rng, DEPOTS), _one(rng, CUSTOMERS))
        asked = demands(rng, spots[1 : count + 1], _one(rng, DEMANDS))
        coords[row, : count + depots], demand[row, 1 : count + 1] = spots, asked
        capacity[row] = capacity_for(asked, rng.triangular(*ROUTE))
    return coords, demand, capacity


def places(rng: np.random.Generator, size: int, depots: int, depot: Depot, customers: Customers) -> Ints:
    """int64 [1 + size + depots - 1, 2]: the depot, the customers, further depots (random); all different (4.1, 4.2)."""
    corner = {"central": [[SIDE // 2, SIDE // 2]], "eccentric": [[0, 0]], "random": rng.integers(0, SIDE + 1, (1, 2))}

    def anywhere(count: int) -> Ints:
        return rng.integers(0, SIDE + 1, (count, 2))

    spots = _further(np.array(corner[depot]), depots - 1, anywhere)
    alone = {"random": size, "clustered": 0, "random-clustered": size // 2}[customers]
    seeds = min(int(rng.integers(*SEEDS, endpoint=True)), size - alone)
    # The seeds are customers themselves.
    spots = _further(spots, alone + seeds, anywhere)
    around = spots[len(spots) - seeds :]
    spots = _further(spots, size - alone - seeds, lambda count: _near(rng, around, count))
    return np.concatenate([spots[:1], rng.permutation(spots[depots:]), spots[1:depots]])


def demands(rng: np.random.Generator, spots: Ints, kind: Demand) -> Ints:
    """int64 [n]: what customers at these places [n, 2] ask for (4.3)."""
    if kind == "quadrant":
        even = (spots[:, 0] < SIDE / 2) != (spots[:, 1] < SIDE / 2)
        return rng.integers(1, 50, len(spots), endpoint=True) + np.where(even, 0, 50)
    if kind == "many small, few large":
        small = rng.permutation(len(spots)) < rng.uniform(*SHARE_SMALL) * len(spots)
        few, many = (rng.integers(*bounds, len(spots), endpoint=True) for bounds in (LARGE, SMALL))
        return np.where(small, many, few)
    return rng.integers(*RANGES[kind], len(spots), endpoint=True)


def capacity_for(demand: Ints, route: float) -> int:
    """The capacity with which a full vehicle serves ``route`` customers on average (4.4)."""
    return max(int(np.ceil(route * demand.mean())), int(demand.max()))


def _near(rng: np.random.Generator, seeds: Ints, count: int) -> Ints:
    """int64 [at most count, 2]: places with density proportional to the sum over seeds of exp(-distance / DECAY).

    In the plane, that density around one seed has a radius of the gamma distribution of shape 2 and any angle.
    """
    radius, angle = rng.gamma(2.0, DECAY, count), rng.uniform(0, 2 * np.pi, count)
    offset = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    spots = np.rint(seeds[rng.integers(len(seeds), size=count)] + offset).astype(np.int64)
    inside: Ints = spots[((spots >= 0) & (spots <= SIDE)).all(1)]
    return inside


def _further(spots: Ints, count: int, source: Callable[[int], Ints]) -> Ints:
    """``spots`` [k, 2] and ``count`` more from ``source``, none of them twice."""
    wanted = len(spots) + count
    while len(spots) < wanted:
        spots = np.concatenate([spots, source(2 * count)])
        _, first = np.unique(spots[:, 0] * (SIDE + 1) + spots[:, 1], return_index=True)
        spots = spots[np.sort(first)]
    return spots[:wanted]


def _one(rng: np.random.Generator, of: tuple[T, ...]) -> T:
    return of[int(rng.integers(len(of)))]
