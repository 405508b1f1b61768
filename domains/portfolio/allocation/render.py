"""The picture of one solution: wealth, drawdown and weights over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from headway.domains.portfolio.allocation.reference import reference
from headway.domains.portfolio.allocation.solution import Weights
from headway.domains.portfolio.market.instance import CASH, PricePath

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from headway.domains.portfolio.allocation.problem import Allocation

_SHOWN = 8  # assets with a colour of their own; the others share one
_OURS, _THEIRS = "#1f5fa8", "#9a9a9a"


def render(problem: Allocation, path: PricePath, solution: Weights) -> Figure:
    """Three panels for a batch of one, with 1/N beside the solution in the upper two."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 7.5), layout="constrained")
    wealth, drawdown, weights = figure.subplots(3, 1, sharex=True, height_ratios=(3, 1.5, 2))
    dates = path.dates[0, path.first + 1 :]
    ours = problem.evaluate(path, solution)
    theirs = problem.evaluate(path, reference(problem, path))
    for evaluation, colour, label, width in ((theirs, _THEIRS, "1/N", 0.9), (ours, _OURS, "solution", 1.2)):
        wealth.plot(dates, evaluation.series["wealth"][0], color=colour, label=label, lw=width)
        drawdown.plot(dates, -100 * evaluation.series["drawdown"][0], color=colour, lw=width)
    _scale_wealth(wealth, float(ours.metrics["annual_return"][0]), float(ours.metrics["sharpe"][0]))
    drawdown.set_ylabel("drawdown, %")
    _stack(weights, path, solution)
    for axes in (wealth, drawdown, weights):
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def _scale_wealth(axes: Axes, growth: float, sharpe: float) -> None:
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(base=10, subs=(1.0, 2.0, 3.0, 5.0)))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_ylabel("net wealth (start = 1, log)")
    axes.set_title(f"net growth {growth:.1%} a year, Sharpe ratio {sharpe:.2f}", loc="left", fontsize=10)
    axes.legend(loc="upper left", frameon=False)


def _stack(axes: Axes, path: PricePath, solution: Weights) -> None:
    """Ordered weights as stacked steps: the largest by name, the rest together, then cash; shorts hang below."""
    ordered = (solution.weights[0] != 0).any(axis=1)
    held = 100 * solution.weights[0, ordered]
    dates = np.append(solution.dates[0, ordered], path.dates[0, -1])
    held = np.concatenate([held, held[-1:]])  # the last order stands until the end
    largest = np.argsort(-np.abs(held[:, :-1]).mean(axis=0), kind="stable")[:_SHOWN]
    names = [*path.assets[0, largest], "others", CASH]
    colours = [f"C{i}" for i in range(len(largest))] + ["#d5d5d5", "#f1ead2"]
    for side, labels in ((np.maximum(held, 0), names), (np.minimum(held, 0), ())):
        if side.any():
            layers = _layers(side, largest)
            axes.stackplot(dates, layers, labels=labels, colors=colours, step="post", alpha=0.85)
    axes.set_ylabel("ordered weights, %")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=8)


def _layers(held: NDArray[np.float64], largest: NDArray[np.intp]) -> NDArray[np.float64]:
    """Rows: the largest assets one by one, the sum of the others, cash; from weights [D, N + 1]."""
    others = np.delete(held[:, :-1], largest, axis=1).sum(axis=1)
    return np.stack([*held[:, largest].T, others, held[:, -1]])
