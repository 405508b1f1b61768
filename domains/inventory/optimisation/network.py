"""What optimisation needs to know of a problem: one row of either family of instances as a supply network."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.batch import Instance
from headway.domains.inventory.stock.instance import StockPath
from headway.domains.inventory.supply.instance import NOBODY, SupplyPath
from headway.errors import CapabilityError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Booleans = NDArray[np.bool_]

_SAME_IN_BOTH = ("holding", "penalty", "lost", "lead_time", "fixed", "lot")


class Network(NamedTuple):
    """N nodes and E links without padding; the fields are those of `SupplyPath`, and ``keep`` that of `StockPath`.

    Independent items are nodes, each with a link of its own from outside. ``scale`` and ``spread`` are mean and
    standard deviation of a period's demand known beforehand (float64 [N]; spread is NaN where it is not known).
    ``nodes`` and ``links`` say where in the instance these are, ``width`` how many links it has with padding, and
    ``decided`` which of its periods are decided.
    """

    holding: Floats
    penalty: Floats
    lost: Booleans
    keep: Floats
    stock: Floats
    scale: Floats
    spread: Floats
    tail: Ints
    head: Ints
    lead_time: Ints
    unit_cost: Floats
    transit: Floats
    fixed: Floats
    capacity: Floats
    lot: Floats
    nodes: Ints
    links: Ints
    width: int
    decided: slice
    warmup: int

    @property
    def size(self) -> int:
        """Number of nodes N."""
        return len(self.keep)

    def placed(self, values: Floats) -> Floats:
        """Numbers per link [E] as the instance has its links, 0 at padding."""
        out = np.zeros(self.width)
        out[self.links] = values
        return out

    def structure(self) -> bytes:
        """Equal for networks that differ in stock and periods only."""
        parts = (part for name, part in self._asdict().items() if isinstance(part, np.ndarray) and name != "stock")
        return b"|".join(part.tobytes() for part in parts)


class Position(NamedTuple):
    """Before a decision: ``stock`` [N] on hand (negative: owed), ``arriving`` [K, N] in 1, 2, ... periods."""

    stock: Floats
    arriving: Floats


def network_of(instance: Instance, row: int = 0) -> Network:
    """One row of a `StockPath` or `SupplyPath` as a network.

    Raises
    ------
    CapabilityError
        The instance is of another family.
    """
    if isinstance(instance, StockPath):
        return _independent(instance, row)
    if isinstance(instance, SupplyPath):
        return _supply(instance, row)
    raise CapabilityError(
        "no linear program for these instances",
        where="network_of",
        got=type(instance).__name__,
        expected="StockPath or SupplyPath",
    )


def position_of(state: Any, network: Network) -> Position:
    """Goods on hand and under way in the state (a batch of one) of an environment of stock or of supply."""
    if hasattr(state, "goods"):
        return Position(state.goods[0, :, 0], state.goods[0, :, 1:].T)
    under_way = state.pipeline[0][:, network.links]
    arriving = np.zeros((len(under_way), network.size))
    for link, head in enumerate(network.head.tolist()):
        arriving[:, head] += under_way[:, link]
    return Position(state.stock[0, network.nodes], arriving)


def reach(network: Network) -> int:
    """Lead times of the slowest way from the outside to a node together."""
    arrives = np.zeros(network.size, np.int64)
    for _ in range(network.size):  # ways have at most as many links as there are nodes
        before = np.where(network.tail >= 0, arrives[network.tail], 0)
        np.maximum.at(arrives, network.head, before + network.lead_time)
    return int(arrives.max(initial=0))


def _independent(path: StockPath, row: int) -> Network:
    items = np.arange(path.scale.shape[1])
    same: dict[str, Any] = {name: getattr(path, name)[row] for name in _SAME_IN_BOTH}
    zeros = np.zeros(len(items))
    return Network(
        **same,
        keep=path.keep[row],
        stock=zeros,
        scale=path.scale[row],
        spread=np.full(len(items), np.nan),
        tail=np.full_like(items, -1),
        head=items,
        unit_cost=zeros,
        transit=zeros,
        capacity=np.full(len(items), np.inf),
        nodes=items,
        links=items,
        width=len(items),
        decided=slice(int(path.start[row]), None),
        warmup=int(path.warmup[row]),
    )


def _supply(path: SupplyPath, row: int) -> Network:
    nodes, links = np.flatnonzero(path.nodes[row] != NOBODY), np.flatnonzero(path.exists[row])
    place = np.full(path.nodes.shape[1] + 1, -1)  # the last entry is where an outside supplier's -1 leads
    place[nodes] = np.arange(len(nodes))
    at = {"holding": nodes, "penalty": nodes, "lost": nodes, "stock": nodes, "spread": nodes}
    at |= dict.fromkeys(("lead_time", "unit_cost", "transit", "fixed", "capacity", "lot"), links)
    own: dict[str, Any] = {name: getattr(path, name)[row, places] for name, places in at.items()}
    return Network(
        **own,
        keep=np.ones(len(nodes)),
        scale=path.node_scale[row, nodes],
        tail=place[path.tail[row, links]],
        head=place[path.head[row, links]],
        nodes=nodes,
        links=links,
        width=path.tail.shape[1],
        decided=slice(0, int(path.horizon[row])),
        warmup=int(path.warmup[row]),
    )
