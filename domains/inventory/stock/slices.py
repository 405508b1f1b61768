"""Slices of policies: what is ordered by what is on hand, beside the optimal orders."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from headway.domains.inventory.stock.exact_cost import observed
from headway.errors import CapabilityError
from headway.policy import Policy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from headway.domains.inventory.stock.problem import StockProblem

COLOURS = ("#1f5fa8", "#e08a1e", "#2e8b57", "#8e44ad", "#c0392b")
LEVELS = (0.4, 0.8, 1.2)  # of the pipeline, in usual demands, a panel each: about what there is in the long run


def policy_slice(problem: StockProblem, policies: Mapping[str, Policy], *, upto: int | None = None) -> Figure:
    """Orders against what is on hand, a panel for each level of the pipeline.

    Parameters
    ----------
    policies : name -> policy, each acting in its own environment; the optimal one is drawn where it can be computed
    upto : most that is on hand; by default four usual demands
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    on_hand = np.arange(1 + (upto or math.ceil(4 * problem.usual)))
    figure = Figure(figsize=(10, 3.6), layout="constrained")
    levels = LEVELS if problem.lead_time > 1 else LEVELS[:1]
    panels = figure.subplots(1, len(levels), sharey=True, squeeze=False)[0]
    for axes, level in zip(panels, levels, strict=True):
        arriving = round(level * problem.usual)
        states = _states(problem, on_hand, arriving)
        best = _optimal(problem, states)
        if best is not None:
            axes.fill_between(on_hand, best, step="mid", color="#e4e4e4", label="optimal", lw=0)
            axes.step(on_hand, best, where="mid", color="#7d7d7d", lw=1.0)
        for (name, policy), colour in zip(policies.items(), COLOURS, strict=False):
            axes.plot(on_hand, ordered(problem, policy, states), color=colour, lw=1.4, marker=".", ms=5, label=name)
        if problem.lead_time > 1:
            axes.set_title(f"{arriving} arriving in each period", fontsize=10, loc="left")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel("on hand")
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("order, units")
    if panels[-1].get_legend_handles_labels()[0]:
        panels[-1].legend(frameon=False, fontsize=9)
    return figure


def ordered(problem: StockProblem, policy: Policy, states: NDArray[np.int64]) -> NDArray[Any]:
    """What ``policy`` orders [S] in ``states`` [S, N], rounded as the environment does."""
    environment = problem.environment(policy.environment)
    seen = observed(problem, states)
    action, _ = policy.act(seen, None, policy.start(len(states)))
    orders: NDArray[Any] = environment.project(seen, environment.decode(seen, np.asarray(action)))[:, 0]
    return orders


def _states(problem: StockProblem, on_hand: NDArray[np.int64], arriving: int) -> NDArray[np.int64]:
    states = np.full((len(on_hand), max(problem.lead_time, 1)), arriving)
    states[:, 0] = on_hand
    return states


def _optimal(problem: StockProblem, states: NDArray[np.int64]) -> NDArray[Any] | None:
    try:
        return ordered(problem, problem.baseline("optimal"), states)
    except CapabilityError:
        return None
