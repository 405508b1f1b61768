"""The scorer: distances, coverage, loads, times and fleets of giant tours, recomputed from the raw instance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.family.legs import Legs, legs_of, lengths, per_route, served, since_start, visits_of
from headway.domains.routing.family.solution import Routes
from headway.errors import SolutionError
from headway.evaluation import Evaluation

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SLACK = 1e-9  # of a limit or a closing time, within which sums of floats differ


def evaluate(instance: RoutingInstance, solution: Routes) -> Evaluation:
    """Total distance of all routes, in the instance's own convention, plus the prizes of customers left out; NaN where
    an unknown node is visited.

    Violations: ``unknown`` visits of nodes that do not exist, ``missed`` customers that must be visited, ``repeated``
    visits beyond the first, ``overload`` units above capacity, summed over routes; where the instance has such rules,
    ``late`` time units after closing, summed over visits and returns, ``overlong`` distance above the limit,
    ``vehicles`` beyond the fleet, ``order`` deliveries that do not follow their origin on its route, ``mixed``
    deliveries after a pickup where backhauls come last.
    Metrics: ``routes``, ``fill`` (what is delivered per unit of capacity sent out), ``longest`` route, ``left_out``.

    Raises
    ------
    SolutionError
        Another number of solutions than instances.
    """
    if len(solution) != len(instance):
        raise SolutionError(
            "the solution does not belong to the instance", where="Routes", got=len(solution), expected=len(instance)
        )
    visits = solution.visits
    unknown = (visits > instance.customers[:, None]) | (-visits >= instance.depots[:, None])
    legs = legs_of(instance, np.where(unknown, 0, visits))
    raw = lengths(instance, legs)
    length = np.where(instance.open[:, None] & legs.returns, 0.0, raw)
    visited = visits_of(instance, legs)
    missed = instance.customer & (visited == 0)
    lost = np.where(missed & np.isfinite(instance.prize), instance.prize, 0.0)
    load, peak = _loads(instance, legs)
    used = per_route(legs, ~legs.leaves) > 0
    routes = used.sum(1)
    driven = per_route(legs, length)
    return Evaluation(
        objective=np.where(unknown.any(1), np.nan, length.sum(1) + lost.sum(1)),
        violations={
            "unknown": unknown.sum(1).astype(float),
            "missed": (missed & np.isinf(instance.prize)).sum(1).astype(float),
            "repeated": (np.maximum(visited - 1, 0) * instance.customer).sum(1).astype(float),
            "overload": np.maximum(peak - instance.capacity[:, None], 0).sum(1).astype(float),
            **_late(instance, legs, raw),
            **_overlong(instance, driven),
            **_vehicles(instance, legs, used),
            **_order(instance, legs),
            **_mixed(instance, legs),
        },
        metrics={
            "routes": routes.astype(float),
            "fill": load.sum(1) / np.maximum(routes * instance.capacity, 1),
            "longest": driven.max(1),
            "left_out": missed.sum(1).astype(float),
        },
    )


def _loads(instance: RoutingInstance, legs: Legs) -> tuple[Floats, Floats]:
    """What each route takes along from its depot, and the most it ever carries: float64 [B, R] each."""
    demand, pickup = served(legs, instance.demand), served(legs, instance.pickup)
    taken = per_route(legs, np.where(served(legs, instance.origin) > 0, 0, demand))
    if not pickup.any():
        return taken, taken
    row = np.arange(len(demand))[:, None]
    peak = taken.copy()
    np.maximum.at(peak, (row, legs.route), taken[row, legs.route] + since_start(legs, pickup - demand))
    return taken, peak


def _late(instance: RoutingInstance, legs: Legs, length: Floats) -> dict[str, Floats]:
    """Time units by which services and returns come after closing; every route is driven through."""
    if np.isinf(instance.latest[instance.real]).all():
        return {}
    row = np.arange(len(length))
    travel = instance.duration[row[:, None], legs.start, legs.end] if instance.duration.shape[1] else length
    late, time = np.zeros(len(length)), np.zeros(len(length))
    for leg in range(length.shape[1]):
        start, end = legs.start[:, leg], legs.end[:, leg]
        time = np.where(legs.leaves[:, leg], instance.earliest[row, start], time)
        begin = np.maximum(time + travel[:, leg], instance.earliest[row, end])
        counts = ~(legs.returns[:, leg] & instance.open)
        late += np.where(counts, excess(begin, instance.latest[row, end]), 0.0)
        time = begin + instance.service[row, end]
    return {"late": late}


def _overlong(instance: RoutingInstance, driven: Floats) -> dict[str, Floats]:
    if np.isinf(instance.limit).all():
        return {}
    return {"overlong": excess(driven, instance.limit[:, None]).sum(1)}


def _vehicles(instance: RoutingInstance, legs: Legs, used: Bools) -> dict[str, Floats]:
    if (instance.fleet >= instance.customers).all():
        return {}
    depot = np.zeros(used.shape, np.int64)
    np.put_along_axis(depot, legs.route, legs.depot, 1)
    sent = np.zeros((len(used), int(instance.depots.max())))
    np.add.at(sent, (np.arange(len(used))[:, None], depot), used)
    return {"vehicles": np.maximum(sent - instance.fleet[:, None], 0).sum(1)}


def _order(instance: RoutingInstance, legs: Legs) -> dict[str, Floats]:
    """Deliveries whose origin is not visited before them on their route, and pickups whose goods stay on board."""
    if not instance.origin.any():
        return {}
    broken = np.zeros(len(legs.start))
    for row, position in enumerate(_positions(instance, legs)):
        delivery = np.flatnonzero(instance.customer[row] & (instance.origin[row] > 0))
        before, after = position[instance.origin[row, delivery]], position[delivery]
        together = legs.route[row, before] == legs.route[row, after]
        broken[row] = (~((before < after) & together & (before >= 0)) & ((before >= 0) | (after >= 0))).sum()
    return {"order": broken}


def _positions(instance: RoutingInstance, legs: Legs) -> Ints:
    """int64 [B, N]: where in the tour a customer is visited (last); -1 where it is not."""
    out = np.full(instance.demand.shape, -1)
    row, at = np.nonzero(~legs.leaves)
    out[row, legs.start[row, at]] = at
    return out


def _mixed(instance: RoutingInstance, legs: Legs) -> dict[str, Floats]:
    """Deliveries from the depot after a pickup for the depot, where backhauls come last."""
    if not instance.backhaul_last.any():
        return {}
    paired = instance.origin > 0
    handed = np.zeros(paired.shape, bool)
    row, node = np.nonzero(paired)
    handed[row, instance.origin[row, node]] = True
    collects = served(legs, ((instance.pickup > 0) & ~handed).astype(np.int64))
    delivers = served(legs, ((instance.demand > 0) & ~paired).astype(np.int64))
    wrong = (delivers > 0) & (since_start(legs, collects) - collects > 0)
    return {"mixed": (wrong & instance.backhaul_last[:, None]).sum(1).astype(float)}


def excess(value: Floats, most: Floats) -> Floats:
    """How far values lie above the most that is allowed; 0 within rounding."""
    over = value > most * (1 + SLACK)
    return np.where(over, value - np.where(over, most, 0.0), 0.0)
