"""Gaps by CPU-seconds of training, and what a table says of them."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.pipelines.efficiency.ground import Ground
from headway.problem import Problem
from headway.runs import Run

Floats = NDArray[np.float64]


class Line(NamedTuple):
    """One training: gaps [V] of the best policy by each validation, at so many CPU-seconds [V] and steps [V]."""

    agent: str
    seed: int
    seconds: Floats
    steps: Floats
    gaps: Floats

    def reached(self, target: float) -> float:
        """CPU-seconds until the gap is no larger; infinite where it never is."""
        hit = np.flatnonzero(self.gaps <= target)
        return float(self.seconds[hit[0]]) if len(hit) else math.inf

    def at(self, moments: Floats) -> Floats:
        """Gaps at any moments [T] from the first validation on."""
        return np.asarray(self.gaps[np.searchsorted(self.seconds, moments, side="right") - 1])


def line(agent: str, seed: int, run: Run, ground: Ground, problem: Problem[Any, Any]) -> Line:
    """The line of a finished training. Where answers are not all feasible, there is no gap: it counts as infinite."""
    rows = json.loads((run.folder / "training.json").read_text(encoding="utf-8"))["curve"]
    gaps = [math.inf if row["feasible"] < 1 else ground.gap(problem, row["objective"]) for row in rows]
    seconds, steps = (np.array([row[key] for row in rows], float) for key in ("cpu_seconds", "step"))
    return Line(agent, seed, seconds, steps, np.minimum.accumulate(gaps))


def median(lines: Sequence[Line]) -> tuple[Floats, Floats]:
    """Moments [T] at which all seeds have a gap, and the median gap [T] over them."""
    first, last = max(line.seconds[0] for line in lines), min(line.seconds[-1] for line in lines)
    moments = np.unique(np.concatenate([line.seconds for line in lines]))
    moments = moments[(moments >= first) & (moments <= last)]
    return moments, np.median([line.at(moments) for line in lines], axis=0)


def summary(lines: Sequence[Line], targets: Sequence[float], confidence: float) -> dict[str, Any]:
    """One agent: median CPU-seconds to each target (None: most seeds never get there), steps per CPU-second, and its
    final gap with Student's interval over seeds."""
    moments = {f"to_{target:g}": float(np.median([line.reached(target) for line in lines])) for target in targets}
    final = np.array([line.gaps[-1] for line in lines])
    half = _half_width(final, confidence)
    pace = float(np.mean([line.steps[-1] / line.seconds[-1] for line in lines]))
    values = moments | {"gap": float(final.mean()), "gap_low": final.mean() - half, "gap_high": final.mean() + half}
    values |= {"steps_per_second": pace}
    shown = {key: float(value) if math.isfinite(value) else None for key, value in values.items()}
    return {"agent": lines[0].agent, "seeds": len(lines)} | shown


def _half_width(values: Floats, confidence: float) -> float:
    if len(values) < 2 or not np.isfinite(values).all():
        return math.nan
    from scipy.stats import t

    return float(t.ppf((1 + confidence) / 2, len(values) - 1) * values.std(ddof=1) / math.sqrt(len(values)))
