"""Instances in the VRPLIB form, as LKH-3 and PyVRP extend it (see `vrplib_reader`)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.family.rules import NODES
from headway.domains.routing.family.switches import handed_over, used
from headway.domains.routing.files.scan import LARGEST
from headway.errors import InstanceError

WEIGHTS = {"nint": "EUC_2D", "float": "EXACT_2D"}


def vrplib_lines(instance: RoutingInstance, path: Path) -> list[str]:
    """The lines of one instance (a batch of one): depots first, then customers, as PyVRP wants them.

    Distances cut after one decimal have no EDGE_WEIGHT_TYPE and become a matrix.

    Raises
    ------
    InstanceError
        Travel times of their own, prizes of 0, or pairs beside other pickups: the format has no form for them.
    """
    rules, customers, depots = used(instance), int(instance.customers[0]), int(instance.depots[0])
    _refuse(instance, path)
    order = np.array([0, *range(customers + 1, customers + depots), *range(1, customers + 1)])
    headers = {"NAME": instance.name[0], "TYPE": _kind(instance, rules), "DIMENSION": len(order)}
    headers["CAPACITY"] = instance.capacity[0]
    if "fleet" in rules:
        headers["VEHICLES"] = instance.fleet[0] * depots
    if "limit" in rules:
        headers["VEHICLES_MAX_DISTANCE"] = instance.limit[0]
    kind = WEIGHTS.get(str(instance.convention[0]), "EXPLICIT")
    headers["EDGE_WEIGHT_TYPE"] = kind
    if kind == "EXPLICIT":
        headers["EDGE_WEIGHT_FORMAT"] = "FULL_MATRIX"
    lines = [f"{key} : {value}" for key, value in headers.items()]
    for name, rows in _sections(instance, order, rules).items():
        lines += [f"{name}_SECTION", *(f"{k} {_row(row)}" for k, row in enumerate(rows, 1))]
    if kind == "EXPLICIT":
        lines += ["EDGE_WEIGHT_SECTION", *(_row(row) for row in instance.distances()[0][np.ix_(order, order)])]
    if "fleet" in rules and depots > 1:
        homes = np.arange(instance.fleet[0] * depots) % depots + 1
        lines += ["VEHICLES_DEPOT_SECTION", *(f"{k} {home}" for k, home in enumerate(homes, 1))]
    return [*lines, "DEPOT_SECTION", *map(str, range(1, depots + 1)), "-1", "EOF"]


def _refuse(instance: RoutingInstance, path: Path) -> None:
    reasons = {
        "travel times": instance.duration.shape[1] > 0,
        "a prize of 0": bool(((instance.prize == 0) & instance.customer).any()),
        "pairs beside other pickups": bool(
            (instance.origin > 0).any() and ((instance.pickup > 0) & ~handed_over(instance)).any()
        ),
    }
    for got, found in reasons.items():
        if found:
            hint = "write it as .csv or .npz"
            raise InstanceError("VRPLIB has no form for this", where=path, got=got, expected="none", hint=hint)


def _kind(instance: RoutingInstance, rules: frozenset[str]) -> str:
    letters = {"MD": "depots", "PC": "prizes", "O": "open"}
    before = "".join(letter for letter, rule in letters.items() if rule in rules)
    back = "B" if "backhaul_last" in rules else "MPD" if "pickups" in rules else ""
    after = ("L" if "limit" in rules else "") + ("TW" if _timed(instance) else "")
    if "pairs" in rules:
        return f"{before}PDP{after}"
    return f"{before}{'' if before or back else 'C'}VRP{back}{after}"


def _timed(instance: RoutingInstance) -> bool:
    real = instance.real
    return bool((np.isfinite(instance.latest) & real).any() or instance.earliest[real].any())


def _sections(instance: RoutingInstance, order: NDArray[np.int64], rules: frozenset[str]) -> dict[str, NDArray[Any]]:
    """Rows of each section, in the order of the file."""
    of = {name: getattr(instance, name)[0, order] for name in ("coords", *NODES)}
    windows = np.stack([of["earliest"], np.minimum(of["latest"], LARGEST)], axis=1)
    sections = {"NODE_COORD": of["coords"]}
    if "pairs" in rules:
        place = np.empty(instance.nodes, np.int64)
        place[order] = np.arange(1, len(order) + 1)
        sections["PICKUP_AND_DELIVERY"] = _pairs(of, windows, place, order, _timed(instance) or of["service"].any())
    else:
        sections["DEMAND"] = of["demand"][:, None]
        if _timed(instance):
            sections["TIME_WINDOW"] = windows
        if of["service"].any():
            sections["SERVICE_TIME"] = of["service"][:, None]
        if {"pickups", "backhaul_last"} & rules:
            sections["BACKHAUL"] = of["pickup"][:, None]
    if "prizes" in rules:
        sections["PRIZE"] = np.where(np.isinf(of["prize"]), 0.0, of["prize"])[:, None]
    return sections


def _pairs(
    of: dict[str, NDArray[Any]], windows: NDArray[Any], place: NDArray[np.int64], order: NDArray[np.int64], timed: bool
) -> NDArray[Any]:
    """demand, window, service, pickup sibling, delivery sibling."""
    origin = of["origin"]
    before, after = np.where(origin > 0, place[origin], 0), np.zeros_like(origin)
    for row in np.flatnonzero(origin):
        after[place[origin[row]] - 1] = place[order[row]]
    demand = np.where(before > 0, -of["demand"], of["demand"] + of["pickup"])
    times = np.column_stack([windows, of["service"]]) * timed
    return np.column_stack([demand, times, before, after])


def _row(values: Iterable[Any]) -> str:
    return " ".join(_number(value) for value in values)


def _number(value: Any) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))
