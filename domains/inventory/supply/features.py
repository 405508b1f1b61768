"""What a policy sees: stock, goods under way, and the network with its costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.domains.inventory.supply.instance import NOBODY, SupplyPath
from headway.ops import Array

if TYPE_CHECKING:
    from gymnasium import spaces

UNLIMITED = -1.0  # a capacity that does not bind
LINK_COSTS = 3
NODE_COSTS = 3


class Known(NamedTuple):
    """What is observed and never changes in a row; float32, ends of links int64. Zeros (and ends -1) are padding.

    node_scale, spread : [B, N], usual flow and its standard deviation, units of goods
    costs : [B, N, 3], holding, penalty, and 1 where sales are lost
    tail, head : [B, E], -1: outside
    lead_time : [B, E]
    edge_scale : [B, E], usual flow, the unit of actions
    capacity : [B, E], -1: unlimited
    lot : [B, E]
    link_costs : [B, E, 3], per unit, per unit and period under way, per shipment of usual size

    Costs are in units of the row's mean penalty: policies need not depend on the currency.
    """

    node_scale: Array
    spread: Array
    costs: Array
    tail: Array
    head: Array
    lead_time: Array
    edge_scale: Array
    capacity: Array
    lot: Array
    link_costs: Array


def known(instance: SupplyPath) -> Known:
    """What is known of each instance beforehand, as numpy arrays."""
    here, there = instance.nodes != NOBODY, instance.exists
    short = instance.penalty > 0
    count = np.maximum(short.sum(axis=1), 1)
    unit = np.where(short.any(axis=1), instance.penalty.sum(axis=1) / count, 1.0)[:, None, None]
    costs = np.stack([instance.holding / unit[..., 0], instance.penalty / unit[..., 0], instance.lost], axis=2)
    per_link = np.stack([instance.unit_cost, instance.transit, instance.fixed / instance.edge_scale], axis=2) / unit
    return Known(
        node_scale=_single(instance.node_scale * here),
        spread=_single(instance.spread),
        costs=_single(costs),
        tail=np.ascontiguousarray(instance.tail),
        head=np.ascontiguousarray(instance.head),
        lead_time=_single(instance.lead_time),
        edge_scale=_single(instance.edge_scale * there),
        capacity=_single(np.where(np.isinf(instance.capacity), UNLIMITED, instance.capacity)),
        lot=_single(instance.lot),
        link_costs=_single(per_link),
    )


def rounded_down(xp: Any, values: Array) -> Array:
    """float32 no larger than ``values`` (float64): nobody ships more than there is because of rounding."""
    single = xp.astype(values, xp.float32)
    over = xp.astype(single, xp.float64) > values
    return xp.where(over, xp.astype(values - xp.abs(values) * 2.0**-23, xp.float32), single)


def observation_space(links: tuple[int, int, int], nodes: int, reach: float) -> tuple[spaces.Dict, spaces.Space[Any]]:
    """Spaces of one row, ``links`` being [B, K, E]: periods ahead and number of links."""
    from gymnasium import spaces

    _, periods, edges = links
    unbounded = {"stock": (-np.inf, (nodes,)), "pipeline": (0, (periods, edges))}
    unbounded |= {"node_scale": (0, (nodes,)), "spread": (0, (nodes,)), "costs": (0, (nodes, NODE_COSTS))}
    unbounded |= {name: (0, (edges,)) for name in ("lead_time", "edge_scale", "lot")}
    unbounded |= {"capacity": (UNLIMITED, (edges,)), "link_costs": (0, (edges, LINK_COSTS))}
    boxes: dict[str, spaces.Space[Any]] = {
        name: spaces.Box(low, np.inf, shape, np.float32) for name, (low, shape) in unbounded.items()
    }
    boxes |= {name: spaces.Box(-1, max(nodes - 1, 0), (edges,), np.int64) for name in ("tail", "head")}
    return spaces.Dict(boxes), spaces.Box(0.0, reach, (edges,), np.float32)


def _single(values: NDArray[Any]) -> NDArray[np.float32]:
    return values.astype(np.float32)
