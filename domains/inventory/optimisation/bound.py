"""What no policy can beat: the cost of the best decisions for a demand path that is known from the start."""

from __future__ import annotations

from typing import Any

import numpy as np

from headway.batch import Instance
from headway.domains.inventory.optimisation.flow import Flow
from headway.domains.inventory.optimisation.hindsight import items_of, least_cost, unreachable
from headway.domains.inventory.optimisation.network import Floats, Position, network_of
from headway.domains.inventory.optimisation.program import Program, Simplex, proven
from headway.domains.inventory.stock.instance import StockPath

_ROUNDING = 1e-12  # relative error of sums over a few thousand periods


def bounds(instance: Instance) -> Floats:
    """A proven lower bound on the objective of each row, float64 [B], for `Problem.references`.

    Of a `StockPath` it is the cost of the best orders themselves (lots left aside), of a `SupplyPath` the optimum of
    the linear program `Flow`, certified by its multipliers. It holds for shipments that keep the rules exactly; the
    scorer's tolerance lets them win about a millionth.

    Raises
    ------
    CapabilityError
        The instances are of another family.
    """
    if isinstance(instance, StockPath):
        items = items_of(instance)
        cost = least_cost(items).cost if items.fixed.any() else unreachable(items)
        found: Floats = (1 - _ROUNDING) * cost.reshape(instance.scale.shape).sum(axis=1)
        return found
    return np.array([_certified(instance, row) for row in range(len(instance))])


def foreseen(path: Any, row: int, uncounted: float = 0.0) -> tuple[Flow, Program]:
    """The linear program of one row whose demand is known. Periods that do not count weigh ``uncounted`` of others."""
    network = network_of(path, row)
    demand = path.demand[row, network.decided][:, network.nodes]
    counted = np.arange(len(demand)) >= network.warmup
    weight = np.where(counted, 1.0, uncounted) / counted.sum()
    flow = Flow(network, weight, sells=demand.any(axis=0) | (network.stock < 0))
    return flow, flow.program(Position(network.stock, demand[:0]), demand[None])


def _certified(path: Any, row: int) -> float:
    """The value of one row's program, or a little less, proven."""
    program = foreseen(path, row)[1]
    # Some optimal plan buys no more than is asked for; then nothing exceeds that and what was there at first.
    goods = float(path.demand[row].sum() + np.abs(path.stock[row]).sum())
    return proven(program, Simplex(program).first.dual, largest=goods)
