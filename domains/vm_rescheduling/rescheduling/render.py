"""A picture of one plan: the cluster before and after, and the objective on the way."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.cluster.fragments import Fragment
from headway.domains.vm_rescheduling.cluster.instance import NODES, Snapshot
from headway.domains.vm_rescheduling.cluster.plan import Plan
from headway.evaluation import Evaluation

Floats = NDArray[np.float64]


def draw(problem: Any, snapshot: Snapshot, plan: Plan, evaluation: Evaluation) -> Figure:
    """Heat maps of fragments per NUMA node, and the weighted rate after each migration of one plan (a batch of one)."""
    figure = Figure(figsize=(10, 3.6), layout="constrained")
    first, second, curve = figure.subplots(1, 3, width_ratios=(1, 1, 1.1))
    term = problem.terms[0]
    maps = [fragments(snapshot, plan, made, term) for made in (0, int(plan.length[0]))]
    images = [_heat(axes, shown) for axes, shown in zip((first, second), maps, strict=True)]
    for axes, shown, when in zip((first, second), maps, ("before", "after"), strict=True):
        axes.set_title(f"{when}: {int((shown > 0).sum())} nodes with a fragment", fontsize=9)
    unit = "cores" if term.resource == "cpu" else "MB"
    figure.colorbar(images[0], ax=(first, second), shrink=0.85, label=f"free {unit} beyond slots of {term.size}")
    _curve(curve, plan, evaluation)
    figure.suptitle(_title(snapshot, evaluation), fontsize=10)
    return figure


def fragments(snapshot: Snapshot, plan: Plan, made: int, term: Fragment) -> Floats:
    """float64 [N]: what is free beyond whole slots on each node after ``made`` migrations; NaN on inactive machines."""
    host, node = snapshot.host[0].copy(), snapshot.node[0].copy()
    for vm, machine, to in plan.moves()[:made]:
        if 0 <= vm < len(host) and 0 <= machine < snapshot.machines:
            host[vm], node[vm] = machine, to
    now = Snapshot.made(snapshot.arrays() | {"host": host[None], "node": node[None]})
    beyond = now.free(term.resource)[0].reshape(-1) % float(term.size)
    return np.where(np.repeat(now.active[0], NODES), beyond, np.nan)


def _heat(axes: Axes, shown: Floats) -> AxesImage:
    """Machines as squares of two halves, row by row."""
    machines = len(shown) // NODES
    columns = int(np.ceil(np.sqrt(machines / NODES)))
    grid = np.full((int(np.ceil(machines / columns)), columns, NODES), np.nan)
    grid.reshape(-1)[: len(shown)] = shown
    image = axes.imshow(grid.reshape(len(grid), -1), cmap="magma_r", interpolation="nearest")
    for edge in range(1, columns):
        axes.axvline(NODES * edge - 0.5, color="white", linewidth=0.6)
    axes.set_xticks([])
    axes.set_yticks([])
    return image


def _curve(axes: Axes, plan: Plan, evaluation: Evaluation) -> None:
    rate = evaluation.series["fragments"][0, : int(plan.length[0]) + 1]
    axes.step(np.arange(len(rate)), rate, where="post", color="black", linewidth=1.4)
    axes.set_xlabel("migrations")
    axes.set_ylabel("fragment rate")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)


def _title(snapshot: Snapshot, evaluation: Evaluation) -> str:
    broken = [f"{name} {amount[0]:g}" for name, amount in evaluation.violations.items() if amount[0]]
    made, limit = evaluation.metrics["migrations"][0], snapshot.limit[0]
    title = (
        f"{snapshot.name[0]}: {evaluation.metrics['initial'][0]:.4g} to {evaluation.objective[0]:.4g} "
        f"by {made:.0f} of {limit} migrations"
    )
    return f"{title}\ninfeasible: {', '.join(broken)}" if broken else title
