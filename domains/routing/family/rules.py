"""What an instance of the routing family must satisfy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from headway.domains.routing.family.instance import RoutingInstance

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# How a distance follows from the data, row by row; see `RoutingInstance.convention`.
CONVENTIONS = ("float", "nint", "trunc1", "matrix")
SLACK = 1e-9  # relative, for sums of floats

ROWS = {"capacity": np.int64, "customers": np.int64, "depots": np.int64, "fleet": np.int64, "open": np.bool_,
        "backhaul_last": np.bool_, "limit": np.float64, "convention": np.str_, "name": np.str_}  # fmt: skip
NODES = {"demand": np.int64, "pickup": np.int64, "origin": np.int64, "earliest": np.float64, "latest": np.float64,
         "service": np.float64, "prize": np.float64}  # fmt: skip


def check(instance: RoutingInstance) -> None:
    """Refuse an instance that breaks a rule, with field, row and node.

    Raises
    ------
    InstanceError
    """
    _check_form(instance)
    _check_rows(instance)
    _check_amounts(instance)
    _check_origins(instance)
    _check_matrices(instance)
    _check_reach(instance)


def _check_form(instance: RoutingInstance) -> None:
    batch, nodes = len(instance), instance.demand.shape[-1]
    sides = {name: getattr(instance, name).shape[-1] for name in ("matrix", "duration")}
    forms: dict[str, tuple[Any, tuple[int, ...]]] = {name: (kind, (batch,)) for name, kind in ROWS.items()}
    forms |= {name: (kind, (batch, nodes)) for name, kind in NODES.items()}
    forms |= {"coords": (np.float64, (batch, nodes, 2))}
    forms |= {name: (np.float64, (batch, side, side)) for name, side in sides.items()}
    for name, (kind, shape) in forms.items():
        array = getattr(instance, name)
        if array.dtype.type is not kind or array.shape != shape:
            raise instance.error(
                "a field has the wrong form",
                where=f"{type(instance).__name__}.{name}",
                got=f"{array.dtype} {array.shape}",
                expected=f"{kind.__name__} {shape}",
            )


def _check_rows(instance: RoutingInstance) -> None:
    n, customers = instance.nodes, instance.customers
    instance.refuse("customers", f"1..{n - 1}", (customers < 1) | (customers >= n))
    instance.refuse("depots", f"1..{n} - customers", (instance.depots < 1) | (instance.depots + customers > n))
    instance.refuse("convention", " or ".join(CONVENTIONS), ~np.isin(instance.convention, CONVENTIONS))
    instance.refuse("capacity", "at least 1", instance.capacity < 1)
    instance.refuse("fleet", "at least 1", instance.fleet < 1)
    instance.refuse("limit", "a number above 0, or inf", ~(instance.limit > 0))
    instance.refuse("coords", "a finite number", ~np.isfinite(instance.coords) & instance.real[:, :, None])


def _check_amounts(instance: RoutingInstance) -> None:
    real, depot = instance.real, instance.real & ~instance.customer
    for name in ("demand", "pickup", "service"):
        amount = getattr(instance, name)
        instance.refuse(name, "0 at a depot", (amount != 0) & depot)
        instance.refuse(name, "not negative", ~(amount >= 0) & real)
    for name in ("demand", "pickup"):
        instance.refuse(name, "at most the capacity", (getattr(instance, name) > instance.capacity[:, None]) & real)
    instance.refuse("prize", "a number, not negative, or inf", ~(instance.prize >= 0) & instance.customer)
    instance.refuse("service", "a finite number", ~np.isfinite(instance.service) & real)
    instance.refuse(
        "earliest", "a finite number, not negative", ~(np.isfinite(instance.earliest) & (instance.earliest >= 0)) & real
    )
    instance.refuse("latest", "at least earliest", ~(instance.latest >= instance.earliest) & real)


def _check_origins(instance: RoutingInstance) -> None:
    origin, rows = instance.origin, np.arange(len(instance))[:, None]
    if not origin.any():
        return
    told = (origin != 0) & instance.real
    instance.refuse("origin", "a customer", told & ((origin < 0) | (origin > instance.customers[:, None])))
    at = np.where(told, origin, 0)
    instance.refuse("origin", "a node that has no origin itself", told & (origin[rows, at] != 0))
    named = np.zeros(origin.shape, np.int64)
    np.add.at(named, (np.broadcast_to(rows, at.shape)[told], at[told]), 1)
    instance.refuse("origin", "a customer that no other names", told & (named[rows, at] > 1))
    instance.refuse("demand", "what its origin hands over", told & (instance.demand != instance.pickup[rows, at]))
    alike = np.isinf(instance.prize) == np.isinf(instance.prize[rows, at])
    instance.refuse("prize", "inf for both of a pair or for neither", told & ~alike)


def _check_matrices(instance: RoutingInstance) -> None:
    nodes = instance.customers + instance.depots
    for name, used in (("matrix", instance.convention == "matrix"), ("duration", np.full(len(instance), True))):
        matrix = getattr(instance, name)
        side = matrix.shape[1]
        if name == "duration" and side == 0:
            continue
        instance.refuse("customers", f"nodes within the {name}'s {side} rows", used & (nodes > side))
        real = (np.arange(side) < nodes[:, None]) & used[:, None]
        pairs = real[:, :, None] & real[:, None, :]
        instance.refuse(name, "a finite number, not negative", ~(np.isfinite(matrix) & (matrix >= 0)) & pairs)
        instance.refuse(name, "0 on the diagonal", (matrix != 0) & np.eye(side, dtype=bool) & pairs)


def _check_reach(instance: RoutingInstance) -> None:
    """A customer that must be visited can be, from one of the depots and back in time."""
    if np.isinf(instance.limit).all() and np.isinf(instance.latest[instance.real]).all():
        return
    distance = instance.distances()
    duration = instance.durations(distance)
    must = instance.customer & np.isinf(instance.prize)
    far = np.flatnonzero((must & ~_reachable(instance, distance, duration)).any(1))
    if not len(far):
        return
    # Where the way through others is shorter than the direct one, they may be reached on it.
    rows = instance[far]
    shortest = (_shortest(matrix[far]) for matrix in (distance, duration))
    bad = np.zeros(must.shape, bool)
    bad[far] = must[far] & ~_reachable(rows, *shortest)
    rule = "a customer that a vehicle can serve and come back from in time and within the distance limit"
    instance.refuse("latest", rule, bad)


def _reachable(instance: RoutingInstance, distance: Floats, duration: Floats) -> Bools:
    """bool [B, N]: nodes that a vehicle of one of the depots can serve and come back from."""
    out = np.zeros(instance.demand.shape, bool)
    for depot in range(int(instance.depots.max())):
        node = np.where((depot == 0) | (depot >= instance.depots), 0, instance.customers + depot)
        out |= _reached(instance, distance, duration, node)
    return out


def _shortest(matrix: Floats) -> Floats:
    """float64 [B, N, N]: ways through other nodes where these are shorter (Floyd 1962, Algorithm 97)."""
    out = matrix.copy()
    for via in range(out.shape[1]):
        out = np.minimum(out, out[:, :, via, None] + out[:, None, via])
    return out


def _reached(instance: RoutingInstance, distance: Floats, duration: Floats, depot: NDArray[np.int64]) -> Bools:
    """bool [B, N]: nodes that a vehicle of these depots [B] serves alone."""
    row, closed = np.arange(len(instance)), ~instance.open[:, None]
    there = distance[row, depot]
    far = there + np.where(closed, distance[row, :, depot], 0.0)
    arrival = np.maximum(instance.earliest[row, depot][:, None] + duration[row, depot], instance.earliest)
    back = np.where(closed, arrival + instance.service + duration[row, :, depot], 0.0)
    limit, close = instance.limit[:, None], instance.latest[row, depot][:, None]
    reached: Bools = (
        (far <= limit * (1 + SLACK)) & (arrival <= instance.latest * (1 + SLACK)) & (back <= close * (1 + SLACK))
    )
    return reached
