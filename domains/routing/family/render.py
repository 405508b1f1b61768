"""A picture of routes on the plane."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from headway.domains.routing.family.instance import Floats, RoutingInstance
from headway.domains.routing.family.solution import Routes
from headway.evaluation import Evaluation


def draw(instance: RoutingInstance, solution: Routes, evaluation: Evaluation) -> Figure:
    """The routes of one solution (a batch of one), a colour each; its cost, and what is wrong, above. Depots are
    squares, pickups triangles, customers left out hollow.
    """
    figure = Figure(figsize=(6, 6), layout="constrained")
    axes = figure.add_subplot()
    customers, depots = int(instance.customers[0]), int(instance.depots[0])
    places = instance.coords[0, : customers + depots]
    colours = colormaps["tab20"].colors  # type: ignore[attr-defined]
    for k, (depot, route) in enumerate(solution.leaving()):
        known = [node for node in route if node <= customers]
        home = customers + depot if 0 < depot < depots else 0
        _draw_route(axes, places[[home, *known, home]], colours[k % len(colours)], bool(instance.open[0]))
    _draw_customers(axes, instance, solution)
    x, y = places[[0, *range(customers + 1, customers + depots)]].T
    axes.scatter(x, y, s=70, marker="s", color="black", zorder=3)
    axes.set_title(_title(instance, evaluation), fontsize=10)
    axes.set_aspect("equal")
    axes.set_axis_off()
    return figure


def _draw_route(axes: Axes, path: Floats, colour: tuple[float, ...], open_: bool) -> None:
    axes.plot(*path[1:-1].T, color=colour, linewidth=1.8, zorder=1)
    # The legs from and to the depot cross everything: they are drawn thin, so that the clusters stand out.
    for leg in [path[:2]] if open_ else [path[:2], path[-2:]]:
        axes.plot(*leg.T, color=colour, linewidth=0.7, linestyle=":", zorder=1)


def _draw_customers(axes: Axes, instance: RoutingInstance, solution: Routes) -> None:
    node = np.arange(1, int(instance.customers[0]) + 1)
    visited, collects = np.isin(node, solution.visits[0]), instance.pickup[0, node] > 0
    styles: list[tuple[NDArray[np.bool_], dict[str, Any]]] = [
        (visited & ~collects, {"marker": "o", "color": "0.25", "s": 14}),
        (visited & collects, {"marker": "^", "color": "0.25", "s": 20}),
        (~visited, {"marker": "o", "facecolors": "none", "edgecolors": "0.4", "s": 22}),
    ]
    for chosen, style in styles:
        x, y = instance.coords[0, node[chosen]].T
        axes.scatter(x, y, zorder=2, **style)


def _title(instance: RoutingInstance, evaluation: Evaluation) -> str:
    broken = [f"{name} {amount[0]:g}" for name, amount in evaluation.violations.items() if amount[0] > 0]
    routes = int(evaluation.metrics["routes"][0])
    cost = np.format_float_positional(evaluation.objective[0], precision=4, trim="-")
    lost = int(evaluation.metrics["left_out"][0])
    title = f"{instance.name[0]}: {'cost' if lost else 'distance'} {cost}, {routes} routes"
    title += f", {lost} left out" if lost else ""
    return f"{title}\ninfeasible: {', '.join(broken)}" if broken else title
