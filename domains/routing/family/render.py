"""A picture of routes on the plane."""

from __future__ import annotations

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from headway.domains.routing.family.instance import Floats, RoutingInstance
from headway.domains.routing.family.solution import Routes
from headway.evaluation import Evaluation


def draw(instance: RoutingInstance, solution: Routes, evaluation: Evaluation) -> Figure:
    """The routes of one solution (a batch of one), a colour each; its cost, and what is wrong with it, above."""
    figure = Figure(figsize=(6, 6), layout="constrained")
    axes = figure.add_subplot()
    places = instance.coords[0, : int(instance.customers[0]) + 1]
    colours = colormaps["tab20"].colors  # type: ignore[attr-defined]
    for k, route in enumerate(solution.routes()):
        known = [node for node in route if 0 < node < len(places)]
        _draw_route(axes, places[[0, *known, 0]], colours[k % len(colours)])
    axes.scatter(places[1:, 0], places[1:, 1], s=14, color="0.25", zorder=2)
    axes.scatter(places[:1, 0], places[:1, 1], s=70, marker="s", color="black", zorder=3)
    axes.set_title(_title(instance, evaluation), fontsize=10)
    axes.set_aspect("equal")
    axes.set_axis_off()
    return figure


def _draw_route(axes: Axes, path: Floats, colour: tuple[float, ...]) -> None:
    axes.plot(*path[1:-1].T, color=colour, linewidth=1.8, zorder=1)
    # The legs from and to the depot cross everything: they are drawn thin, so that the clusters stand out.
    for leg in (path[:2], path[-2:]):
        axes.plot(*leg.T, color=colour, linewidth=0.7, linestyle=":", zorder=1)


def _title(instance: RoutingInstance, evaluation: Evaluation) -> str:
    broken = [f"{name} {amount[0]:g}" for name, amount in evaluation.violations.items() if amount[0] > 0]
    routes = int(evaluation.metrics["routes"][0])
    cost = np.format_float_positional(evaluation.objective[0], precision=4, trim="-")
    title = f"{instance.name[0]}: distance {cost}, {routes} routes"
    return f"{title}\ninfeasible: {', '.join(broken)}" if broken else title
