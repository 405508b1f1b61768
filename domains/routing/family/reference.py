"""Best known costs of CVRPLIB instances."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import numpy as np

from headway.domains.routing.family.instance import RoutingInstance
from headway.evaluation import Reference

SOURCE = "CVRPLIB (vrp.atd-lab.inf.puc-rio.br); each cost re-computed from a published solution"


@cache
def table() -> Mapping[str, Mapping[str, str]]:
    """The packaged table by instance name: customers, capacity, convention, cost, set."""
    text = files("headway.domains.routing.family").joinpath("best_known.csv").read_text(encoding="utf-8")
    return {row["instance"]: row for row in csv.DictReader(text.splitlines())}


def best_known(instance: RoutingInstance) -> Mapping[str, Reference]:
    """Where a name, a size, a capacity and a rounding convention are those of a listed instance: its cost."""
    value = np.array([_cost(instance, row) for row in range(len(instance))])
    if np.isnan(value).all():
        return {}
    return {"best_known": Reference("best_known", value, SOURCE, rederived=False)}


def _cost(instance: RoutingInstance, row: int) -> float:
    listed = table().get(str(instance.name[row]))
    if listed is None:
        return float("nan")
    same = (
        int(listed["customers"]) == instance.customers[row]
        and int(listed["capacity"]) == instance.capacity[row]
        and listed["convention"] == instance.convention[row]
    )
    return float(listed["cost"]) if same else float("nan")
