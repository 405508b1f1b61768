"""Gaps over CPU-seconds of training: all seeds thin, their median thick, hand rules as horizontal lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from headway.pipelines.efficiency.ground import Ground
from headway.pipelines.efficiency.lines import Line, median
from headway.problem import Problem

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GREY = "#8a8a8a"
LETTERS = 0.032  # height of a name, in shares of the axis


def draw(lines: Sequence[Line], ground: Ground, problem: Problem[Any, Any], least: float, file: Path) -> None:
    """Both axes are logarithmic; gaps within ``least`` of zero, which may be below it, are on a linear scale."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    scale = 100.0 if problem.gap == "ratio" else 1.0
    agents = list(dict.fromkeys(line.agent for line in lines))
    for i, agent in enumerate(agents):
        _agent(axes, [line for line in lines if line.agent == agent], f"C{i % 10}", scale)
    rules = {label: scale * ground.gap(problem, mean) for label, mean in ground.rules.items()}
    _scales(axes, lines, list(rules.values()), scale, scale * least)
    _rules(axes, {label: gap for label, gap in rules.items() if np.isfinite(gap)})
    axes.set_xlabel("CPU-seconds of training")
    unit = "%" if problem.gap == "ratio" else problem.unit
    axes.set_ylabel(f"gap to {ground.reference}, {unit}")
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file)


def _agent(axes: Axes, lines: Sequence[Line], colour: str, scale: float) -> None:
    for line in lines:
        axes.step(line.seconds, scale * line.gaps, where="post", lw=0.7, alpha=0.5, color=colour)
    moments, gaps = median(lines)
    axes.step(moments, scale * gaps, where="post", lw=2.2, color=colour, label=lines[0].agent)


def _rules(axes: Axes, gaps: dict[str, float]) -> None:
    """A line each, named at its right end; names that would stand in each other are moved up."""
    before = -1.0
    for label, gap in sorted(gaps.items(), key=lambda item: item[1]):
        height = axes.transAxes.inverted().transform(axes.transData.transform((1.0, gap)))[1]
        if height > 1.0:
            continue
        axes.axhline(gap, color=GREY, lw=0.9, ls=(0, (4, 3)), zorder=0)
        before = max(height, before + LETTERS)
        axes.annotate(label, (1.0, before), xycoords="axes fraction", xytext=(4, 0), textcoords="offset points",
                      fontsize=7, va="center", color=GREY)  # fmt: skip


def _scales(axes: Axes, lines: Sequence[Line], rules: Sequence[float], scale: float, least: float) -> None:
    from matplotlib.ticker import FuncFormatter, NullLocator, SymmetricalLogLocator

    axes.set_xscale("log")
    axes.set_yscale("symlog", linthresh=least)
    axes.yaxis.set_major_locator(SymmetricalLogLocator(base=10, linthresh=least, subs=[1, 2, 5]))
    axes.yaxis.set_minor_locator(NullLocator())
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    gaps = np.concatenate([*(scale * line.gaps for line in lines), np.array(rules)])
    known = gaps[np.isfinite(gaps)]
    if len(known):
        axes.set_ylim(min(0.0, float(known.min())) - least / 4, max(float(known.max()), least) * 1.2)
