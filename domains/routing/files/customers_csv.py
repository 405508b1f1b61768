"""Instances as tables of customers: a line each, and lines ``# key: value`` for what belongs to all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from headway.domains.routing.family.instance import Floats, Ints, RoutingInstance
from headway.domains.routing.family.rules import CONVENTIONS
from headway.domains.routing.files.made import made
from headway.domains.routing.files.matrix_csv import read_matrix
from headway.domains.routing.files.roads import on_roads, read_network
from headway.domains.routing.files.table import Table
from headway.domains.routing.files.weights import planar

COLUMNS = ("id", "x", "y", "demand", "pickup", "earliest", "latest", "service", "prize", "origin", "depot", "node")
KEYS = ("name", "capacity", "fleet", "limit", "open", "backhaul_last", "convention", "distances", "durations", "roads")


def read_customers(path: Path, convention: str | None = None, allowed: frozenset[str] | None = None) -> RoutingInstance:
    """One instance (a batch of one).

    Columns, in any order, all but places optional; an empty cell is the neutral value: ``id``, ``x``, ``y``,
    ``demand``, ``pickup``, ``earliest``, ``latest``, ``service``, ``prize``, ``origin`` (the id of the customer whose
    pickup is delivered here), ``depot`` (1 for depots; without the column the first row is the depot), ``node`` (of a
    road network). Without ``id``, the rows are numbered 0, 1, 2, ...

    Settings, before the columns: ``# capacity: 40`` (needed where anything is carried), ``name``, ``fleet``, ``limit``,
    ``open``, ``backhaul_last``, ``convention``; ``distances`` and ``durations`` name files of matrices (`read_matrix`),
    ``roads`` the file of a network (`roads.read_network`), beside this one.

    Parameters
    ----------
    convention : of Euclidean distances; None: what the file says, or not rounded
    allowed : rules the instance may have (`switches.USED`); None: all

    Raises
    ------
    InstanceError
        With file, line, what was found and what was expected.
    """
    table = Table.read(path, COLUMNS, KEYS)
    depot = table.flags("depot")
    if "depot" not in table.header:
        depot[0] = True
    if not depot.any() or depot.all():
        table.refuse("depots or customers are missing", None, f"{depot.sum()} depots of {len(depot)} rows", "both")
    first, *further = np.flatnonzero(depot).tolist()
    order = np.array([first, *np.flatnonzero(~depot), *further])
    ids = table.texts("id") if "id" in table.header else [str(row) for row in range(len(order))]
    if len(set(ids)) < len(ids):
        row = next(k for k, name in enumerate(ids) if name in ids[:k])
        table.refuse("an id appears twice", table.lines[row], ids[row], "another one in each row")
    fields: dict[str, Any] = {"customers": int((~depot).sum()), "depots": int(depot.sum())}
    fields |= _settings(table) | _columns(table, order, ids) | _network(table, order, ids, convention)
    return made(fields, lambda field, node: _place(table, order, field, node), allowed)


def _settings(table: Table) -> dict[str, Any]:
    fields: dict[str, Any] = {"name": table.path.stem, "capacity": 1}
    for key, (line, text) in table.settings.items():
        if key in ("capacity", "fleet"):
            fields[key] = int(table.number(text, line, key, whole=True))
        elif key == "limit":
            fields[key] = table.number(text, line, key)
        elif key in ("open", "backhaul_last"):
            fields[key] = table.flag(text, line, key)
        elif key == "name":
            fields[key] = text
    carried = [name for name in ("demand", "pickup") if table.numbers(name, 0.0).any()]
    if carried and "capacity" not in table.settings:
        table.refuse("the capacity is missing", None, f"a {carried[0]}", "a line `# capacity: 40`")
    return fields


def _columns(table: Table, order: Ints, ids: list[str]) -> dict[str, Any]:
    number = dict(zip((ids[row] for row in order), range(len(order)), strict=True))
    origin = np.zeros(len(order), np.int64)
    for row, (line, name) in enumerate(zip(table.lines, table.texts("origin"), strict=True)):
        if name and name not in number:
            table.refuse("the origin is no customer", line, repr(name), "the id of another row")
        origin[row] = number[name] if name else 0
    whole = {name: table.numbers(name, 0.0, whole=True).astype(np.int64)[order] for name in ("demand", "pickup")}
    empty = {"earliest": 0.0, "latest": np.inf, "service": 0.0, "prize": np.inf}
    others = {name: table.numbers(name, value)[order] for name, value in empty.items()}
    return {**whole, **others, "origin": origin[order]}


def _network(table: Table, order: Ints, ids: list[str], convention: str | None) -> dict[str, Any]:
    """Places, and what tells distances and durations."""
    fields: dict[str, Any] = {}
    names = [ids[row] for row in order]
    for key, field in (("distances", "matrix"), ("durations", "duration")):
        if key in table.settings:
            fields[field] = read_matrix(table.path.parent / table.settings[key][1], names)
    if "roads" in table.settings:
        if fields:
            table.refuse("distances are given twice", table.settings["roads"][0], "roads", "roads or matrices")
        graph = read_network(table.path.parent / table.settings["roads"][1])
        nodes, places = table.texts("node"), [f"{table.path}, line {line}" for line in table.lines]
        fields |= on_roads(graph, [nodes[row] for row in order], [places[row] for row in order])
    line, said = table.settings.get("convention", (None, "float"))
    if said not in CONVENTIONS or ((said == "matrix") and "matrix" not in fields):
        table.refuse("the convention is unknown", line, repr(said), " or ".join(CONVENTIONS))
    fields["convention"] = "matrix" if "matrix" in fields else convention or said
    return fields | {"coords": _coords(table, order, fields.get("matrix"))}


def _coords(table: Table, order: Ints, matrix: Floats | None) -> Floats:
    if matrix is not None and not {"x", "y"} & set(table.header):
        return planar(matrix)
    return np.stack([table.numbers("x"), table.numbers("y")], axis=1)[order]


def _place(table: Table, order: Ints, field: str, node: int | None) -> str:
    """File and line of what says this field."""
    keys = {"matrix": "distances", "duration": "durations", "depots": "depot", "latest": "limit"}
    if node is not None:
        return f"{table.path}, line {table.lines[order[node]]}"
    key = keys.get(field, field)
    return f"{table.path}, line {table.settings[key][0]}" if key in table.settings else str(table.path)
