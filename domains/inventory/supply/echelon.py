"""What base-stock rules work out from an observation: echelons, and the demand they have to cover."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.domains.inventory.supply.allocation import totals
from headway.environment import Observation

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Echelons(NamedTuple):
    """The network of each row, as rules see it. Nodes with several suppliers take the same share from each.

    tail, head : int64 [B, E], N where there is no node
    share : [B, E], of what the head orders
    below : [B, N, N], how much of the stock at node m belongs to the echelon of node n
    mean, deviation : [B, N], of the demand on the echelon, from an order until the next one can arrive
    depth : int64 [B, N], links to the farthest customer; -1 for padding
    upstream : [B, N], what holding costs at the suppliers (0 outside)
    downstream, penalty : [B, N], what holding and being short cost where the node's goods are sold
    """

    tail: Integers
    head: Integers
    share: Floats
    below: Floats
    mean: Floats
    deviation: Floats
    depth: Integers
    upstream: Floats
    downstream: Floats
    penalty: Floats


def echelons(observation: Observation) -> Echelons:
    """From what is known of each row beforehand."""
    seen: dict[str, Any] = {name: np.asarray(observation[name]) for name in observation}
    scale, spread = seen["node_scale"].astype(float), seen["spread"].astype(float)
    batch, nodes = scale.shape
    head = np.where(seen["head"] < 0, nodes, seen["head"])
    tail = np.where(seen["tail"] < 0, nodes, seen["tail"])
    rows = np.arange(batch)[:, None]
    sources = np.zeros((batch, nodes + 1))
    np.add.at(sources, (rows, head), 1.0)
    share = np.where(head < nodes, 1.0 / np.maximum(sources[rows, head], 1.0), 0.0)
    supplies = np.zeros((batch, nodes + 1, nodes + 1))  # [n, m]: the share of m's orders that n receives
    np.add.at(supplies, (rows, tail, head), share)
    lead_time = np.zeros((batch, nodes + 1))
    np.add.at(lead_time, (rows, head), share * seen["lead_time"])
    holding = np.concatenate([seen["costs"][..., 0], np.zeros((batch, 1))], axis=1).astype(float)
    upstream = np.einsum("bnm,bn->bm", supplies, holding)[:, :nodes]
    supplies, lead_time = supplies[:, :nodes, :nodes], lead_time[:, :nodes]
    below = np.linalg.inv(np.eye(nodes) - supplies).astype(np.float64, copy=False)
    own = np.maximum(scale - (supplies @ scale[..., None])[..., 0], 0.0)
    noise = np.maximum(spread**2 - (supplies @ (spread**2)[..., None])[..., 0], 0.0)
    sold = below @ np.stack([own, *(own * seen["costs"][..., k] for k in (0, 1))], axis=2)
    return Echelons(
        tail, head, share, below,
        mean=(below @ (scale * lead_time + own)[..., None])[..., 0],
        deviation=np.sqrt((below @ (spread**2 * lead_time + noise)[..., None])[..., 0]),
        depth=np.where(scale > 0, _depth(supplies > 0), -1),
        upstream=upstream,
        downstream=sold[..., 1] / np.maximum(sold[..., 0], 1e-12),
        penalty=sold[..., 2] / np.maximum(sold[..., 0], 1e-12),
    )  # fmt: skip


def coming(values: NDArray[np.floating[Any]], network: Echelons) -> Floats:
    """Sums of ``values`` [B, E] over the links into each node, float64 [B, N]."""
    nodes = network.mean.shape[1]
    return totals(values.astype(np.float64), network.head, nodes)[:, :nodes]


def _depth(supplies: NDArray[np.bool_]) -> Integers:
    """int64 [B, N], links to the farthest customer, from who supplies whom [B, N, N]."""
    depth = np.zeros(supplies.shape[:2], np.int64)
    for _ in range(supplies.shape[1]):
        deeper = np.where(supplies, depth[:, None] + 1, 0).max(axis=2, initial=0)
        if (deeper == depth).all():
            break
        depth = deeper
    return depth
