"""The picture of one solution: stock by age, demand, orders, shortage and waste over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from headway.domains.inventory.perishable.evaluate import replay
from headway.domains.inventory.perishable.instance import AgedPath
from headway.domains.inventory.stock.orders import Orders

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from headway.domains.inventory.perishable.problem import Perishable

SHOWN = 60  # counted periods; more would be too thin to see
_DEMAND, _ORDERS, _SHORT, _WASTE = "#222222", "#1f5fa8", "#c8372d", "#7a5230"


def render(problem: Perishable, path: AgedPath, solution: Orders) -> Figure:
    """Two panels for a batch of one, items added up: what was on hand, and what was ordered, lost and wasted."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 6), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    first = int(path.warmup[0])
    shown = slice(first, min(first + SHOWN, path.horizon))
    periods = np.arange(shown.start, shown.stop) + path.first
    ledger = replay(path, solution.quantity)
    series: dict[str, Any] = {name: getattr(ledger, name)[0, shown].sum(axis=1) for name in ("short", "wasted")}
    _ages(above, periods, ledger.stock[0, shown].sum(axis=1))
    demand, orders = path.demand[0, path.first :][shown].sum(axis=1), solution.quantity[0, shown].sum(axis=1)
    above.step(periods, demand, where="mid", color=_DEMAND, lw=1.2, label="demand")
    below.step(periods, orders, where="mid", color=_ORDERS, lw=1.2, label="ordered")
    below.bar(periods, -series["short"], width=0.9, color=_SHORT, label="short")
    below.bar(periods, -series["wasted"], width=0.9, bottom=-series["short"], color=_WASTE, label="wasted")
    below.axhline(0, color="#888888", lw=0.6)
    found = problem.evaluate(path, solution)
    shares = {name: float(found.metrics[name][0]) for name in ("fill_rate", "waste_share")}
    title = f"cost {found.objective[0]:.3f} a period, {shares['fill_rate']:.1%} of demand met, "
    above.set_title(f"{title}{shares['waste_share']:.1%} of orders wasted", loc="left", fontsize=10)
    above.set_ylabel("on hand before demand, units")
    below.set_ylabel("ordered; short, wasted (down)")
    below.set_xlabel("period")
    for axes in (above, below):
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=8)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", alpha=0.25)
    return figure


def _ages(axes: Axes, periods: Any, stock: Any) -> None:
    """Stock [D, M] as stacked bars, the oldest at the bottom and darkest."""
    from matplotlib import colormaps

    life, floor = stock.shape[1], np.zeros(len(periods))
    for left in range(life):
        colour = colormaps["YlOrBr"](0.85 - 0.65 * left / max(life - 1, 1))
        name = "last period" if left == 0 else f"{left + 1} periods left"
        axes.bar(periods, stock[:, left], bottom=floor, width=0.9, color=colour, label=name)
        floor = floor + stock[:, left]
