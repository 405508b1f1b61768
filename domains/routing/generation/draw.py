"""Random instances of every problem of the family: each switch adds its fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from headway.domains.routing.family.instance import Bools, Floats, Ints, RoutingInstance
from headway.domains.routing.generation import loads, places, windows
from headway.domains.routing.generation.uchoa import SIDE, uchoa

if TYPE_CHECKING:
    from headway.domains.routing.family.problems import VRP


def draw(rng: np.random.Generator, n: int, recipe: VRP) -> RoutingInstance:
    """``n`` instances as the switches of ``recipe`` say, padded to its largest size; every customer can be served.

    - Sizes are uniform between ``fewest`` and ``customers`` (rounded down to whole pairs where customers are pairs).
    - ``layout``: the unit square, uniform or `places.clustered`, or `uchoa`'s grid of side 1000, which has demands and
      capacities of its own and rounds distances to whole numbers unless a convention is given.
    - ``distance_limit`` is in the unit of the places. MTVRP (Liu et al. 2024) has 3.0 in the unit square. It is raised
      in instances where a customer could not be reached (a pair: out, across and back).
    - ``fleet`` vehicles of each depot, more in instances whose mandatory loads first fit decreasing does not pack.
    - ``backhauls``: this share of the customers is collected from instead of delivered to (MTVRP: 0.2).
    """
    size = _sizes(rng, n, recipe)
    nodes = recipe.customers + recipe.depots
    node = np.arange(nodes)
    customer = (node > 0) & (node <= size[:, None])
    convention = np.full(n, recipe.convention or ("nint" if recipe.layout == "uchoa" else "float"))
    fields: dict[str, Any] = {"customers": size, "convention": convention, "depots": np.full(n, recipe.depots)}
    fields |= {"open": np.full(n, recipe.open), "backhaul_last": np.full(n, recipe.backhaul_last)}
    fields |= _places(rng, size, customer, recipe)
    fields |= _amounts(rng, fields["demand"], customer, size, recipe)
    fields |= _limits(rng, fields, customer, recipe)
    fields |= {"name": np.array([f"{recipe.layout}-{k}" for k in size], dtype=np.str_)}
    return RoutingInstance.of(**fields)


def _sizes(rng: np.random.Generator, n: int, recipe: VRP) -> Ints:
    step = 2 if recipe.pairs else 1
    fewest = max(1, (recipe.fewest or recipe.customers) // step)
    return rng.integers(fewest, recipe.customers // step, n, endpoint=True) * step


def _places(rng: np.random.Generator, size: Ints, customer: Bools, recipe: VRP) -> dict[str, NDArray[Any]]:
    batch, nodes = customer.shape
    if recipe.layout == "uchoa":
        coords, demand, capacity = uchoa(rng, size, recipe.depots, nodes)
    else:
        clustered = recipe.layout == "clustered"
        coords = places.clustered(rng, customer) if clustered else places.uniform(rng, customer.shape)
        real = np.arange(nodes) < (size + recipe.depots)[:, None]
        coords = np.where(real[:, :, None], coords, 0.0)
        demand = np.where(customer, rng.integers(*recipe.demand, customer.shape, endpoint=True), 0)
        capacity = loads.usual_capacity(size)
    if recipe.capacity is not None:
        capacity = np.full(batch, recipe.capacity)
    return {"coords": coords, "demand": demand, "capacity": capacity}


def _amounts(
    rng: np.random.Generator, amount: Ints, customer: Bools, size: Ints, recipe: VRP
) -> dict[str, NDArray[Any]]:
    """What is delivered, what is collected, and for whom."""
    nothing = np.zeros_like(amount)
    if recipe.tour:
        amount = nothing
    origin = loads.origins(size, amount.shape[1]) if recipe.pairs else nothing
    fields = {"demand": amount, "pickup": nothing, "origin": origin}
    if recipe.pairs:
        handed = np.take_along_axis(amount, origin, axis=1)
        fields |= {"demand": handed, "pickup": np.where(customer & (origin == 0), amount, 0)}
    elif recipe.backhauls:
        collects = loads.share_of(rng, customer, recipe.backhauls)
        fields |= {"demand": np.where(collects, 0, amount), "pickup": np.where(collects, amount, 0)}
    return fields | ({"capacity": np.ones(len(size), np.int64)} if recipe.tour else {})


def _limits(rng: np.random.Generator, fields: dict[str, Any], customer: Bools, recipe: VRP) -> dict[str, NDArray[Any]]:
    """Prizes, fleets, distance limits and windows: what needs distances."""
    coords, origin, convention = fields["coords"], fields["origin"], fields["convention"]
    side, whole = float(SIDE if recipe.layout == "uchoa" else 1), bool((convention == "nint").all())
    home = np.where(customer, places.lengths(coords[:, :1], coords, convention), 0.0)
    partner = loads.partners(origin)
    across = places.lengths(coords, np.take_along_axis(coords, partner[:, :, None], axis=1), convention)
    out: dict[str, NDArray[Any]] = {}
    optional = np.zeros_like(customer)
    if recipe.prizes:
        optional = loads.share_of(rng, customer & (origin == 0), recipe.prizes)
        optional |= np.take_along_axis(optional, partner, axis=1)
        out["prize"] = _prizes(rng, optional, fields, home, side, whole)
    if recipe.fleet is not None or recipe.tour:
        out["fleet"] = _fleet(fields, optional, recipe)
    if recipe.distance_limit is not None:
        # Out and back counts for pairs too: rounded distances may break the triangle inequality.
        trip = home + np.maximum(across + np.take_along_axis(home, partner, axis=1), home)
        out["limit"] = np.maximum(recipe.distance_limit, trip.max(axis=1))
    if recipe.time_windows:
        if recipe.tour:
            drawn = windows.along_tour(rng, coords, customer, home, convention, side)
        elif recipe.pairs:
            drawn = windows.of_pairs(rng, home, across, origin, side, whole)
        else:
            drawn = windows.around_depot(rng, home, side, whole)
        out |= _windows(drawn, customer, fields["depots"] + fields["customers"])
    return out


def _prizes(
    rng: np.random.Generator, optional: Bools, fields: dict[str, Any], home: Floats, side: float, whole: bool
) -> Floats:
    filling = (fields["demand"] + fields["pickup"]) / fields["capacity"][:, None]
    prize = loads.prizes(rng, optional, home, filling, side)
    return np.rint(prize) if whole else prize


def _fleet(fields: dict[str, Any], optional: Bools, recipe: VRP) -> Ints:
    batch = len(optional)
    if recipe.tour:
        return np.ones(batch, np.int64)
    asked = np.full(batch, recipe.fleet)
    if recipe.pairs:  # one vehicle can serve them one after the other
        return asked
    needed = np.zeros(batch, np.int64)
    for name in ("demand", "pickup"):
        load = np.where(optional, 0, fields[name])
        needed = np.maximum(needed, loads.vehicles(load, fields["capacity"]))
    enough: Ints = np.maximum(asked, -(-needed // recipe.depots))
    return enough


def _windows(drawn: windows.Windows, customer: Bools, real: Ints) -> dict[str, NDArray[Any]]:
    """The fields of these windows: depots close at the horizon, and the padding has none."""
    depot = ~customer & (np.arange(customer.shape[1]) < real[:, None])
    closing = np.where(depot, drawn.horizon[:, None], np.inf)
    return {
        "earliest": np.where(customer, drawn.earliest, 0.0),
        "latest": np.where(customer, drawn.latest, closing),
        "service": np.where(customer, drawn.service, 0.0),
    }
