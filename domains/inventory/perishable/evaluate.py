"""The scorer: replays the orders period by period, unit age by unit age. It repairs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.domains.inventory.perishable.instance import AgedPath
from headway.domains.inventory.stock.orders import Orders
from headway.errors import SolutionError
from headway.evaluation import Evaluation

Floats = NDArray[np.float64]

TOLERANCE = 1e-9  # of a lot, by which a quantity may miss a multiple of it


class Ledger(NamedTuple):
    """What happened in each decided period and item.

    Attributes
    ----------
    stock : float64 [B, D, I, M], on hand when demand comes, by periods left
    served, short : float64 [B, D, I], demand that was met, and that was lost
    kept, wasted : float64 [B, D, I], on hand at the end of the period and still good; too old
    """

    stock: Floats
    served: Floats
    short: Floats
    kept: Floats
    wasted: Floats


def evaluate(path: AgedPath, solution: Orders) -> Evaluation:
    """Mean cost per counted period, summed over items.

    Raises
    ------
    SolutionError
        The orders are for another number of rows, periods or items.
    """
    solution.validate()  # slices and changed copies have not been
    expected = (len(path), path.horizon, path.items.shape[1])
    if solution.quantity.shape != expected:
        got = solution.quantity.shape
        raise SolutionError("the orders do not fit the path", where="Orders.quantity", got=got, expected=expected)
    finite = np.isfinite(solution.quantity)
    quantity = np.where(finite, solution.quantity, 0.0)
    ledger = replay(path, quantity)
    counted = slice(int(path.warmup[0]) if len(path) else 0, None)
    parts = {
        "unit_cost": (quantity * path.unit_cost[:, None])[:, counted],
        "fixed_cost": ((quantity > 0) * path.fixed[:, None])[:, counted],
        "holding_cost": (ledger.kept * path.holding[:, None])[:, counted],
        "penalty_cost": (ledger.short * path.penalty[:, None])[:, counted],
        "waste_cost": (ledger.wasted * path.waste_cost[:, None])[:, counted],
    }
    objective = sum(part.sum(axis=2) for part in parts.values())
    series = {
        "objective": objective,
        "stock": ledger.kept[:, counted].sum(axis=2),
        "short": ledger.short[:, counted].sum(axis=2),
        "wasted": ledger.wasted[:, counted].sum(axis=2),
        "orders": quantity[:, counted].sum(axis=2),
        "demand": path.demand[:, path.first :][:, counted].sum(axis=2),
        "served": ledger.served[:, counted].sum(axis=2),
    }
    return Evaluation(
        objective=objective.mean(axis=1),
        violations=_violations(path, quantity) | {"finite": (~finite).sum(axis=(1, 2)).astype(np.float64)},
        metrics=shares(series)
        | {"mean_on_hand": series["stock"].mean(axis=1)}
        | {name: part.sum(axis=2).mean(axis=1) for name, part in parts.items()},
        series=series,
    )


def replay(path: AgedPath, quantity: Floats) -> Ledger:
    """Walk the decided periods in order; nothing is on hand or on order at the start."""
    rows, items = np.ogrid[: len(path), : path.items.shape[1]]
    life = int(path.lifetime.max(initial=1))
    demand = path.demand[:, path.first :]
    arrivals = np.zeros((len(path), path.horizon + int(path.lead_time.max(initial=0)), path.items.shape[1]))
    ledger = Ledger(np.zeros((*demand.shape, life)), *(np.zeros(demand.shape) for _ in range(4)))
    stock = np.zeros((*path.items.shape, life))
    for t in range(path.horizon):
        arrivals[rows, t + path.lead_time, items] += quantity[:, t]
        stock[..., -1] = arrivals[:, t]
        ledger.stock[:, t] = stock
        wanted = demand[:, t].copy()
        for turn in range(life):
            age = np.where(path.lifo, life - 1 - turn, turn)
            there = stock[rows, items, age]
            taken = np.where(wanted < there, wanted, there)
            stock[rows, items, age] = there - taken
            wanted -= taken
        ledger.served[:, t], ledger.short[:, t] = demand[:, t] - wanted, wanted
        ledger.wasted[:, t], ledger.kept[:, t] = stock[..., 0], stock[..., 1:].sum(axis=-1)
        stock[..., :-1] = stock[..., 1:].copy()
    return ledger


def shares(series: Mapping[str, Floats]) -> dict[str, Floats]:
    """Of series [R, T]: the share of demand that is met, and of what is ordered that is thrown away; [R]."""
    wanted, ordered = series["demand"].sum(axis=1), series["orders"].sum(axis=1)
    return {
        "fill_rate": np.where(wanted > 0, series["served"].sum(axis=1) / np.where(wanted > 0, wanted, 1.0), 1.0),
        "waste_share": np.where(ordered > 0, series["wasted"].sum(axis=1) / np.where(ordered > 0, ordered, 1.0), 0.0),
    }


def _violations(path: AgedPath, quantity: Floats) -> dict[str, Floats]:
    """Largest breach per row: a quantity below zero, or away from a multiple of its lot."""
    lot = np.where(path.lot > 0, path.lot, 1.0)[:, None]
    off = np.abs(quantity / lot - np.rint(quantity / lot)) * (path.lot > 0)[:, None]
    return {
        "negative": np.where(quantity < 0, -quantity, 0.0).max(axis=(1, 2)),
        "lot": np.where(off > TOLERANCE, off * lot, 0.0).max(axis=(1, 2)),
    }
