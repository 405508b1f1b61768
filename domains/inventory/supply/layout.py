"""One supply network without a demand path: what all instances of a problem have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from headway.domains.inventory.demand.continuous import Continuous
from headway.domains.inventory.demand.distribution import Distribution
from headway.domains.inventory.demand.families import Normal
from headway.domains.inventory.supply.instance import OUTSIDE, SupplyPath
from headway.domains.inventory.supply.structure import flows

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Node:
    """A stocking point: its costs per unit and period, and the law of its customers' demand (None: none).

    ``stock`` is what is on hand at the start, units; None: what covers the lead time.
    """

    name: str
    holding: float = 0.0
    penalty: float = 0.0
    lost: bool = False
    demand: Distribution | None = None
    stock: float | None = None


@dataclass(frozen=True)
class Link:
    """A way from node ``tail`` (None: an outside supplier) to node ``head``; the fields are those of `SupplyPath`."""

    tail: str | None
    head: str
    lead_time: int = 0
    unit_cost: float = 0.0
    transit: float = 0.0
    fixed: float = 0.0
    capacity: float = np.inf
    lot: float = 0.0


@dataclass(frozen=True)
class Layout:
    """Nodes and links, in the order of an instance's axes."""

    nodes: Sequence[Node]
    links: Sequence[Link]
    covered: float = 1.0  # first stock, in usual demands of one period and the lead time

    @cached_property
    def places(self) -> dict[str, int]:
        """Where on the axis a node is, by its name."""
        return {node.name: i for i, node in enumerate(self.nodes)}

    @property
    def tail(self) -> NDArray[np.int64]:
        """int64 [E], -1 for outside suppliers."""
        return np.array([OUTSIDE if link.tail is None else self.places[link.tail] for link in self.links], np.int64)

    @property
    def head(self) -> NDArray[np.int64]:
        """int64 [E]."""
        return np.array([self.places[link.head] for link in self.links], np.int64)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """The fields of an instance that are not of its demand path, without a batch axis."""
        nodes = {f: np.array([getattr(n, f) for n in self.nodes]) for f in ("holding", "penalty", "lost")}
        costs = ("unit_cost", "transit", "fixed", "capacity", "lot")
        links = {f: np.array([getattr(link, f) for link in self.links], np.float64) for f in costs}
        lead_time = np.array([link.lead_time for link in self.links], np.int64)
        mean, std = np.array([moments(node.demand) for node in self.nodes]).T
        scale, spread = flows(self.tail, self.head, mean), np.sqrt(flows(self.tail, self.head, std**2))
        scale = np.where(scale > 0, scale, 1.0)  # goods that nobody asks for
        return {
            "nodes": np.array([n.name for n in self.nodes]),
            "holding": nodes["holding"].astype(np.float64),
            "penalty": nodes["penalty"].astype(np.float64),
            "lost": nodes["lost"].astype(bool),
            "stock": self._first_stock(scale, lead_time, links["lot"]),
            "node_scale": scale,
            "spread": spread,
            "tail": self.tail,
            "head": self.head,
            "lead_time": lead_time,
            "edge_scale": scale[self.head],
            **links,
        }

    def demand(self, rng: np.random.Generator, n: int, periods: int) -> Floats:
        """float64 [n, T, N], independent over nodes."""
        out = np.zeros((n, periods, len(self.nodes)))
        left = [i for i, node in enumerate(self.nodes) if node.demand]
        while left:  # nodes of equal law are drawn together
            law = self.nodes[left[0]].demand
            places = [i for i in left if self.nodes[i].demand == law]
            left = [i for i in left if i not in places]
            if law is not None:
                out[:, :, places] = law.sample(rng, (n, periods, len(places)))
        return out

    def path(self, rng: np.random.Generator, n: int, periods: int, warmup: int) -> SupplyPath:
        """``n`` instances of ``periods`` periods."""
        return SupplyPath.of(self.demand(rng, n, periods), **self.arrays(), warmup=warmup, horizon=periods)

    def _first_stock(self, scale: Floats, lead_time: NDArray[np.int64], lot: Floats) -> Floats:
        """What is given, or usual demand over lead time and one period more; whole where lots are whole."""
        longest, largest = np.zeros(len(self.nodes), np.int64), np.zeros(len(self.nodes))
        np.maximum.at(longest, self.head, lead_time)
        np.maximum.at(largest, self.head, lot)
        usual = self.covered * scale * (longest + 1)
        usual = np.where(largest > 0, np.ceil(usual / np.maximum(largest, 1e-12)) * largest, usual)
        given = [node.stock for node in self.nodes]
        return np.array([u if s is None else s for u, s in zip(usual, given, strict=True)], np.float64)


def moments(law: Distribution | None) -> tuple[float, float]:
    """Mean and standard deviation of a period's demand, cut at zero and rounded as it is drawn."""
    if law is None:
        return 0.0, 0.0
    if not isinstance(law, Continuous) or (isinstance(law, Normal) and not law.clip):
        return law.mean, law.std
    drawn = law.lattice if law.whole else law.grid(law.step)
    return drawn.mean, drawn.std
