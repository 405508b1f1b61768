"""Myopic orders for lost sales: the cost of the period in which an order arrives, and of one more."""

from __future__ import annotations

import numpy as np

from headway.domains.inventory.exact.lost_sales import LostSales
from headway.domains.inventory.exact.lost_sales_table import Table
from headway.domains.inventory.exact.model import LIMIT, Floats, Lookup


def myopic_1_orders(model: LostSales) -> Lookup:
    """The order that minimises the expected cost of the period it arrives in (Morton 1971; Zipkin 2008).

    Raises
    ------
    CapabilityError
        The table of states would be too large.
    """
    table = Table(model, LIMIT)
    return table.best(np.zeros(table.box.states), arrival_costs(table))


def myopic_2_orders(model: LostSales) -> Lookup:
    """The order that minimises the expected costs of that period and the next, where Myopic-1 orders (Zipkin 2008)."""
    table = Table(model, LIMIT)
    costs = arrival_costs(table)
    return table.best(table.backup(np.zeros(table.box.states), costs), costs)


def arrival_costs(table: Table) -> Floats:
    """Expected holding and penalty of period t + L, float64 [x1, ..., x_{L-1}, z, x0].

    What is left over is followed one period at a time: with arrivals a, b, ... to come, U(x; a, b, ...) =
    E U((x - D)+ + a; b, ...), and U(x) is the cost of a period that has x on hand.
    """
    costs = table.running
    for _ in range(table.lead_time):
        costs = np.stack([_shifted(costs, arriving) @ table.left for arriving in range(table.orders)])
    return costs if table.lead_time else np.stack([_shifted(costs, z) for z in range(table.orders)])


def _shifted(costs: Floats, arriving: int) -> Floats:
    """``costs`` of on hand + ``arriving``; beyond the end, where no order may lead, the last one again."""
    size = costs.shape[-1]
    return costs[..., np.minimum(np.arange(size) + arriving, size - 1)]
