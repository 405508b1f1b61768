"""Networks by name, as node-link data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Data = dict[str, Any]

_STORE = {"demand": {"law": "poisson", "mean": 5.0}, "holding": 1.0, "penalty": 9.0, "lost": True}


def tree() -> Data:
    """One factory, three warehouses with three stores each: 13 nodes."""
    nodes: list[Data] = [{"id": "supplier", "outside": True}, {"id": "factory", "holding": 0.2}]
    links = [_link("supplier", "factory", 2)]
    for w in range(1, 4):
        nodes.append({"id": f"warehouse {w}", "holding": 0.5})
        links.append(_link("factory", f"warehouse {w}", 2))
        for s in range(3 * w - 2, 3 * w + 1):
            nodes.append({"id": f"store {s}", **_STORE})
            links.append(_link(f"warehouse {w}", f"store {s}", 1))
    return _data(nodes, links)


def diamond() -> Data:
    """A plant, a cross-dock (dear to hold stock at) and a depot beside it, both on the way to the same four stores."""
    nodes: list[Data] = [{"id": "supplier", "outside": True}, {"id": "plant", "holding": 0.2}]
    nodes += [{"id": "cross-dock", "holding": 0.8}, {"id": "depot", "holding": 0.4}]
    links = [_link("supplier", "plant", 2), _link("plant", "cross-dock", 1), _link("plant", "depot", 3)]
    for s in range(1, 5):
        nodes.append({"id": f"store {s}", **_STORE})
        links += [_link("cross-dock", f"store {s}", 1), _link("depot", f"store {s}", 2)]
    return _data(nodes, links)


def two_warehouses() -> Data:
    """Two warehouses, ten stores: four are supplied by either warehouse alone, two by both."""
    nodes: list[Data] = [{"id": "supplier 1", "outside": True}, {"id": "supplier 2", "outside": True}]
    nodes += [{"id": "warehouse 1", "holding": 0.3}, {"id": "warehouse 2", "holding": 0.3}]
    links = [_link("supplier 1", "warehouse 1", 3), _link("supplier 2", "warehouse 2", 5)]
    for s in range(1, 11):
        nodes.append({"id": f"store {s}", **_STORE})
        near = [1] if s <= 4 else [2] if s >= 7 else [1, 2]
        links += [_link(f"warehouse {w}", f"store {s}", 1 + w) for w in near]
    return _data(nodes, links)


CATALOGUE: Mapping[str, Callable[[], Data]] = {"tree": tree, "diamond": diamond, "two_warehouses": two_warehouses}


def _link(source: str, target: str, lead_time: int) -> Data:
    return {"source": source, "target": target, "lead_time": lead_time}


def _data(nodes: list[Data], links: list[Data]) -> Data:
    return {"directed": True, "multigraph": False, "graph": {}, "nodes": nodes, "edges": links}
