"""What the augmented Lagrangian method knows of an instance, and where it stands."""

from __future__ import annotations

from typing import Any

import numpy as np

from headway.domains.routing.classical.packing import first_fit_decreasing
from headway.domains.routing.classical.task import task_of
from headway.domains.routing.family.instance import Floats, Ints, RoutingInstance
from headway.domains.routing.family.switches import used
from headway.domains.routing.lagrangian import alm_kernel
from headway.domains.routing.lagrangian.descent_kernel import descend
from headway.domains.routing.lagrangian.moves_kernel import Task, Tours, settle
from headway.domains.routing.lagrangian.params import Params
from headway.errors import CapabilityError

NEAR = 12  # neighbours that a customer may be brought next to


def numbers(instance: RoutingInstance) -> Params:
    """The parameters, as numpy arrays.

    Raises
    ------
    CapabilityError
        The instance has a rule beyond capacities, or distances that depend on the direction.
    """
    _check(instance)
    rows = [_row(instance, row) for row in range(len(instance))]
    nodes = instance.nodes
    wide = max(0, min(NEAR, nodes - 2))  # shapes follow from N alone, so that rows can be exchanged
    shapes = {
        "distance": (nodes, nodes),
        "near": (nodes, wide),
        "demand": (nodes,),
        "angular": (nodes,),
        "first": (2 * nodes,),
    }
    fields = {}
    for name in Params._fields:
        values = [np.asarray(row[name]) for row in rows]
        if name in shapes:
            values = [np.pad(v, [(0, to - at) for at, to in zip(v.shape, shapes[name], strict=True)]) for v in values]
        fields[name] = np.stack(values)
    return Params(**fields)


def _row(instance: RoutingInstance, row: int) -> dict[str, Any]:
    task = task_of(instance, row)
    n = task.customers
    demand, distance = task.demand[: n + 1], task.distance[: n + 1, : n + 1]
    mean = max(float(demand[1:].mean()), 1e-9)
    x, y = (instance.coords[row, 1 : n + 1] - instance.coords[row, 0]).T
    near = np.ascontiguousarray(task.near[: n + 1, 1 : NEAR + 1], np.int64)
    near[0] = 0
    known: dict[str, Any] = {
        "distance": np.ascontiguousarray(distance),
        "unit": max(float(distance[1:, 1:].sum()) / max(n * (n - 1), 1), 1e-9),
        "near": near,
        "wide": near.shape[1],
        "demand": demand / mean,
        "capacity": task.capacity / mean,
        "customers": n,
        "slots": first_fit_decreasing(demand, task.capacity) + 1,
        "angular": 1 + np.argsort(np.arctan2(y, x), kind="stable"),
        "seed": 0,
    }
    tour = _swept(known)
    closed = np.concatenate([[0], tour, [0]])
    return {**known, "first": tour, "cost": float(distance[closed[:-1], closed[1:]].sum()), "goal": 0.0}


def _swept(known: dict[str, Any]) -> Ints:
    """A giant tour by Gillett and Miller's (1974) forward sweep, after a descent that leaves no feasible ground."""
    demand, capacity, n = known["demand"], known["capacity"], known["customers"]
    routes: list[list[int]] = [[]]
    for node in known["angular"].tolist():
        if demand[[*routes[-1], node]].sum() > capacity:
            routes.append([])
        routes[-1].append(node)
    tours = tours_of(routes, demand)
    steep = alm_kernel.MOST * known["unit"]
    task = Task(known["distance"], known["near"], demand, capacity, np.zeros(len(routes)), steep)
    descend(task, tours, known["unit"], 0)
    out = np.zeros(2 * n, np.int64)
    alm_kernel.write(tours, out)
    return out


def tours_of(routes: list[list[int]], demand: Floats) -> Tours:
    """Routes as the kernels have them."""
    n, k = len(demand) - 1, len(routes)
    tours = Tours(
        np.zeros((k, n + 2), np.int64), np.zeros(k, np.int64), np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64),
        np.zeros((k, n + 2)),
    )  # fmt: skip
    for r, route in enumerate(routes):
        tours.seq[r, 1 : len(route) + 1], tours.size[r] = route, len(route)
        settle(tours, demand, r)
    return tours


def _check(instance: RoutingInstance) -> None:
    beyond = sorted(used(instance))
    distance = instance.distances()
    if (distance != distance.transpose(0, 2, 1)).any():
        beyond.append("distances that depend on the direction")
    if beyond:
        raise CapabilityError(
            "the augmented Lagrangian is that of capacities alone",
            where="penalties",
            got=", ".join(beyond),
            expected="routing/cvrp",
        )
