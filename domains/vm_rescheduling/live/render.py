"""A picture: the fragment rate of a living cluster, with a plan and without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from headway.domains.vm_rescheduling.live.evaluate import STEP
from headway.domains.vm_rescheduling.live.plan import LivePlan
from headway.evaluation import Evaluation

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(problem: Any, evaluation: Evaluation, plan: LivePlan) -> Figure:
    """One plan (a batch of one): two lines over time, and a mark where the last migration was made."""
    from matplotlib.figure import Figure

    picture = Figure(figsize=(8, 3), layout="constrained")
    axes = picture.subplots()
    seconds = STEP * np.arange(evaluation.series["fragments"].shape[1])
    axes.plot(seconds, evaluation.series["without"][0], color="0.6", label="without a plan")
    axes.plot(seconds, evaluation.series["fragments"][0], color="C0", label="with the plan")
    ready, rate = (float(evaluation.metrics[name][0]) for name in ("ready", "rate"))
    late, made = (int(evaluation.metrics[name][0]) for name in ("late", "migrations"))
    axes.plot([ready], [rate], "o", color="C0", label=f"carried out: {made} migrations, {late} too late")
    axes.set(xlabel="seconds since the snapshot", ylabel=problem.unit, ylim=(0, None), xlim=(0, problem.horizon))
    axes.legend(frameon=False)
    return picture
