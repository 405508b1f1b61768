"""Classical construction heuristics: nearest neighbour and savings."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from pydantic import Field

from headway.components import component
from headway.domains.routing.family.instance import RoutingInstance, Floats, Ints
from headway.domains.routing.family.solution import Routes
from headway.environment import Observation
from headway.ops import Array
from headway.policy import Policy
from headway.solver import Search, Solver


@component
class NearestNeighbour(Policy):
    """Go to the nearest customer whose demand still fits; return when none does."""

    environment = "construct"

    def act(self, observation: Observation, mask: Array | None, memory: Any = None) -> tuple[Array, Any]:
        fits = np.array(mask)
        fits[:, 0] &= ~fits[:, 1:].any(1)
        return np.where(fits, observation["distance"], np.inf).argmin(1), memory


@component
class Savings(Solver[RoutingInstance, Routes]):
    """Clarke and Wright (1964), parallel version: merge the two routes that save most, while it fits.

    Attributes
    ----------
    shape : weight of the new leg in the saving d(i,0) + d(0,j) - shape d(i,j) (Yellow, 1970)
    """

    shape: Annotated[float, Field(ge=0, le=3)] = 1.0

    def solve(self, problem: Any, instance: RoutingInstance, search: Search[Routes]) -> Routes:
        n = int(instance.customers[0]) + 1
        distance = instance.distances()[0, :n, :n]
        return Routes.of(savings(distance, instance.demand[0, :n], int(instance.capacity[0]), self.shape))


def savings(distance: Floats, demand: Ints, capacity: int, shape: float = 1.0) -> list[list[int]]:
    """Routes from distances [N, N] (node 0 the depot; symmetric or not) and demands [N]."""
    symmetric = bool((distance == distance.T).all())
    routes: dict[int, list[int]] = {i: [i] for i in range(1, len(demand))}
    load = demand.tolist()
    route_of = list(range(len(demand)))
    for i, j in _by_saving(distance, shape, symmetric):
        a, b = route_of[i], route_of[j]
        if a == b or load[a] + load[b] > capacity:
            continue
        merged = _joined(routes[a], routes[b], i, j, symmetric)
        if merged is None:
            continue
        for node in routes.pop(b):
            route_of[node] = a
        routes[a] = merged
        load[a] += load[b]
    return list(routes.values())


def _by_saving(distance: Floats, shape: float, symmetric: bool) -> list[tuple[int, int]]:
    """Pairs (i, j) worth joining as i -> j, the greatest saving first."""
    saving = distance[:, :1] + distance[:1, :] - shape * distance
    saving[0], saving[:, 0] = 0.0, 0.0
    np.fill_diagonal(saving, 0.0)
    i, j = np.nonzero(np.triu(saving) > 0 if symmetric else saving > 0)
    order = np.argsort(-saving[i, j], kind="stable")
    return list(zip(i[order].tolist(), j[order].tolist(), strict=True))


def _joined(first: list[int], second: list[int], i: int, j: int, symmetric: bool) -> list[int] | None:
    """``first`` and ``second`` as one route with the leg i -> j; None where i or j lies inside its route."""
    if symmetric and first[0] == i:
        first = first[::-1]
    if symmetric and second[-1] == j:
        second = second[::-1]
    return first + second if first[-1] == i and second[0] == j else None
