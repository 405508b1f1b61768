"""Instances as tables of customers (see `customers_csv`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from headway.domains.routing.family.instance import RoutingInstance
from headway.domains.routing.family.switches import used

NEUTRAL = {"demand": 0, "pickup": 0, "earliest": 0.0, "latest": np.inf, "service": 0.0, "prize": np.inf, "origin": 0}


def customer_lines(instance: RoutingInstance, path: Path) -> dict[Path, list[str]]:
    """The lines of one instance (a batch of one), and of its matrices; columns that say nothing are left out."""
    rules, nodes = used(instance), int(instance.customers[0] + instance.depots[0])
    settings: dict[str, Any] = {"name": instance.name[0], "capacity": instance.capacity[0]}
    settings |= {key: "1" for key in ("open", "backhaul_last") if key in rules}
    settings |= {key: getattr(instance, key)[0] for key in ("fleet", "limit") if key in rules}
    files: dict[Path, list[str]] = {}
    if instance.convention[0] == "matrix":
        files |= _matrix(path, "distances", instance.matrix[0, :nodes, :nodes])
        settings["distances"] = f"{path.stem}_distances.csv"
    elif instance.convention[0] != "float":
        settings["convention"] = instance.convention[0]
    if instance.duration.shape[1]:
        files |= _matrix(path, "durations", instance.duration[0, :nodes, :nodes])
        settings["durations"] = f"{path.stem}_durations.csv"
    x, y = instance.coords[0, :nodes].T
    columns: dict[str, Any] = {"id": range(nodes), "x": x, "y": y}
    for name, neutral in NEUTRAL.items():
        values = getattr(instance, name)[0, :nodes]
        if (values != neutral).any():
            columns[name] = ["" if value == neutral else value for value in values]
    if "depots" in rules:
        columns["depot"] = [int(node == 0 or node > instance.customers[0]) for node in range(nodes)]
    rows = [",".join(map(_cell, row)) for row in zip(*columns.values(), strict=True)]
    return {path: [*(f"# {key}: {value}" for key, value in settings.items()), ",".join(columns), *rows], **files}


def _matrix(path: Path, kind: str, matrix: np.ndarray[Any, Any]) -> dict[Path, list[str]]:
    lines = [",".join(map(_cell, row)) for row in matrix]
    return {path.with_name(f"{path.stem}_{kind}.csv"): lines}


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    return str(int(value)) if float(value).is_integer() else repr(float(value))
