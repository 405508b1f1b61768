"""A finished backtest as its problem is shown it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from headway.batch import Instance
from headway.findings import Attempt, Span, Study, Trials
from headway.pipelines.comparison.results import Row
from headway.pipelines.comparison.timeline import Timeline


def study(
    timeline: Timeline, rows: Sequence[Row], history: Instance, trials: Trials, spans: Sequence[Span] = ()
) -> Study[Any, Any]:
    """What `Problem.findings` is handed; contestants in the order of ``rows``."""
    tracks = [timeline.tracks[row.contestant] for row in rows]
    sound = [track for track in tracks if track.feasible]
    return Study(
        history=history,
        attempts={
            track.label: [
                Attempt(s, e) for s, e in zip(track.solutions, track.evaluations, strict=True) if e is not None
            ]
            for track in sound
        },
        kinds={track.label: track.kind for track in sound},
        reference=timeline.reference,
        measures={track.label: timeline.measures(track.label) for track in sound},
        block=math.nan if timeline.resampled is None else float(timeline.resampled.length),
        confidence=timeline.confidence,
        trials=trials,
        spans=spans,
    )
