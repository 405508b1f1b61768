"""A picture of a dispatched day: a map of each wave."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from headway.domains.routing.dynamic.instance import Day, Dispatches
from headway.domains.routing.family.solution import Routes
from headway.evaluation import Evaluation

COLUMNS = 4  # maps side by side


def draw(day: Day, solution: Dispatches, evaluation: Evaluation) -> Figure:
    """The routes of each wave (batches of one); hollow rings wait, dots have gone with this wave, grey ones before."""
    waves = int(day.waves[0])
    rows = -(-waves // COLUMNS)
    figure = Figure(figsize=(3 * min(waves, COLUMNS), 3.2 * rows), layout="constrained")
    axes = figure.subplots(rows, min(waves, COLUMNS), squeeze=False).ravel()
    routes = Routes(solution.visits[:1]).routes()
    for wave in range(waves):
        _draw_wave(axes[wave], day, solution, [r for r in routes if _leaves(solution, r) == wave], wave)
    for spare in axes[waves:]:
        spare.set_axis_off()
    broken = [f"{name} {amount[0]:g}" for name, amount in evaluation.violations.items() if amount[0] > 0]
    figure.suptitle(
        f"{day.name[0]}: distance {evaluation.objective[0]:.4g}"
        + (f"\ninfeasible: {', '.join(broken)}" if broken else ""),
        fontsize=10,
    )
    return figure


def _leaves(solution: Dispatches, route: list[int]) -> int:
    return int(solution.wave[0, route[0]]) if route[0] < solution.wave.shape[1] else -1


def _draw_wave(axes: Axes, day: Day, solution: Dispatches, routes: list[list[int]], wave: int) -> None:
    places, known, taken = day.coords[0], day.known(wave)[0], solution.wave[0]
    colours = colormaps["tab10"].colors  # type: ignore[attr-defined]
    for k, route in enumerate(routes):
        path = places[[0, *(node for node in route if node < len(places)), 0]]
        axes.plot(*path.T, color=colours[k % len(colours)], linewidth=1.5, zorder=1)
    styles: list[tuple[NDArray[np.bool_], dict[str, Any]]] = [
        (known & (taken < wave), {"color": "0.8", "s": 8}),
        (known & (taken == wave), {"color": "0.2", "s": 12}),
        (known & (taken > wave), {"facecolors": "none", "edgecolors": "tab:red", "s": 18}),
    ]
    for mask, style in styles:
        x, y = places[mask].T
        axes.scatter(x, y, zorder=2, **style)
    axes.scatter(places[:1, 0], places[:1, 1], s=45, marker="s", color="black", zorder=3)
    length = f"wave {wave}: {len(routes)} routes, {int((known & (taken > wave)).sum())} wait"
    axes.set_title(length, fontsize=8)
    axes.set_aspect("equal")
    axes.set_axis_off()
