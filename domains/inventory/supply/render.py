"""The picture of one solution: the network, and what is on hand, shipped and demanded over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from headway.domains.inventory.supply.evaluate import Ledger, replay
from headway.domains.inventory.supply.graph import to_networkx
from headway.domains.inventory.supply.instance import NOBODY, SupplyPath
from headway.domains.inventory.supply.shipments import Shipments

if TYPE_CHECKING:
    import networkx as nx
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from headway.domains.inventory.supply.base import SupplyProblem

_COLOURS = ("#1f5fa8", "#c8742c", "#4c8c4a", "#8a5fa8", "#9a7b4f", "#4f8f9a")  # by distance from the customers
_OUTSIDE, _SHORT = "#c9c9c9", "#b03030"


def render(problem: SupplyProblem, path: SupplyPath, solution: Shipments) -> Figure:
    """Four panels for a batch of one; nodes as far from the customers have the same colour."""
    from matplotlib.figure import Figure

    path = path[0]
    figure = Figure(figsize=(12, 7.5), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(1, 1.5), squeeze=False)[0]
    graph = to_networkx(path)
    layers = _layers(graph)
    _draw(left.subplots(), graph, layers)
    stock, shipped, demand = right.subplots(3, 1, sharex=True)
    ledger = replay(path, solution.quantity)
    colours = [_colour(layers.get(str(name), 0)) for name in path.nodes[0] if name != NOBODY]
    periods, begin = slice(int(path.horizon[0])), int(path.warmup[0])
    _lines(stock, ledger.left[0, periods, : len(colours)], colours, begin, ["-"] * len(colours))
    stock.axhline(0, color="black", lw=0.6)
    stock.set_ylabel("left at the end of a period")
    heads = [int(head) for head in path.head[0, path.exists[0]]]
    styles = ["-" if head not in heads[:e] else "--" for e, head in enumerate(heads)]
    _lines(shipped, solution.quantity[0, periods, : len(heads)], [colours[h] for h in heads], begin, styles)
    shipped.set_ylabel(
        "shipped, by destination\n(dashed: its second supplier)" if "--" in styles else "shipped, by destination"
    )
    _demand(demand, path, ledger)
    objective = problem.evaluate(path, solution).objective[0]
    stock.set_title(f"{problem.name}: {objective:.4g} per period, from period {begin} on", loc="left", fontsize=10)
    for axes in (stock, shipped, demand):
        axes.axvline(begin, color="black", lw=0.6, ls=":")
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def _layers(graph: nx.DiGraph) -> dict[str, int]:
    """Links from each node to its farthest customer; outside suppliers are one layer above all others."""
    import networkx as nx

    layers: dict[str, int] = {}
    for name in reversed(list(nx.topological_sort(graph))):
        layers[name] = 1 + max((layers[other] for other in graph.successors(name)), default=-1)
    top = max(layers.values())
    return {name: top if graph.nodes[name].get("outside") else layer for name, layer in layers.items()}


def _draw(axes: Axes, graph: nx.DiGraph, layers: dict[str, int]) -> None:
    """The network from left to right, lead times on its links."""
    import networkx as nx

    places = _places(graph, layers)
    outside = [name for name in graph if graph.nodes[name].get("outside")]
    colours = [_OUTSIDE if name in outside else _colour(layers[name]) for name in graph]
    nx.draw_networkx_nodes(graph, places, node_color=colours, node_size=200, ax=axes)
    nx.draw_networkx_edges(graph, places, edge_color="#888888", ax=axes, arrowsize=9, node_size=200)
    times = {(a, b): f"{data['lead_time']}" for a, b, data in graph.edges(data=True)}
    nx.draw_networkx_edge_labels(graph, places, edge_labels=times, font_size=7, ax=axes, rotate=False, label_pos=0.4)
    for name, place in places.items():
        axes.annotate(name, place, (0, 9), textcoords="offset points", ha="center", fontsize=8)
    axes.set_title("supply network, lead times on its links", loc="left", fontsize=10)
    axes.margins(0.15, 0.08)
    axes.set_axis_off()


def _places(graph: nx.DiGraph, layers: dict[str, int]) -> dict[str, tuple[float, float]]:
    """Customers in their order from top to bottom, everybody else in the order of whom they supply."""
    places: dict[str, tuple[float, float]] = {}
    for layer in range(max(layers.values()) + 1):
        names = [name for name in graph if layers[name] == layer]
        height = {n: float(np.mean([places[m][1] for m in graph.successors(n)] or [0.0])) for n in names}
        for i, name in enumerate(sorted(names, key=lambda n: -height[n])):
            places[name] = (-float(layer), 0.5 - (i + 0.5) / len(names))
    return places


def _lines(axes: Axes, values: NDArray[np.float64], colours: list[str], begin: int, styles: list[str]) -> None:
    """One step line per column of ``values`` [T, K]; the scale is that of the periods from ``begin`` on."""
    for column, (colour, style) in enumerate(zip(colours, styles, strict=True)):
        axes.step(np.arange(len(values)), values[:, column], style, where="post", color=colour, lw=0.9, alpha=0.75)
    low, high = float(values[begin:].min(initial=0.0)), float(values[begin:].max(initial=0.0))
    axes.set_ylim(low - 0.05 * (high - low), high + 0.05 * (high - low) or 1.0)


def _demand(axes: Axes, path: SupplyPath, ledger: Ledger) -> None:
    """Demand of all customers together, and what could not be served at once."""
    periods = np.arange(path.horizon[0])
    wanted, unserved = (values[0, periods].sum(axis=1) for values in (path.demand, ledger.unserved))
    axes.step(periods, wanted, where="post", color="#555555", lw=0.9, label="demand")
    axes.fill_between(periods, unserved, step="post", color=_SHORT, alpha=0.7, label="not served at once")
    axes.set_ylabel("units a period")
    axes.set_xlabel("period")
    axes.legend(loc="upper right", frameon=False, fontsize=8, ncols=2)


def _colour(layer: int) -> str:
    return _COLOURS[layer % len(_COLOURS)]
