"""The picture of one plan: what the machines do, the stock of the items they are for, and what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from headway.domains.inventory.lot_sizing.evaluate import replay
from headway.domains.inventory.lot_sizing.instance import PlantPath
from headway.domains.inventory.lot_sizing.plan import Plan

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from headway.domains.inventory.lot_sizing.problem import LotSizing

# One for each of the items whose absence costs most; the others share the last.
_COLOURS = (
    "#1f5fa8",
    "#d9822b",
    "#3a8f4b",
    "#b5523b",
    "#7a5aa6",
    "#8a6b52",
    "#cf6fb0",
    "#a3a832",
    "#2fa9b5",
    "#39424e",
)
_OTHER = "#c9c9c9"
_CHEAP = 0.5  # of the dearest item's cost of absence: less is grey


def render(problem: LotSizing, path: PlantPath, solution: Plan) -> Figure:
    """Three panels over the periods for a batch of one; machines, items and periods count from 1."""
    from matplotlib.figure import Figure

    evaluation = problem.evaluate(path, solution)
    figure = Figure(figsize=(10, 3.9 + 0.32 * path.machines), layout="constrained")
    heights = (0.5 + 0.32 * path.machines, 2.0, 1.4)
    gantt, stock, cost = figure.subplots(3, 1, sharex=True, height_ratios=heights)
    colours = _colours(path)
    _gantt(gantt, path, solution, colours)
    _stock(stock, path, solution, colours)
    periods = np.arange(1, path.demand.shape[1] + 1)
    parts = {name: evaluation.series[f"{name}_cost"][0] for name in ("penalty", "holding", "setup")}
    labels = ("lost sales", "holding", "set-ups")
    cost.stackplot(periods, *parts.values(), labels=labels, step="mid", colors=("#b5523b", "#8fb3d1", "#4f4f4f"))
    cost.set_ylabel("cost")
    cost.set_xlabel("period")
    cost.set_xlim(0.5, periods[-1] + 0.5)
    cost.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=8)
    total, changes = evaluation.objective[0], evaluation.metrics["changes"][0]
    shares = ", ".join(f"{label} {part.sum():.0f}" for label, part in zip(labels, parts.values(), strict=True))
    gantt.set_title(f"cost {total:.0f} ({shares}), {changes:.0f} changes", loc="left", fontsize=10)
    for axes in (stock, cost):
        axes.grid(alpha=0.25)
    for axes in (gantt, stock, cost):
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def _colours(path: PlantPath) -> dict[int, str]:
    """A colour for each of the items whose absence costs most, by number."""
    absence = path.penalty[0] * path.mean[0]
    dearest = np.argsort(-absence, kind="stable")[: len(_COLOURS)]
    shown = sorted(int(item) for item in dearest if absence[item] >= _CHEAP * absence.max())
    return {item + 1: colour for item, colour in zip(shown, _COLOURS, strict=False)}


def _gantt(axes: Axes, path: PlantPath, solution: Plan, colours: dict[int, str]) -> None:
    """A bar for each run of an item on a machine, with the item's number; idle periods stay empty."""
    for m, row in enumerate(solution.item[0].T, 1):
        ends = np.append(np.flatnonzero(np.diff(row)) + 1, len(row))
        for begin, end in zip([0, *ends[:-1]], ends, strict=True):
            item = int(row[begin])
            if not item:
                continue
            axes.barh(m, end - begin, left=begin + 0.5, height=0.8, color=colours.get(item, _OTHER), ec="white", lw=0.6)
            if end - begin > 1:
                axes.text((begin + end) / 2 + 0.5, m, str(item), ha="center", va="center", fontsize=7, color="white")
    axes.set_yticks(range(1, path.machines + 1))
    axes.set_ylim(path.machines + 0.6, 0.4)
    axes.set_ylabel("machine")
    axes.tick_params(length=0)


def _stock(axes: Axes, path: PlantPath, solution: Plan, colours: dict[int, str]) -> None:
    """Stock at the end of each period, in periods of demand; items without a colour grey and thin."""
    ledger = replay(path, np.clip(solution.item, 0, path.items))
    cover = ledger.stock[0] / path.mean[0]
    periods = np.arange(1, len(cover) + 1)
    others = [item for item in range(1, path.items + 1) if item not in colours]
    axes.plot(periods, cover[:, [item - 1 for item in others]], color=_OTHER, lw=0.7)
    for item, colour in colours.items():
        axes.plot(periods, cover[:, item - 1], label=f"item {item}", color=colour, lw=1.2)
    axes.set_ylabel("stock, periods of demand")
    axes.set_ylim(bottom=0)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=8)
