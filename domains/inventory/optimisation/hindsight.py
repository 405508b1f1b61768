"""Orders of least cost for items whose demand is known: at a single stocking point no linear program is needed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from headway.domains.inventory.optimisation.network import Booleans, Floats, Ints
from headway.domains.inventory.stock.instance import StockPath


class Items(NamedTuple):
    """R items over D decided periods.

    demand : float64 [R, D]; holding, penalty, fixed, keep : float64 [R]; lead_time : int64 [R]; lost : bool [R]
    weight : float64 [D], what the costs of each period count
    """

    demand: Floats
    holding: Floats
    penalty: Floats
    fixed: Floats
    keep: Floats
    lead_time: Ints
    lost: Booleans
    weight: Floats


class Plan(NamedTuple):
    """A least-cost plan, told backwards: what comes before each of D + 1 points in time.

    arrival : int64 [R, D + 1], when the order arrives that serves the last demand before this time
    since : int64 [R, D + 1], first demand that waits (or is lost) until an order arrives at this time, or for ever
    cost : float64 [R]
    """

    arrival: Ints
    since: Ints
    cost: Floats


def items_of(path: StockPath) -> Items:
    """All items of all rows, one after the other."""
    counted = np.arange(path.horizon) >= path.warmup[0]
    demand = np.swapaxes(path.demand[:, path.first :], 1, 2).reshape(-1, path.horizon)
    each = {name: getattr(path, name).ravel() for name in ("holding", "penalty", "fixed", "keep", "lead_time", "lost")}
    return Items(demand=demand, weight=counted / counted.sum(), **each)


def unreachable(items: Items) -> Floats:
    """Cost [R] of the demand before any order can arrive: all that foresight pays where orders have no fixed cost.

    Each later demand is met by an order of its own that arrives just in time, so nothing is ever left.
    """
    before = np.arange(len(items.weight)) < items.lead_time[:, None]
    missed = np.where(before, items.demand, 0.0)
    short = np.where(items.lost[:, None], missed, missed.cumsum(axis=1))
    return items.penalty * ((short * before) @ items.weight)


def least_cost(items: Items) -> Plan:
    """Dynamic lot sizing (Wagner and Whitin 1958), also with late or lost demand and with leftovers that decay.

    In some optimal plan an order serves consecutive demands: those that waited for it (Zangwill 1969), that of the
    period it arrives in, and later ones from stock. Time t is just before the demand of period t: ``settled`` [R] is
    the least cost with all demand before t behind us, ``late`` [R, s] the same with demand from s to t waiting,
    ``stocked`` [R, a] with an order that arrived at a serving on. All pairs are compared: O(R D^2).
    """
    rows, periods = items.demand.shape
    every, holding, penalty = np.arange(rows), items.holding[:, None], items.penalty[:, None]
    late, stocked = np.full((rows, periods + 1), np.inf), np.full((rows, periods), np.inf)
    waiting, carry = np.zeros_like(late), np.zeros_like(stocked)  # demand since s; cost of serving a unit now from a
    arrival, since = np.zeros((2, rows, periods + 1), np.int64)
    settled = np.zeros(rows)
    for t, weight in enumerate(items.weight):
        begun, demand = slice(0, t + 1), items.demand[:, t, None]
        late[:, t] = settled
        since[:, t] = late[:, begun].argmin(axis=1)
        stocked[:, t] = late[every, since[:, t]] + _setup(items, t)
        stocked[:, begun] += np.multiply(demand, carry[:, begun], out=np.zeros((rows, t + 1)), where=demand > 0)
        arrival[:, t + 1] = stocked[:, begun].argmin(axis=1)
        settled = stocked[every, arrival[:, t + 1]]
        waiting[:, begun] += demand
        late[:, begun] += penalty * weight * np.where(items.lost[:, None], demand, waiting[:, begun])
        carry[:, begun] = _decayed(carry[:, begun] + holding * weight, items.keep[:, None])
    late[:, periods] = settled
    since[:, periods] = late.argmin(axis=1)
    return Plan(arrival, since, late[every, since[:, periods]])


def _setup(items: Items, period: int) -> Floats:
    """Fixed cost [R] of an order that arrives in ``period``; infinite where it would have to be placed too early."""
    placed = period - items.lead_time
    return np.where(placed >= 0, items.fixed * items.weight[np.maximum(placed, 0)], np.inf)


def _decayed(cost: Floats, keep: Floats) -> Floats:
    """Cost of a unit in the next period, of which only a share is kept."""
    return np.divide(cost, keep, out=np.full_like(cost, np.inf), where=keep > 0)


def orders(items: Items, plan: Plan) -> Floats:
    """Quantities ordered, float64 [R, D], by period of the order."""
    quantity = np.zeros_like(items.demand)
    for row, (demand, lead_time) in enumerate(zip(items.demand, items.lead_time, strict=True)):
        end = int(plan.since[row, -1])
        while end > 0:
            arrives = int(plan.arrival[row, end])
            waited = int(plan.since[row, arrives])
            served = np.flatnonzero(demand[arrives:end])
            amount = (demand[arrives:end][served] / items.keep[row] ** served).sum()
            owed = 0.0 if items.lost[row] else demand[waited:arrives].sum()
            quantity[row, arrives - lead_time] += amount + owed
            end = waited
    return quantity
