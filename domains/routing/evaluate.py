"""The scorer: distances, coverage and loads of giant tours, recomputed from the raw instance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headway.domains.routing.instance import CVRPInstance
from headway.domains.routing.solution import Routes
from headway.errors import SolutionError
from headway.evaluation import Evaluation

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def evaluate(instance: CVRPInstance, solution: Routes) -> Evaluation:
    """Total distance of all routes, in the instance's own convention; NaN where an unknown node is visited.

    Violations: ``unknown`` visits of nodes that do not exist, ``missed`` customers, ``repeated`` visits
    beyond the first, ``overload`` units of demand above capacity, summed over routes.
    Metrics: ``routes``, ``fill`` (demand carried per unit of capacity sent out), ``longest`` route.

    Raises
    ------
    SolutionError
        Another number of solutions than instances.
    """
    if len(solution) != len(instance):
        raise SolutionError(
            "the solution does not belong to the instance", where="Routes", got=len(solution), expected=len(instance)
        )
    # The tour with the depot at both ends, so that every leg is a pair of neighbours.
    tour = np.pad(solution.visits, ((0, 0), (1, 1)))
    unknown = (tour < 0) | (tour > instance.customers[:, None])
    known = np.where(unknown, 0, tour)
    legs = _legs(instance, known)
    route = np.cumsum(tour[:, :-1] == 0, axis=1) - 1
    load = _per_route(route, np.take_along_axis(instance.demand, known, 1)[:, :-1])
    used = _per_route(route, tour[:, :-1] != 0) > 0
    visited = _visits(instance, known)
    routes = used.sum(1)
    return Evaluation(
        objective=np.where(unknown.any(1), np.nan, legs.sum(1)),
        violations={
            "unknown": unknown.sum(1).astype(float),
            "missed": ((visited == 0) & _customers(instance)).sum(1).astype(float),
            "repeated": np.maximum(visited - 1, 0).sum(1).astype(float),
            "overload": np.maximum(load - instance.capacity[:, None], 0).sum(1).astype(float),
        },
        metrics={
            "routes": routes.astype(float),
            "fill": load.sum(1) / np.maximum(routes * instance.capacity, 1),
            "longest": _per_route(route, legs).max(1),
        },
    )


def _legs(instance: CVRPInstance, tour: Ints) -> Floats:
    """float64 [B, L - 1]: the length of each step of a tour [B, L]."""
    start, end = tour[:, :-1], tour[:, 1:]
    row = np.arange(len(tour))[:, None]
    length: Floats = np.sqrt(np.square(instance.coords[row, end] - instance.coords[row, start]).sum(-1))
    nint, trunc1, matrix = (np.flatnonzero(instance.convention == name) for name in ("nint", "trunc1", "matrix"))
    length[nint] = np.floor(length[nint] + 0.5)
    length[trunc1] = np.floor(length[trunc1] * 10) / 10
    length[matrix] = instance.matrix[matrix[:, None], start[matrix], end[matrix]]
    return length


def _per_route(route: Ints, values: NDArray[np.generic]) -> Floats:
    """float64 [B, R]: sums of ``values`` [B, L] over the positions of each route."""
    out = np.zeros((len(route), route.max() + 1))
    np.add.at(out, (np.arange(len(route))[:, None], route), values)
    return out


def _visits(instance: CVRPInstance, tour: Ints) -> Ints:
    """int64 [B, N]: how often each customer is visited; 0 for the depot."""
    count = np.zeros(instance.demand.shape, dtype=np.int64)
    np.add.at(count, (np.arange(len(tour))[:, None], tour), tour > 0)
    return count


def _customers(instance: CVRPInstance) -> NDArray[np.bool_]:
    """bool [B, N]: the nodes that must be visited."""
    node = np.arange(instance.demand.shape[1])
    customers: NDArray[np.bool_] = (node > 0) & (node <= instance.customers[:, None])
    return customers
