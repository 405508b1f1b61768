"""Which outlook a problem allows: laws of demand, moments known beforehand, or the history seen so far."""

from __future__ import annotations

from typing import Any

from headway.domains.inventory.optimisation.history import History
from headway.domains.inventory.optimisation.laws import Laws, Moments
from headway.domains.inventory.optimisation.network import Network
from headway.domains.inventory.optimisation.outlook import Outlook
from headway.domains.inventory.stock.instance import StockPath
from headway.errors import ConfigError


def outlook(problem: Any, view: Any, network: Network, window: int, memory: int, season: int) -> Outlook:
    """What ``problem`` lets one expect, given the view of a batch of one."""
    if isinstance(view, StockPath):
        known = view.demand[0]
        if problem.historical:
            return History(known, network.scale, window, memory, season)
        return Laws([problem.law] * network.size, len(known), window)
    try:
        laws = [node.demand for node in problem.layout.nodes]
    except ConfigError:  # each instance has a network of its own, and tells its moments
        return Moments(network, window)
    return Laws(laws, view.demand.shape[1], window)
