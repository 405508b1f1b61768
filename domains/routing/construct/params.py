"""What the environment `construct` knows of an instance, and where an episode stands."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from headway.domains.routing.construct.features import horizon, longest, node_features
from headway.domains.routing.family.instance import Bools, Floats, Ints, RoutingInstance
from headway.domains.routing.family.switches import receivers
from headway.ops import Array, Backend

SLACK = 1 + 1e-9  # times a limit or a closing time: sums of floats may differ by that much


class Params(NamedTuple):
    """What stays the same during an episode; D depots."""

    distance: Array  # float64 [B, N, N], in the instance's unit
    longest: Array  # float64 [B], its largest entry
    duration: Array  # float64 [B, N, N] where there are windows, else [B, 0, 0]
    from_depot: Array  # int64 [B, N], what a customer takes of what was loaded at the depot
    change: Array  # int64 [B, N], what a customer adds to what was picked up
    capacity: Array  # int64 [B]
    customers: Array  # int64 [B]
    waiting: Array  # bool [B, N], every customer
    required: Array  # bool [B, N], those that must be visited
    prize: Array  # float64 [B, N], what the others are worth; 0 elsewhere
    origin: Array  # int64 [B, N]
    partner: Array  # int64 [B, N], the customer whose origin this one is; 0: none
    collects: Array  # bool [B, N], picks up for the depot
    earliest: Array  # float64 [B, N]
    latest: Array  # float64 [B, N]; of an origin early enough for its partner
    service: Array  # float64 [B, N]
    home: Array  # int64 [B, D], node of each depot; -1 where there are fewer
    depot_of: Array  # int64 [B, N], which depot a node is; -1: none
    back: Array  # float64 [B, D, N], distance from a node to the depot, through its partner; 0 where routes are open
    back_time: Array  # float64 [B, D, N], time until a vehicle is there, from the beginning of the service
    closing: Array  # float64 [B, D], when vehicles must be back; inf where routes are open
    reach: Array  # bool [B, D, N], customers a fresh vehicle of the depot can go to first
    fleet: Array  # int64 [B, D], vehicles of each depot; 0 where there is no such depot
    limit: Array  # float64 [B]
    last: Array  # bool [B], backhauls come last
    closed: Array  # float64 [B], 1 where vehicles return, 0 where routes are open
    horizon: Array  # float64 [B], unit of time for features
    nodes: Array  # float32 [B, N, FEATURES]
    real: Array  # int8 [B, N]


class State(NamedTuple):
    """Where the vehicle under way is, and what is still to do."""

    position: Array  # int64 [B], the node visited last
    depot: Array  # int64 [B], which depot the vehicle belongs to
    peak: Array  # int64 [B], the most it carries on its way, deliveries loaded at the depot included
    load: Array  # int64 [B], what it has picked up and not delivered
    time: Array  # float64 [B], when the last service ends
    driven: Array  # float64 [B], since the depot
    collected: Array  # bool [B], something for the depot
    due: Array  # bool [B, N], deliveries of goods that are on board
    waiting: Array  # bool [B, N], customers not served yet
    allowed: Array  # bool [B, N], the mask, which follows from all the rest: worked out once, read twice
    left: Array  # int64 [B], how many those are
    sent: Array  # int64 [B, D], vehicles that have left each depot
    finished: Array  # bool [B]
    steps: Array  # int64 [B]


def prepare(instance: RoutingInstance, windows: bool, arrays: Backend) -> Params:
    """`Params` of these instances; ``windows``: travel times are needed."""
    distance, customer, real = instance.distances(), instance.customer, instance.real
    duration = instance.durations(distance) if windows else np.zeros((len(instance), 0, 0))
    home, depot_of = _depots(instance)
    origin = np.where(customer, instance.origin, 0)
    partner = receivers(instance)
    required = customer & np.isinf(instance.prize)
    closed = ~instance.open
    earliest, service = (np.where(real, values, 0.0) for values in (instance.earliest, instance.service))
    latest = np.where(real, instance.latest, np.inf)
    row = np.arange(len(instance))[:, None]
    back = _back(distance, home, partner) * closed[:, None, None]
    back_time = np.zeros_like(back)
    if windows:
        handing = duration[row, np.arange(instance.nodes), partner]
        latest = np.where(partner > 0, np.minimum(latest, latest[row, partner] - service - handing), latest)
        back_time = (
            _back(duration, home, partner) + (service + np.where(partner > 0, service[row, partner], 0))[:, None]
        )
    closing = np.where(closed[:, None], instance.latest[row, np.maximum(home, 0)], np.inf)
    fleet = np.where(home >= 0, instance.fleet[:, None], 0)
    demand, pickup = (np.where(customer, values, 0) for values in (instance.demand, instance.pickup))
    params = Params(
        distance=distance,
        longest=longest(distance),
        duration=duration,
        from_depot=np.where(origin > 0, 0, demand),
        change=pickup - np.where(origin > 0, demand, 0),
        capacity=instance.capacity,
        customers=instance.customers,
        waiting=customer,
        required=required,
        prize=np.where(customer & ~required, instance.prize, 0.0),
        origin=origin,
        partner=partner,
        collects=(pickup > 0) & (partner == 0),
        earliest=earliest,
        latest=latest,
        service=service,
        home=home,
        depot_of=depot_of,
        back=back,
        back_time=back_time,
        closing=closing,
        reach=np.zeros(back.shape, bool),
        fleet=fleet,
        limit=instance.limit,
        last=instance.backhaul_last,
        closed=closed.astype(np.float64),
        horizon=horizon(instance),
        nodes=node_features(instance, distance),
        real=real.astype(np.int8),
    )
    reach = _reach(params, windows)
    return Params(*map(arrays.ops.asarray, params._replace(reach=reach)))


def _depots(instance: RoutingInstance) -> tuple[Ints, Ints]:
    """Node of each depot, int64 [B, D]; which depot a node is, int64 [B, N]; -1 where there is none."""
    depot, node = np.arange(int(instance.depots.max())), np.arange(instance.nodes)
    home = np.where(depot == 0, 0, instance.customers[:, None] + depot)
    depot_of = np.where(node == 0, 0, node - instance.customers[:, None])
    depot_of = np.where(instance.real & ~instance.customer, depot_of, -1)
    return np.where(depot < instance.depots[:, None], home, -1), depot_of


def _back(matrix: Floats, home: Ints, partner: Ints) -> Floats:
    """float64 [B, D, N]: the way from a node to a depot, through its partner where it has one."""
    row, node, home = np.arange(len(matrix))[:, None, None], np.arange(matrix.shape[1]), np.maximum(home, 0)[:, :, None]
    if not partner.any():
        straight: Floats = matrix[row, node, home]
        return straight
    paired = (partner > 0)[:, None]
    via = np.where(paired, partner[:, None], node)
    there: Floats = matrix[row, via, home] + np.where(paired, matrix[row, node, via], 0.0)
    return there


def _reach(params: Params, windows: bool) -> Bools:
    """bool [B, D, N]: customers that a fresh vehicle of the depot can serve and come back from."""
    row, home = np.arange(len(params.home))[:, None], np.maximum(params.home, 0)
    reach: Bools = (params.waiting & (params.origin == 0))[:, None] & (params.home >= 0)[:, :, None]
    reach = reach & (params.distance[row, home] + params.back <= SLACK * params.limit[:, None, None])
    if windows:
        begin = params.earliest[row, home][:, :, None] + params.duration[row, home]
        begin = np.maximum(begin, params.earliest[:, None])
        reach &= (begin <= SLACK * params.latest[:, None]) & (
            begin + params.back_time <= SLACK * params.closing[:, :, None]
        )
    return reach
