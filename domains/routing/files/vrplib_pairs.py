"""The PICKUP_AND_DELIVERY section of LKH-3: pairs of nodes, or amounts collected and delivered at each."""

from __future__ import annotations

import numpy as np

from headway.domains.routing.family.instance import Ints
from headway.domains.routing.files.scan import Scanned

NAME = "PICKUP_AND_DELIVERY"
DEMAND, PICKUP, DELIVERY = 1, 5, 6  # columns; of siblings in pairs, of amounts where both are carried at once


def check_pairs(file: Scanned, nodes: int) -> None:
    """Siblings name each other; a pickup has a demand above 0, a delivery one below. Raises InstanceError."""
    rows = file.sections[NAME].rows
    for line, row in rows:
        for column, back in ((PICKUP, DELIVERY), (DELIVERY, PICKUP)):
            other = int(row[column])
            if not 0 <= other <= nodes or (other and rows[other - 1][1][back] != row[0]):
                expected = f"0, or a node whose {'delivery' if column == PICKUP else 'pickup'} is node {row[0]:g}"
                file.refuse("a pair is none", line, other, expected)
        amount = -row[DEMAND] if row[PICKUP] else row[DEMAND]
        if amount < 0 or (row[PICKUP] and row[DELIVERY]):
            file.refuse("a node is no half of a pair", line, " ".join(f"{n:g}" for n in row), "demand > 0 at pickups")


def read_pairs(file: Scanned, order: Ints) -> tuple[Ints, Ints, Ints]:
    """Demand, pickup and origin, int64 [N] each, in the file's order; origins are numbers of the instance."""
    table = file.sections[NAME].table().astype(np.int64)
    collects = table[:, DELIVERY] > 0
    number = np.empty_like(order)
    number[order] = np.arange(len(order))
    demand = np.where(collects, 0, np.abs(table[:, DEMAND]))
    origin = np.where(table[:, PICKUP] > 0, number[table[:, PICKUP] - 1], 0)
    return demand, np.where(collects, table[:, DEMAND], 0), origin


def read_amounts(file: Scanned) -> tuple[Ints, Ints]:
    """Demand and pickup, int64 [N] each, in the file's order."""
    table = file.sections[NAME].table().astype(np.int64)
    return table[:, DELIVERY], table[:, PICKUP]
