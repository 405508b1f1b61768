"""Supply networks from and to networkx, and from files that networkx and others write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from headway.domains.inventory.supply.instance import NOBODY, SupplyPath
from headway.errors import DataError

if TYPE_CHECKING:
    import networkx as nx

NODE_FIELDS = ("holding", "penalty", "lost", "stock")
LINK_FIELDS = ("lead_time", "unit_cost", "transit", "fixed", "capacity", "lot")
SUFFIXES = (".json", ".graphml")


def node_link(graph: nx.DiGraph) -> dict[str, Any]:
    """A networkx graph as node-link data: plain numbers, strings and lists."""
    import networkx as nx

    data: dict[str, Any] = json.loads(json.dumps(nx.node_link_data(graph, edges="edges"), default=_plain))
    return data


def read(file: Path) -> dict[str, Any]:
    """Node-link data from a ``.json`` (networkx's node-link format) or ``.graphml`` file.

    Raises
    ------
    DataError
        The file is missing, of another kind, or cannot be parsed; with the line where the parser tells it.
    """
    if file.suffix not in SUFFIXES:
        raise DataError("a file of another kind", where=file, got=file.suffix, expected=" or ".join(SUFFIXES))
    import networkx as nx

    try:
        if file.suffix == ".graphml":
            return node_link(nx.read_graphml(file))
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError, nx.NetworkXError, KeyError) as error:
        raise DataError("the graph cannot be read", where=file, got=error, expected="a graph file") from error
    if not isinstance(data, dict):
        raise DataError("the graph cannot be read", where=file, got=type(data).__name__, expected="node-link data")
    return data


def to_networkx(path: SupplyPath, row: int = 0) -> nx.DiGraph:
    """One row's network. Demand is a path, not a law, and is left out; outside suppliers become nodes.

    A `MultiDiGraph` where two links have the same ends.
    """
    import networkx as nx

    names = [str(name) for name in path.nodes[row]]
    links = np.flatnonzero(path.exists[row])
    inside = [(int(path.tail[row, e]), int(path.head[row, e])) for e in links if path.tail[row, e] >= 0]
    graph: nx.DiGraph = nx.MultiDiGraph() if len(set(inside)) < len(inside) else nx.DiGraph()
    for i, name in enumerate(names):
        if name != NOBODY:
            graph.add_node(name, **{field: getattr(path, field)[row, i].item() for field in NODE_FIELDS})
    suppliers = [e for e in links if path.tail[row, e] < 0]
    for e in links:
        tail = int(path.tail[row, e])
        start = names[tail] if tail >= 0 else _supplier(suppliers.index(e), len(suppliers))
        if tail < 0:
            graph.add_node(start, outside=True)
        graph.add_edge(start, names[path.head[row, e]], **{f: getattr(path, f)[row, e].item() for f in LINK_FIELDS})
    return graph


def _supplier(i: int, n: int) -> str:
    return "outside" if n == 1 else f"outside {i + 1}"


def _plain(value: Any) -> Any:
    """numpy's numbers as Python's."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"an attribute that is no number, string or mapping: {value!r}")
