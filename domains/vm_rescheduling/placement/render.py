"""A picture of a placement: cores in use on each node, request by request, and what was refused."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from headway.domains.vm_rescheduling.placement.evaluate import evaluate
from headway.domains.vm_rescheduling.placement.instance import Placement, Stream
from headway.domains.vm_rescheduling.placement.replay import Replay


def draw(stream: Stream, placement: Placement) -> Figure:
    """One stream and its placement (batches of one): a heat map of the nodes above, cores refused below."""
    verdict = evaluate(stream, placement)
    figure = Figure(figsize=(9, 6), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    image = above.imshow(
        _use(stream, placement), aspect="auto", cmap="viridis", vmin=0, vmax=1, interpolation="nearest"
    )
    figure.colorbar(image, ax=above, label="share of cores in use")
    above.set_ylabel("NUMA node")
    above.set_title(_title(stream, verdict.objective[0], verdict.metrics, bool(verdict.feasible[0])), fontsize=10)
    below.plot(np.cumsum(verdict.series["refused"][0]), color="0.2", drawstyle="steps-post")
    below.set_ylabel("cores refused")
    below.set_xlabel("request")
    below.set_ylim(bottom=0)
    return figure


def _use(stream: Stream, placement: Placement) -> NDArray[np.float64]:
    """float64 [N, R]: share of each node's cores in use after each request; NaN for inactive machines."""
    cluster = Replay(stream, 0)
    total = np.where(np.repeat(stream.active[0], 2), stream.cpu[0].reshape(-1), np.nan)
    columns = []
    for turn in range(int(stream.start[0]), int(stream.requests[0])):
        cluster.arrive(turn)
        cluster.place(turn, int(placement.node[0, turn]))
        columns.append(1 - np.array(cluster.cores) / total)
    return np.stack(columns, axis=1)


def _title(stream: Stream, objective: float, metrics: object, feasible: bool) -> str:
    values = {name: float(value[0]) for name, value in metrics.items()}  # type: ignore[attr-defined]
    text = (
        f"{stream.name[0]}: {values['refused']:.0f} of {int(stream.requests[0] - stream.start[0])} VMs refused, "
        f"{objective:.4f} cores per core; FR-16 at the end {values['fragments']:.3f}"
    )
    return text if feasible else f"{text}\ninfeasible"
