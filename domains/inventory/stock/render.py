"""The picture of one solution: stock, pipeline, demand and orders over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from headway.domains.inventory.stock.evaluate import Ledger, replay
from headway.domains.inventory.stock.instance import StockPath
from headway.domains.inventory.stock.orders import Orders

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from headway.domains.inventory.stock.problem import StockProblem

SHOWN = 120  # periods at most, the last ones: more are a smear
STOCK, PIPELINE, DEMAND, ORDER, SHORT = "#1f5fa8", "#a9c4e2", "#404040", "#e08a1e", "#c0392b"


def render(problem: StockProblem, path: StockPath, solution: Orders) -> Figure:
    """Two panels for a batch of one; several items are added up."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 6), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    shown = slice(max(path.horizon - SHOWN, 0), None)
    periods = _periods(path)[shown]
    quantity = np.nan_to_num(solution.quantity, nan=0.0, posinf=0.0, neginf=0.0)
    ledger = Ledger(*(array[0, shown].sum(axis=1) for array in replay(path, quantity)))
    _stock(above, periods, ledger)
    _flows(
        below, periods, path.demand[0, path.first :][shown].sum(axis=1), quantity[0, shown].sum(axis=1), ledger.short
    )
    verdict = problem.evaluate(path, solution)
    cost, fill = float(verdict.objective[0]), float(verdict.metrics["fill_rate"][0])
    items = "" if path.items.shape[1] == 1 else f", {path.items.shape[1]} items together"
    above.set_title(f"cost per period {cost:,.2f}, fill rate {fill:.1%}{items}", loc="left", fontsize=10)
    for axes in (above, below):
        axes.grid(alpha=0.25)
        axes.margins(x=0.01)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=9)
    return figure


def _periods(path: StockPath) -> NDArray[Any]:
    """What the horizontal axis shows of each decided period: its date, or its number."""
    dates: NDArray[Any] = path.dates[0, path.first : path.length]
    return np.arange(path.first, path.length) if np.isnat(dates[0]) else dates


def _stock(axes: Axes, periods: NDArray[Any], ledger: Ledger) -> None:
    """On hand when demand comes and what is on order above it, as steps; what is owed hangs below zero."""
    on_hand, owed = np.maximum(ledger.available, 0), np.minimum(ledger.available, 0)
    axes.fill_between(periods, on_hand, on_hand + ledger.on_order, step="mid", color=PIPELINE, label="on order", lw=0)
    axes.fill_between(periods, 0, on_hand, step="mid", color=STOCK, alpha=0.85, label="on hand", lw=0)
    if owed.any():
        axes.fill_between(periods, owed, 0, step="mid", color=SHORT, alpha=0.6, label="owed", lw=0)
    axes.set_ylabel("stock before demand, units")


def _flows(axes: Axes, periods: NDArray[Any], demand: NDArray[Any], orders: NDArray[Any], short: NDArray[Any]) -> None:
    axes.bar(periods, demand, width=0.8, color="#c9c9c9", label="demand")
    missed = np.minimum(short, demand)
    if missed.any():
        axes.bar(periods, missed, bottom=demand - missed, width=0.8, color=SHORT, alpha=0.75, label="not met at once")
    axes.step(periods, orders, where="mid", color=ORDER, lw=1.4, label="orders")
    axes.set_ylabel("units per period")
    axes.set_xlabel("period" if periods.dtype.kind == "i" else "")
