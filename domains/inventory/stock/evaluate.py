"""The scorer: replays the orders period by period and adds up what they cost. It repairs nothing."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.domains.inventory.stock.instance import StockPath
from headway.domains.inventory.stock.orders import Orders
from headway.errors import SolutionError
from headway.evaluation import Evaluation

Floats = NDArray[np.float64]

TOLERANCE = 1e-6  # relative, by which a quantity may miss a multiple of its lot: lots are observed in single precision


class Ledger(NamedTuple):
    """What happened in each decided period and item, all float64 [B, D, I].

    Attributes
    ----------
    available : on hand when demand comes (negative: owed)
    served : demand of the period met at once
    left, short : on hand, and owed or lost, at the end of the period
    on_order : ordered and not yet there, at the end of the period
    """

    available: Floats
    served: Floats
    left: Floats
    short: Floats
    on_order: Floats


def evaluate(path: StockPath, solution: Orders) -> Evaluation:
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
        "holding_cost": (ledger.left * path.holding[:, None])[:, counted],
        "penalty_cost": (ledger.short * path.penalty[:, None])[:, counted],
        "ordering_cost": ((quantity > 0) * path.fixed[:, None])[:, counted],
    }
    objective = sum(part.sum(axis=2) for part in parts.values())
    demand = path.demand[:, path.first :][:, counted]
    ledger = Ledger(*(array[:, counted] for array in ledger))
    return Evaluation(
        objective=objective.mean(axis=1),
        violations=_violations(path, quantity) | {"finite": (~finite).sum(axis=(1, 2)).astype(np.float64)},
        metrics=_metrics(ledger, demand, quantity[:, counted])
        | {n: p.sum(axis=2).mean(axis=1) for n, p in parts.items()},
        series={
            "objective": objective,
            "stock": ledger.left.sum(axis=2),
            "short": ledger.short.sum(axis=2),
            "orders": quantity[:, counted].sum(axis=2),
            "demand": demand.sum(axis=2),
            "served": ledger.served.sum(axis=2),
        },
    )


def replay(path: StockPath, quantity: Floats) -> Ledger:
    """Walk the decided periods in order; nothing is on hand or on order at the start."""
    rows, items = np.ogrid[: len(path), : path.items.shape[1]]
    demand = path.demand[:, path.first :]
    arrivals = np.zeros((len(path), path.horizon + int(path.lead_time.max(initial=0)), path.items.shape[1]))
    shape = demand.shape
    ledger = Ledger(*(np.empty(shape) for _ in Ledger._fields))
    kept, on_order = np.zeros(path.items.shape), np.zeros(path.items.shape)
    for t in range(path.horizon):
        arrivals[rows, t + path.lead_time, items] += quantity[:, t]
        available = kept + arrivals[:, t]
        on_order = on_order + quantity[:, t] - arrivals[:, t]
        on_hand = np.where(available > 0, available, 0.0)
        missing = np.where(demand[:, t] > available, demand[:, t] - available, 0.0)
        remaining = np.where(available > demand[:, t], available - demand[:, t], 0.0)
        now = Ledger(available, np.where(demand[:, t] < on_hand, demand[:, t], on_hand), remaining, missing, on_order)
        for series, value in zip(ledger, now, strict=True):
            series[:, t] = value
        kept = remaining * path.keep - np.where(path.lost, 0.0, missing)
    return ledger


def _metrics(ledger: Ledger, demand: Floats, quantity: Floats) -> dict[str, Floats]:
    """Per row: shares of demand met at once and of periods without shortage, and means per period over items."""
    wanted = demand.sum(axis=(1, 2))
    return {
        "fill_rate": np.where(wanted > 0, ledger.served.sum(axis=(1, 2)) / np.where(wanted > 0, wanted, 1.0), 1.0),
        "cycle_service": (ledger.short <= 0).mean(axis=(1, 2)),
        "mean_on_hand": ledger.left.sum(axis=2).mean(axis=1),
        "mean_short": ledger.short.sum(axis=2).mean(axis=1),
        "orders": (quantity > 0).sum(axis=2).mean(axis=1),
    }


def _violations(path: StockPath, quantity: Floats) -> dict[str, Floats]:
    """Largest breach per row: a quantity below zero, or away from a multiple of its lot."""
    lot = np.where(path.lot > 0, path.lot, 1.0)[:, None]
    lots = quantity / lot
    off = np.abs(lots - np.rint(lots)) * (path.lot > 0)[:, None]
    return {
        "negative": np.where(quantity < 0, -quantity, 0.0).max(axis=(1, 2)),
        "lot": np.where(off > TOLERANCE * np.maximum(np.abs(lots), 1.0), off * lot, 0.0).max(axis=(1, 2)),
    }
