"""The scorer: replays the shipments period by period and counts what they cost. It repairs nothing."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.domains.inventory.supply.instance import SupplyPath
from headway.domains.inventory.supply.shipments import Shipments
from headway.errors import SolutionError
from headway.evaluation import Evaluation

Floats = NDArray[np.float64]

TOLERANCE = 1e-6  # slack of the rules on shipments, relative to what is on hand and to a lot (1 at least)


class Ledger(NamedTuple):
    """The replay, per period and node [B, T, N] or link [B, T, E].

    before : on hand when shipments are decided
    sent : leaves the node
    left : after demand, negative where short
    unserved : what the period's demand had to do without
    moving : under way while the period's costs are counted
    """

    before: Floats
    sent: Floats
    left: Floats
    unserved: Floats
    moving: Floats


def evaluate(path: SupplyPath, solution: Shipments) -> Evaluation:
    """Mean cost per counted period of the shipments, with the rules checked on each of them.

    Raises
    ------
    SolutionError
        The shipments are for another number of instances, periods or links.
    """
    _check_fit(path, solution)
    finite = np.isfinite(solution.quantity)
    quantity: Floats = np.where(finite, solution.quantity, 0.0)
    ledger = replay(path, quantity)
    on_hand, short = np.maximum(ledger.left, 0.0), np.maximum(-ledger.left, 0.0)
    costs = {
        "holding": (path.holding[:, None] * on_hand).sum(axis=2),
        "penalty": (path.penalty[:, None] * short).sum(axis=2),
        "transit": (path.transit[:, None] * ledger.moving).sum(axis=2),
        "shipping": (path.unit_cost[:, None] * quantity + path.fixed[:, None] * (quantity > 0)).sum(axis=2),
    }
    total: Floats = sum(costs.values(), np.zeros(quantity.shape[:2]))
    series = {"objective": total, "demand": path.demand.sum(axis=2), "on_hand": on_hand.sum(axis=2)}
    wanted, unserved = _mean(path, series["demand"]), _mean(path, ledger.unserved.sum(axis=2))
    return Evaluation(
        objective=_mean(path, total),
        violations=_violations(path, quantity, ledger) | {"finite": (~finite).sum(axis=(1, 2)).astype(np.float64)},
        metrics={f"{name}_cost": _mean(path, cost) for name, cost in costs.items()}
        | {"on_hand": _mean(path, series["on_hand"]), "fill_rate": 1 - unserved / np.where(wanted > 0, wanted, 1.0)},
        series=series,
    )


def replay(path: SupplyPath, quantity: Floats) -> Ledger:
    """Walk through the periods; ``quantity`` [B, T, E] is finite."""
    periods, nodes = quantity.shape[1], np.arange(path.holding.shape[1])
    sends, receives = (np.swapaxes(ends[:, None] == nodes[:, None], 1, 2) for ends in (path.tail, path.head))
    arrived = np.zeros(quantity.shape)
    for lead_time in np.unique(path.lead_time[path.exists]):
        due = slice(lead_time, None), slice(0, max(periods - lead_time, 0))
        arrived[:, due[0]] += np.where((path.lead_time == lead_time)[:, None], quantity[:, due[1]], 0.0)
    at_once = (path.lead_time == 0)[:, None] * arrived
    sent, served = quantity @ sends.astype(float), at_once @ receives.astype(float)
    delivered = (arrived - at_once) @ receives.astype(float)
    before, left = np.zeros(path.demand.shape), np.zeros(path.demand.shape)
    stock = path.stock
    for t in range(periods):
        before[:, t] = stock + delivered[:, t]
        left[:, t] = before[:, t] - sent[:, t] + served[:, t] - path.demand[:, t]
        stock = np.where(path.lost, np.maximum(left[:, t], 0.0), left[:, t])
    unserved = np.minimum(path.demand, np.maximum(-left, 0.0))
    return Ledger(before, sent, left, unserved, np.cumsum(quantity, axis=1) - np.cumsum(arrived, axis=1))


def _violations(path: SupplyPath, quantity: Floats, ledger: Ledger) -> dict[str, Floats]:
    """Largest breach per row of each rule, zero within the tolerance."""
    lot = np.where(path.lot > 0, path.lot, 1.0)[:, None]
    lots = quantity / lot
    broken = np.where((path.lot > 0)[:, None], np.abs(lots - np.round(lots)), 0.0)
    late = np.arange(quantity.shape[1])[:, None] >= path.horizon[:, None, None]
    allowed = np.where(late | ~path.exists[:, None], 0.0, path.capacity[:, None])
    owned = np.maximum(ledger.before, 0.0)
    amounts = {
        "negative": (-quantity, np.zeros(1)),
        "capacity": (quantity - allowed, np.where(np.isfinite(allowed), allowed, 0.0)),
        "on_hand": (ledger.sent - owned, owned),
        "lot": (broken, np.zeros(1)),
    }
    broke = {name: amount > TOLERANCE * np.maximum(size, 1.0) for name, (amount, size) in amounts.items()}
    return {name: np.where(broke[name], a, 0.0).max(axis=(1, 2), initial=0.0) for name, (a, _) in amounts.items()}


def _mean(path: SupplyPath, values: Floats) -> Floats:
    """The mean of [B, T] over each row's counted periods."""
    period = np.arange(values.shape[1])
    counted = (period >= path.warmup[:, None]) & (period < path.horizon[:, None])
    return np.where(counted, values, 0.0).sum(axis=1) / counted.sum(axis=1)  # type: ignore[no-any-return]


def _check_fit(path: SupplyPath, solution: Shipments) -> None:
    solution.validate()  # slices and changed copies have not been
    expected = (*path.demand.shape[:2], path.tail.shape[1])
    if solution.quantity.shape != expected:
        raise SolutionError(
            "the shipments do not fit the network",
            where="Shipments.quantity",
            got=solution.quantity.shape,
            expected=f"{expected}: rows, periods, links",
        )
