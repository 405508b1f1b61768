"""One routing instance as the plain arrays that searches walk over (numba)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.family.solution import Routes

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

NEAR = 128  # neighbours kept of each customer
SLACK = 1e-10  # relative; searches keep well within what the scorer lets pass


class Task(NamedTuple):
    """An instance without padding: node 0 is the depot, 1..n are customers, further depots follow. N nodes in all.

    Where routes are open, every distance into a depot is 0 and vehicles are never late there, so that searches need
    not know of open routes.
    """

    customers: int  # n
    capacity: int
    limit: float  # longest distance of a route
    rich: bool  # more than capacity, distance limit, depots, fleet and prizes: a route has a schedule to be kept
    pairs: bool  # some customers have an origin
    optional: bool  # some customers need not be visited
    distance: Floats  # [N, N], from row to column
    back: Floats  # [N, N], from column to row; the same array where distances are symmetric
    duration: Floats  # [N, N]
    near: NDArray[np.int32]  # [n + 1, K] customers by distance from a customer, itself first; row 0 is not used
    home: Ints  # [D] the node of each depot
    fleet: Ints  # [D]
    demand: Ints  # [N] units that a customer gets from the depot
    change: Ints  # [N] what a visit adds to the load of pickups
    mate: Ints  # [N] the other customer of a pair; 0: none
    sends: Bools  # [N] first customer of a pair
    line: Bools  # [N] must not follow `haul` on a route
    haul: Bools  # [N]
    earliest: Floats  # [N]
    latest: Floats  # [N]
    service: Floats  # [N]
    prize: Floats  # [N], inf where a customer must be visited


def task_of(instance: RoutingInstance, row: int = 0) -> Task:
    """One row of a batch as a task."""
    n, depots = int(instance.customers[row]), int(instance.depots[row])
    one, size = instance[row], n + depots
    full = one.distances()
    distance = _within(full[0], size)
    duration = _within(one.durations(full)[0], size) if instance.duration.shape[1] else distance
    fields: dict[str, Any] = {
        name: np.ascontiguousarray(getattr(one, name)[0, :size])
        for name in ("demand", "pickup", "origin", "earliest", "latest", "service", "prize")
    }
    pickup, origin = fields.pop("pickup"), fields.pop("origin")
    demand = np.where(origin > 0, 0, fields.pop("demand"))
    mate = origin.copy()
    mate[origin[origin > 0]] = np.flatnonzero(origin)
    sends = (mate > 0) & (origin == 0)
    haul = (pickup > 0) & ~sends & bool(one.backhaul_last[0])
    line = (demand > 0) & bool(one.backhaul_last[0])
    change = pickup - np.where(origin > 0, pickup[origin], 0)
    home = np.concatenate([[0], np.arange(n + 1, size)]).astype(np.int64)
    fields["latest"] = fields["latest"] * (1 + SLACK)
    symmetric = bool((distance == distance.T).all())
    near = nearest(distance if symmetric else distance + distance.T, n)
    if one.open[0]:
        distance, duration = distance.copy(), duration.copy()
        distance[:, home] = duration[:, home] = 0.0
        fields["latest"][home] = np.inf
    timed = bool(np.isfinite(fields["latest"]).any())
    return Task(
        customers=n,
        capacity=int(one.capacity[0]),
        limit=float(one.limit[0]) * (1 + SLACK),
        rich=timed or bool(change.any()),
        pairs=bool(sends.any()),
        optional=bool(np.isfinite(fields["prize"][1 : n + 1]).any()),
        distance=distance,
        back=distance if symmetric and not one.open[0] else np.ascontiguousarray(distance.T),
        duration=duration,
        near=near,
        home=home,
        fleet=np.full(depots, min(int(one.fleet[0]), n)),
        demand=demand,
        change=change,
        mate=mate,
        sends=sends,
        line=line,
        haul=haul,
        **fields,
    )


def _within(matrix: Floats, size: int) -> Floats:
    within: Floats = writable(matrix[:size, :size])
    return within


def writable(array: Any) -> NDArray[Any]:
    """The array, contiguous and writable; a copy where it was not. Kernels are compiled anew for any other kind."""
    return np.require(array, requirements=["C", "W"])


def nearest(distance: Floats, customers: int) -> NDArray[np.int32]:
    """int32 [n + 1, K]: the `NEAR` nearest customers of each, itself first."""
    inner = distance[: customers + 1, 1 : customers + 1].copy()
    np.fill_diagonal(inner[1:], -1.0)
    width = min(customers, NEAR)
    if width < customers // 2:
        chosen = np.argpartition(inner, width - 1, axis=1)[:, :width]
        order = np.argsort(np.take_along_axis(inner, chosen, 1), axis=1, kind="stable")
        return (np.take_along_axis(chosen, order, 1) + 1).astype(np.int32)
    return (np.argsort(inner, axis=1, kind="stable")[:, :width] + 1).astype(np.int32)


def visits_of(routes: Routes, row: int = 0) -> Ints:
    """int64 [L]: a solution's giant tour, each route beginning with its depot -d."""
    tour: list[int] = []
    for depot, route in routes.leaving(row):
        tour += [-depot, *route]
    return np.array(tour, np.int64)
