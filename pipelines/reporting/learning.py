"""The validation curves of training runs, as numbers."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import numpy as np

from headway.pipelines.reporting.plots import Floats
from headway.runs import Run


class Learning(NamedTuple):
    """The validation curve of one training run: float64 [K] each; ``cpu`` is empty where it is not known."""

    label: str
    seed: int
    steps: Floats
    seconds: Floats
    cpu: Floats
    objective: Floats


def learning(run: Run, label: str) -> Learning | None:
    """Validation objective over steps, wall seconds and CPU-seconds; None for a run that has not validated."""
    rows = [m for m in run.metrics() if "validation/objective" in m.metrics]
    if not rows:
        return None
    spent = {row["step"]: row.get("cpu_seconds", np.nan) for row in _summary(run).get("curve", [])}
    cpu = [spent.get(m.step, np.nan) for m in rows]
    return Learning(
        label=label,
        seed=int(run.config["seed"]),
        steps=np.array([m.step for m in rows], float),
        seconds=np.array([m.time - run.provenance["started"] for m in rows]),
        cpu=np.array(cpu) if np.isfinite(cpu).all() else np.zeros(0),
        objective=np.array([m.metrics["validation/objective"] for m in rows]),
    )


def _summary(run: Run) -> dict[str, Any]:
    """``training.json``: what a training run cost and reached; empty before its first checkpoint."""
    path = run.folder / "training.json"
    return dict(json.loads(path.read_text())) if path.is_file() else {}
