"""Road networks: distances and travel times along shortest paths of a networkx graph."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from headway.domains.routing.family.instance import Floats
from headway.domains.routing.files.table import Table
from headway.errors import InstanceError

if TYPE_CHECKING:
    import networkx as nx

LENGTH, TIME = "length", "time"


def on_roads(graph: nx.Graph[Any], nodes: Sequence[Hashable], places: Sequence[str] | None = None) -> dict[str, Floats]:
    """``matrix`` float64 [N, N], and ``duration`` where the roads have times, between nodes [N] of a network.

    Vehicles take the shortest path by ``length``, the quickest of equal ones; the travel time is its sum of
    ``time``. Directed graphs and parallel roads are understood; several customers may be at one node.

    Parameters
    ----------
    places : where each of ``nodes`` was found, for messages

    Raises
    ------
    InstanceError
        A road has no length, or a negative or infinite one; a node is unknown; one cannot be reached from another.
    """
    timed = _check(graph)
    places = places or [f"node {node}" for node in nodes]
    for node, place in zip(nodes, places, strict=True):
        if node not in graph:
            raise InstanceError("the road network lacks a node", where=place, got=repr(node), expected="a node of it")
    length, time = np.zeros((len(nodes), len(nodes))), np.zeros((len(nodes), len(nodes)))
    for row, start in enumerate(nodes):
        reached = _from(graph, start, timed)
        for column, end in enumerate(nodes):
            if end not in reached:
                raise InstanceError(
                    "a place cannot be reached by road", where=places[column], got=f"no path from {start!r} to {end!r}",
                    expected="paths between all depots and customers", hint="one-way roads may lack the other way",
                )  # fmt: skip
            length[row, column], time[row, column] = reached[end]
    return {"matrix": length, "duration": time} if timed else {"matrix": length}


def read_network(path: Path) -> nx.Graph[Any]:
    """A network from GraphML (edges with ``length``, maybe ``time``), or from a CSV of roads.

    CSV: columns ``from``, ``to``, ``length``, and where given ``time`` and ``oneway`` (1: from, to only).

    Raises
    ------
    InstanceError
        With file and line.
    """
    if path.suffix == ".csv":
        return _read_roads(path)
    import networkx as nx

    try:
        return nx.read_graphml(path)
    except OSError as error:
        raise InstanceError("the file cannot be read", where=path, got=error.strerror, expected="a network") from error
    except Exception as error:  # the parser raises what Python and XML raise
        raise InstanceError("the file is no network", where=path, got=error, expected="GraphML, or .csv") from error


def _read_roads(path: Path) -> nx.DiGraph[Any]:
    import networkx as nx

    table = Table.read(path, ("from", "to", LENGTH, TIME, "oneway"))
    graph: nx.DiGraph[Any] = nx.MultiDiGraph()
    weights = {name: table.numbers(name).tolist() for name in (LENGTH, TIME) if name == LENGTH or name in table.header}
    ends = zip(table.texts("from"), table.texts("to"), strict=True)
    for row, ((start, end), oneway) in enumerate(zip(ends, table.flags("oneway"), strict=True)):
        road = {name: values[row] for name, values in weights.items()}
        if not start or not end or min(road.values()) < 0:
            got = f"{start} -> {end} {road}"
            table.refuse("a road is none", table.lines[row], got, "two ends, and no negative length or time")
        graph.add_edge(start, end, **road)
        if not oneway:
            graph.add_edge(end, start, **road)
    return graph


def _check(graph: nx.Graph[Any]) -> bool:
    """All roads have lengths; do all have times?"""
    roads = list(graph.edges(data=True))
    timed = any(TIME in road for *_, road in roads)
    for start, end, road in roads:
        for name in (LENGTH, TIME) if timed else (LENGTH,):
            value = road.get(name)
            if not isinstance(value, (int, float)) or not 0 <= value < float("inf"):
                where, expected = f"road {start} -> {end}", f"`{name}`: a number, not negative"
                raise InstanceError("a road is none", where=where, got=value, expected=expected)
    return timed


def _from(graph: nx.Graph[Any], start: Hashable, timed: bool) -> dict[Hashable, tuple[float, float]]:
    """Length and time of the shortest paths from a node to all others."""
    import networkx as nx

    before, lengths = nx.dijkstra_predecessor_and_distance(graph, start, weight=LENGTH)
    times: dict[Hashable, float] = {}
    for node in lengths:  # the nearest first, so that the nodes before are known
        steps = [times[last] + _time(graph, last, node) for last in before[node]] if timed else []
        times[node] = min(steps, default=0.0)
    return {node: (lengths[node], times[node]) for node in lengths}


def _time(graph: nx.Graph[Any], start: Hashable, end: Hashable) -> float:
    """The time of the shortest of the roads from one node to the next."""
    data = graph.get_edge_data(start, end)
    roads = data.values() if graph.is_multigraph() else [data]
    return float(min(roads, key=lambda road: (road[LENGTH], road[TIME]))[TIME])
