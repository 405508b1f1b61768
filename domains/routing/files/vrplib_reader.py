"""VRPLIB and TSPLIB instances: the format of CVRPLIB, with the sections that LKH-3 and PyVRP add to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from headway.domains.routing.family.instance import Floats, Ints, RoutingInstance
from headway.domains.routing.files.made import made
from headway.domains.routing.files.node_lists import node_list, numbered
from headway.domains.routing.files.scan import LARGEST, Scanned
from headway.domains.routing.files.text import read_text
from headway.domains.routing.files.vrplib_check import Kind, check
from headway.domains.routing.files.vrplib_pairs import read_amounts, read_pairs
from headway.domains.routing.files.weights import computed, filled, planar
from headway.errors import InstanceError

USUAL = {"EUC_2D": "nint", "EXACT_2D": "float"}
# Field of an instance -> what says it, the most telling first.
SAID = {
    "coords": ("NODE_COORD", "DISPLAY_DATA", "EDGE_WEIGHT"), "matrix": ("EDGE_WEIGHT", "NODE_COORD"),
    "demand": ("DEMAND", "PICKUP_AND_DELIVERY"), "pickup": ("BACKHAUL", "PICKUP_AND_DELIVERY"),
    "origin": ("PICKUP_AND_DELIVERY",), "service": ("SERVICE_TIME", "PICKUP_AND_DELIVERY"),
    "earliest": ("TIME_WINDOW", "PICKUP_AND_DELIVERY"), "prize": ("PRIZE",), "open": ("TYPE",),
    "latest": ("TIME_WINDOW", "PICKUP_AND_DELIVERY", "VEHICLES_MAX_DISTANCE", "DISTANCE"),
    "limit": ("VEHICLES_MAX_DISTANCE", "DISTANCE"), "capacity": ("CAPACITY", "TYPE"), "customers": ("DIMENSION",),
    "fleet": ("VEHICLES", "TYPE"), "backhaul_last": ("TYPE",), "depots": ("DEPOT",),
}  # fmt: skip


def read_vrp(path: Path, convention: str | None = None, allowed: frozenset[str] | None = None) -> RoutingInstance:
    """One instance (a batch of one).

    Customers keep their order, the first depot comes before them and further depots behind them. A matrix without
    coordinates gets places from `planar`. Without windows, DISTANCE limits driving and service together, as in CVRPLIB:
    with service times it becomes the time at which vehicles must be back.

    Parameters
    ----------
    convention : of EUC_2D files; None: to the nearest integer (TSPLIB 95)
    allowed : rules the instance may have (`switches.USED`); None: all

    Raises
    ------
    InstanceError
        With file, line, what was found and what was expected.
    """
    file, kind = check(path, read_text(path, InstanceError))
    depots, nodes = node_list(file, "DEPOT") if "DEPOT" in file.sections else [1], file.whole("DIMENSION")
    first, *further = (depot - 1 for depot in depots)
    order = np.array([first, *(n for n in range(nodes) if n + 1 not in depots), *further])
    name = file.headers["NAME"].value.strip('"') if "NAME" in file.headers else path.stem
    fields: dict[str, Any] = {"name": name or path.stem, "customers": nodes - len(depots), "depots": len(depots)}
    fields |= {"open": kind.open, "backhaul_last": kind.backhaul_last}
    fields |= {"capacity": 1 if "CAPACITY" not in file.headers else file.whole("CAPACITY")}
    fields |= _network(file, order, convention) | _amounts(file, kind, order) | _times(file, order)
    fields |= _vehicles(file, kind, depots)
    return made(fields, lambda field, node: _place(file, order, field, node), allowed)


def _network(file: Scanned, order: Ints, convention: str | None) -> dict[str, Any]:
    kind, matrix = file.value("EDGE_WEIGHT_TYPE"), None
    if kind == "EXPLICIT":
        stream = file.sections["EDGE_WEIGHT"].stream()
        matrix = filled(file.value("EDGE_WEIGHT_FORMAT"), stream, len(order))
    said = [file.sections[name].table()[:, 1:] for name in ("NODE_COORD", "DISPLAY_DATA") if name in file.sections]
    coords = said[0] if said or matrix is None else planar(matrix)
    if kind in USUAL:
        return {"coords": coords[order], "convention": convention or USUAL[kind]}
    matrix = computed(kind, coords) if matrix is None else matrix
    return {"coords": coords[order], "convention": "matrix", "matrix": matrix[np.ix_(order, order)]}


def _amounts(file: Scanned, kind: Kind, order: Ints) -> dict[str, Any]:
    """Demands, pickups, origins and prizes."""
    demand = np.zeros(len(order), np.int64)
    pickup, origin = demand.copy(), demand.copy()
    if "DEMAND" in file.sections:
        demand = file.sections["DEMAND"].table()[:, 1].astype(np.int64)
    if "BACKHAUL" in file.sections:
        if numbered(file, "BACKHAUL"):
            pickup = file.sections["BACKHAUL"].table()[:, 1].astype(np.int64)
        else:
            collects = np.isin(np.arange(len(order)) + 1, node_list(file, "BACKHAUL"))
            demand, pickup = np.where(collects, 0, demand), np.where(collects, demand, 0)
    if kind.both:
        demand, pickup = read_amounts(file)
    elif "PICKUP_AND_DELIVERY" in file.sections:
        demand, pickup, origin = read_pairs(file, order)
    fields = {"demand": demand[order], "pickup": pickup[order], "origin": origin[order]}
    if "PRIZE" in file.sections:
        prize = file.sections["PRIZE"].table()[order, 1]
        fields["prize"] = np.where(prize == 0, np.inf, prize)
    return fields


def _times(file: Scanned, order: Ints) -> dict[str, Any]:
    """Windows, service times and limits."""
    nodes = len(order)
    earliest, latest, service = np.zeros(nodes), np.full(nodes, np.inf), np.zeros(nodes)
    customer = np.arange(nodes) < nodes - max(0, len(node_list(file, "DEPOT")) - 1 if "DEPOT" in file.sections else 0)
    if "SERVICE_TIME" in file.headers:
        service = np.where(customer & (np.arange(nodes) > 0), file.number("SERVICE_TIME"), 0.0)
    elif "SERVICE_TIME" in file.sections:
        service = file.sections["SERVICE_TIME"].table()[order, 1]
    if "PICKUP_AND_DELIVERY" in file.sections:
        table = file.sections["PICKUP_AND_DELIVERY"].table()[order]
        if table[:, 2:5].any():  # TSPLIB files of tours have zeros only, and no windows
            earliest, latest, service = table[:, 2], table[:, 3], table[:, 4]
    if "TIME_WINDOW" in file.sections:
        earliest, latest = file.sections["TIME_WINDOW"].table()[order, 1:].T
    fields = {"earliest": earliest, "latest": np.where(latest >= LARGEST, np.inf, latest), "service": service}
    return fields | _limit(file, fields, customer)


def _limit(file: Scanned, times: dict[str, Floats], customer: np.ndarray[Any, np.dtype[np.bool_]]) -> dict[str, Any]:
    if "VEHICLES_MAX_DISTANCE" in file.headers:
        return {"limit": file.number("VEHICLES_MAX_DISTANCE")}
    if "DISTANCE" not in file.headers:
        return {}
    limit = file.number("DISTANCE")
    if not times["service"].any():
        return {"limit": limit}
    if np.isfinite(times["latest"]).any():
        hint = "VEHICLES_MAX_DISTANCE limits the distance alone"
        file.refuse("DISTANCE beside windows and service times", file.line("DISTANCE"), limit, "one of them", hint)
    depot = ~customer | (np.arange(len(customer)) == 0)
    return {"latest": np.where(depot, limit, np.inf)}


def _vehicles(file: Scanned, kind: Kind, depots: list[int]) -> dict[str, Any]:
    if kind.tour:
        return {"fleet": 1}
    if "VEHICLES" not in file.headers:
        return {}
    vehicles, line = file.whole("VEHICLES"), file.line("VEHICLES_DEPOT", "VEHICLES")
    if len(depots) == 1:
        return {"fleet": vehicles}
    rows = file.sections["VEHICLES_DEPOT"].rows if "VEHICLES_DEPOT" in file.sections else []
    homes = [row[1] for _, row in rows if len(row) == 2]
    counts = {depot: homes.count(depot) for depot in depots}
    if len(homes) != vehicles or len(set(counts.values())) > 1 or sum(counts.values()) != vehicles:
        expected = f"rows `vehicle depot` for {vehicles} vehicles, as many for each of the depots {depots}"
        file.refuse("the vehicles are not shared out among the depots", line, counts, expected)
    return {"fleet": vehicles // len(depots)}


def _place(file: Scanned, order: Ints, field: str, node: int | None) -> str:
    """File and line of what says this field."""
    names = [name for name in SAID.get(field, ()) if file.line(name) is not None]
    if not names:
        return str(file.path)
    section = file.sections.get(names[0])
    if node is not None and section is not None and len(section.rows) == len(order) and names[0] != "EDGE_WEIGHT":
        return f"{file.path}, line {section.rows[order[node]][0]}"
    return f"{file.path}, line {file.line(names[0])}"
