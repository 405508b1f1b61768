"""The picture of one solution: wealth beside 1/N, and what the account holds over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from headway.domains.portfolio.market.instance import CASH, PricePath
from headway.domains.portfolio.trading.reference import equal_weight
from headway.domains.portfolio.trading.solution import Lots

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from headway.domains.portfolio.trading.problem import Trading

_SHOWN = 8  # assets with a colour of their own; the others share one


def render(problem: Trading, path: PricePath, solution: Lots) -> Figure:
    """Two panels for a batch of one."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import StrMethodFormatter

    figure = Figure(figsize=(9, 6), layout="constrained")
    wealth, shares = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    dates = path.dates[0, path.first + 1 :]
    ours, theirs = problem.evaluate(path, solution), problem.evaluate(path, equal_weight(problem, path))
    for found, colour, label in ((theirs, "#9a9a9a", "1/N in lots"), (ours, "#1f5fa8", "solution")):
        wealth.plot(dates, problem.capital * found.series["wealth"][0], color=colour, label=label, lw=1.1)
    growth, sharpe = (float(ours.metrics[name][0]) for name in ("annual_return", "sharpe"))
    wealth.set_title(f"net growth {growth:.1%} a year, Sharpe ratio {sharpe:.2f}", loc="left", fontsize=10)
    wealth.set_ylabel("net wealth, currency")
    wealth.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    wealth.legend(loc="upper left", frameon=False)
    _positions(shares, problem, path, solution)
    for axes in (wealth, shares):
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def _positions(axes: Axes, problem: Trading, path: PricePath, solution: Lots) -> None:
    """Shares of wealth at each decision and at the end: the largest by name, the rest together, then cash."""
    held = 100 * _held(problem, path, solution)
    dates = np.append(solution.dates[0], path.dates[0, -1])
    largest = np.argsort(-held[:, :-1].mean(axis=0), kind="stable")[:_SHOWN]
    others = np.delete(held[:, :-1], largest, axis=1).sum(axis=1)
    layers = np.stack([*held[:, largest].T, others, held[:, -1]])
    colours = [f"C{i}" for i in range(len(largest))] + ["#d5d5d5", "#f1ead2"]
    names = [*path.assets[0, largest], "others", CASH]
    axes.stackplot(dates, layers, labels=names, colors=colours, step="post", alpha=0.85)
    axes.set_ylabel("held at decisions, %")
    axes.set_ylim(0, 100)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=8)


def _held(problem: Trading, path: PricePath, solution: Lots) -> np.ndarray:
    """Shares of wealth [D + 1, N + 1] at each decision and at the end."""
    environment = problem.environment()
    params = environment.prepare(path)
    state = environment.reset(params)
    rows = [state.weights[0]]
    for order in solution.lots[0]:
        state = environment.step(params, state, order[None]).state
        rows.append(state.weights[0])
    return np.array(rows)
