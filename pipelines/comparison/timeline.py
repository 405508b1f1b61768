"""From series of periods to the table of a backtest: intervals by resampling blocks of time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway.contest import stats
from headway.contest.stats import Estimate
from headway.evaluation import Evaluation
from headway.pipelines.comparison.results import Kind, Row, Score
from headway.pipelines.comparison.verdict import Rivalry
from headway.problem import Problem

Floats = NDArray[np.float64]

OBJECTIVE = "objective"  # the series whose mean over periods is the objective
UNKNOWN = Estimate(math.nan, math.nan, math.nan, math.nan)
PART = 256  # replicates held at a time


@dataclass(frozen=True)
class Track:
    """One contestant's backtest: an evaluation per seed (None where it failed), and what it cost."""

    label: str
    kind: Kind
    scores: Sequence[Score]
    evaluations: Sequence[Evaluation | None]
    training_seconds: float = math.nan

    @property
    def feasible(self) -> bool:
        """With every seed."""
        return all(e is not None and bool(e.feasible[0]) for e in self.evaluations)

    @property
    def objective(self) -> float:
        """Mean over the seeds; NaN unless all are feasible."""
        values = [float(e.objective[0]) for e in self.evaluations if e is not None]
        return float(np.mean(values)) if self.feasible else math.nan

    def series(self, name: str) -> Floats | None:
        """[T], mean over the seeds; None where the scorer gives no such series, or a seed failed."""
        parts = [e.series.get(name) for e in self.evaluations if e is not None]
        known = [p[0] for p in parts if p is not None]
        return np.mean(known, axis=0) if self.feasible and len(known) == len(self.evaluations) else None


@dataclass(frozen=True)
class Timeline:
    """All tracks over one history. Differences are paired by period: all are cut into the same blocks."""

    problem: Problem[Any, Any]
    tracks: Mapping[str, Track]
    reference: str
    confidence: float
    resamples: int

    @cached_property
    def blocks(self) -> tuple[NDArray[np.intp], int] | None:
        """Indices [R, T] of the resampled periods and their mean block length; None without series."""
        admissible = [t for t in self.tracks.values() if t.kind != "oracle"]
        series = [s for t in admissible if (s := t.series(OBJECTIVE)) is not None]
        if not series or len(series[0]) < stats.SHORT:
            return None
        return stats.blocks(*series, resamples=self.resamples)

    def rows(self) -> list[Row]:
        """One row per contestant, best first; oracles last, unranked."""
        sign = 1 if self.problem.sense == "min" else -1

        def order(track: Track) -> tuple[bool, bool, float]:
            return track.kind == "oracle", not track.feasible, sign * track.objective if track.feasible else 0.0

        ordered = sorted(self.tracks.values(), key=order)
        rank = {t.label: place for place, t in enumerate((t for t in ordered if t.kind != "oracle"), 1)}
        return [self._row(track, rank.get(track.label)) for track in ordered]

    def rivalry(self, winner: str, rival: str) -> Rivalry | None:
        """The rival's gap to the winner, and in which share of resampled histories it stays behind."""
        first, second = self.tracks[winner], self.tracks[rival]
        if not (first.feasible and second.feasible):
            return None
        estimate, replicates = self._gap(second, first)
        if self.blocks is None or not len(replicates):
            return Rivalry(estimate, math.nan, "one history")
        indices, length = self.blocks
        better = float((replicates > 0).mean())
        basis = f"stationary bootstrap of {indices.shape[1]} periods in blocks of {length} on average"
        return Rivalry(estimate, better, f"{basis}; better in {better:.0%} of resampled histories")

    def _row(self, track: Track, rank: int | None) -> Row:
        gap = self._gap(track, self.tracks[self.reference])[0]
        measured = [e for e in track.evaluations if e is not None]
        return Row(
            contestant=track.label,
            kind=track.kind,
            rank=rank,
            n=1,
            seeds=len(track.evaluations),
            feasible=float(np.mean([s.feasible for s in track.scores])),
            solved=int(track.feasible),
            objective=track.objective,
            gap=gap.value,
            gap_se=gap.se,
            gap_low=gap.low,
            gap_high=gap.high,
            reference=self.reference,
            seconds=float(np.mean([s.seconds for s in track.scores])),
            cpu_seconds=float(np.mean([s.cpu_seconds for s in track.scores])),
            load_seconds=math.nan,
            training_seconds=track.training_seconds,
            oracle=track.kind == "oracle",
            incidents={s.status: 1 for s in track.scores if s.status != "finished"},
            metrics={k: float(np.mean([e.metrics[k][0] for e in measured])) for k in _metrics(measured)},
            metric_intervals=self._intervals(track),
        )

    def _gap(self, track: Track, base: Track) -> tuple[Estimate, Floats]:
        """Positive is worse; with the bootstrap replicates [R] behind it."""
        sign = 1 if self.problem.sense == "min" else -1
        ratio = self.problem.gap == "ratio"
        if not (track.feasible and base.feasible):
            return UNKNOWN, np.zeros(0)
        value = sign * (track.objective - base.objective) + 0.0  # no negative zero
        value /= abs(base.objective) if ratio else 1.0
        mine, theirs = track.series(OBJECTIVE), base.series(OBJECTIVE)
        if self.blocks is None or mine is None or theirs is None:
            return UNKNOWN._replace(value=value), np.zeros(0)
        worse = sign * (mine - theirs)[self.blocks[0]].mean(1)
        replicates = worse / np.abs(theirs[self.blocks[0]].mean(1)) if ratio else worse
        return stats.from_replicates(value, replicates, self.confidence), replicates

    def _intervals(self, track: Track) -> dict[str, tuple[float, float]]:
        """Of the objective, and of each metric that follows from the series alone (`Problem.measures`)."""
        names = {name for e in track.evaluations if e is not None for name in e.series}
        series = {name: s for name in names if (s := track.series(name)) is not None}
        if self.blocks is None or OBJECTIVE not in series:
            return {}
        indices = self.blocks[0]
        drawn: dict[str, list[Floats]] = {}
        for start in range(0, len(indices), PART):
            part = {name: s[indices[start : start + PART]] for name, s in series.items()}
            measured = {OBJECTIVE: part[OBJECTIVE].mean(1), **self.problem.measures(part)}
            for name, values in measured.items():
                drawn.setdefault(name, []).append(values)
        estimates = {n: stats.from_replicates(0.0, np.concatenate(v), self.confidence) for n, v in drawn.items()}
        return {name: (estimate.low, estimate.high) for name, estimate in estimates.items()}


def _metrics(evaluations: Sequence[Evaluation]) -> Sequence[str]:
    return list(evaluations[0].metrics) if evaluations else []
