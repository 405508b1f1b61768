"""The scorer: replays a plan period by period and counts what it costs. It repairs nothing."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.domains.inventory.lot_sizing.instance import PlantPath
from headway.domains.inventory.lot_sizing.plan import Plan
from headway.errors import SolutionError
from headway.evaluation import Evaluation

Floats = NDArray[np.float64]


class Ledger(NamedTuple):
    """What happened in each period.

    Attributes
    ----------
    changes : bool [B, T, M], the machine was set up for another item
    paid : float64 [B, T], for changes
    stock, short, wasted : float64 [B, T, I], at the period's end; demand that was lost; goods beyond the capacity
    """

    changes: NDArray[np.bool_]
    paid: Floats
    stock: Floats
    short: Floats
    wasted: Floats


def evaluate(path: PlantPath, solution: Plan) -> Evaluation:
    """Set-up, holding and penalty costs of all periods.

    Raises
    ------
    SolutionError
        The plan is for another number of rows, periods or machines.
    """
    solution.validate()  # slices and changed copies have not been
    expected = (len(path), path.demand.shape[1], path.machines)
    if solution.item.shape != expected:
        got = solution.item.shape
        raise SolutionError("the plan does not fit the path", where="Plan.item", got=got, expected=expected)
    unknown = (solution.item < 0) | (solution.item > path.items)
    plan = np.where(unknown, 0, solution.item)
    unable = np.zeros(len(path))
    for making in plan.swapaxes(0, 1):
        unable += (~path.able(making)).sum(axis=1)
    ledger = replay(path, plan)
    holding = np.einsum("bti,bi->bt", ledger.stock, path.holding)
    penalty = np.einsum("bti,bi->bt", ledger.short, path.penalty)
    cost = ledger.paid + holding + penalty
    wanted, short = path.demand.sum(axis=(1, 2)), ledger.short.sum(axis=(1, 2))
    return Evaluation(
        objective=cost.sum(axis=1),
        violations={"unknown_item": unknown.sum(axis=(1, 2)).astype(np.float64), "unable": unable},
        metrics={
            "setup_cost": ledger.paid.sum(axis=1),
            "holding_cost": holding.sum(axis=1),
            "penalty_cost": penalty.sum(axis=1),
            "fill_rate": 1 - short / np.where(wanted > 0, wanted, 1.0),
            "changes": ledger.changes.sum(axis=(1, 2)).astype(np.float64),
            "idle_share": (plan == 0).mean(axis=(1, 2)),
            "wasted": ledger.wasted.sum(axis=(1, 2)),
        },
        series={
            "objective": cost,
            "setup_cost": ledger.paid,
            "holding_cost": holding,
            "penalty_cost": penalty,
            "stock": ledger.stock.sum(axis=2),
            "short": ledger.short.sum(axis=2),
        },
    )


def replay(path: PlantPath, plan: NDArray[np.int64]) -> Ledger:
    """Walk the periods in order; ``plan`` holds 0..I only."""
    batch, periods, _ = path.demand.shape
    ledger = Ledger(
        np.zeros(plan.shape, bool), np.zeros((batch, periods)), *(np.zeros(path.demand.shape) for _ in range(3))
    )
    stock, before = path.stock.copy(), path.setup
    for t in range(periods):
        for m in range(path.machines):
            rows = np.flatnonzero(plan[:, t, m] > 0)
            item = plan[rows, t, m] - 1
            change = before[rows, m] != item + 1
            ledger.changes[rows, t, m] = change
            ledger.paid[rows, t] += change * path.setup_cost[rows, m, item]
            output = path.rate[rows, m, item] - change * path.setup_loss[rows, m, item]
            stock[rows, item] += np.where(output > 0, output, 0.0)
        before = plan[:, t]
        available = stock - path.demand[:, t]
        ledger.short[:, t] = np.where(available < 0, -available, 0.0)
        ledger.wasted[:, t] = np.where(available > path.capacity, available - path.capacity, 0.0)
        stock = available + ledger.short[:, t] - ledger.wasted[:, t]
        ledger.stock[:, t] = stock
    return ledger
