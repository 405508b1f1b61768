"""From series of periods to the table of a backtest: intervals by resampling blocks of time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway.batch import Batch
from headway.contest import stats
from headway.contest.stats import Estimate
from headway.evaluation import Evaluation
from headway.findings import Measure
from headway.pipelines.comparison.resampled import OBJECTIVE, Resampled, measures, resampled
from headway.pipelines.comparison.results import Kind, Row, Score
from headway.pipelines.comparison.verdict import Rivalry
from headway.problem import Problem

Floats = NDArray[np.float64]

NAN = math.nan
UNKNOWN = Estimate(NAN, NAN, NAN, NAN)


@dataclass(frozen=True)
class Track:
    """One contestant's backtest: an evaluation per seed (None where it failed), what it cost, its solutions."""

    label: str
    kind: Kind
    scores: Sequence[Score]
    evaluations: Sequence[Evaluation | None]
    training_seconds: float = math.nan
    solutions: Sequence[Batch] = ()  # as many, where they are kept

    @property
    def feasible(self) -> bool:
        """With every seed."""
        return all(e is not None and bool(e.feasible[0]) for e in self.evaluations)

    @property
    def objective(self) -> float:
        """Mean over the seeds; NaN unless all are feasible."""
        values = [float(e.objective[0]) for e in self.evaluations if e is not None]
        return float(np.mean(values)) if self.feasible else math.nan

    def within(self, part: slice) -> Track:
        """Itself in these periods alone; as it is where the scorer gives no value a period."""
        return replace(self, evaluations=[e if e is None else _part(e, part) for e in self.evaluations])

    @cached_property
    def series(self) -> dict[str, Floats]:
        """[S, T] each, by name, where every seed was feasible and the scorer gives a value a period."""
        known = [e.series for e in self.evaluations if e is not None]
        if not self.feasible or not known or OBJECTIVE not in known[0]:
            return {}
        shape = known[0][OBJECTIVE].shape
        return {
            name: np.concatenate([series[name] for series in known])
            for name, values in known[0].items()
            if values.shape == shape
        }


@dataclass(frozen=True)
class Timeline:
    """All tracks over one history. Differences are paired by period: all are cut into the same blocks."""

    problem: Problem[Any, Any]
    tracks: Mapping[str, Track]
    reference: str
    confidence: float
    resamples: int
    block: int | None = None  # mean length of a block; None: estimated

    def within(self, part: slice) -> Timeline:
        """These periods alone, cut into blocks as long as those of all of them."""
        tracks = {label: track.within(part) for label, track in self.tracks.items()}
        block = None if self.resampled is None else self.resampled.length
        return replace(self, tracks=tracks, block=block)

    @cached_property
    def resampled(self) -> Resampled | None:
        """The replicates of time; None without series, or where there are too few periods."""
        admissible = [t for t in self.tracks.values() if t.kind != "oracle" and t.series]
        series = [s for t in admissible for s in t.series[OBJECTIVE]]
        return resampled(self.problem, series, self.resamples, self.block)

    @cached_property
    def replicates(self) -> dict[str, dict[str, Floats]]:
        """Contestant -> measure -> [R]."""
        drawn, tracks = self.resampled, self.tracks.values()
        return {} if drawn is None else {t.label: drawn.replicates(t.label, t.series) for t in tracks if t.series}

    def measures(self, label: str) -> dict[str, Measure]:
        """The objective and each of `Problem.measures` of a contestant, with their errors; empty without series."""
        if not self.tracks[label].series:
            return {}
        base = self.reference if self.tracks[self.reference].series else label
        mine, theirs = self._measured(label), self._measured(base)
        if label not in self.replicates:
            return {name: Measure(mine[name], NAN, NAN, mine[name] - theirs[name], NAN, NAN) for name in mine}
        found = {}
        for name, values in self.replicates[label].items():
            own = stats.from_replicates(mine[name], values, self.confidence)
            lead = stats.from_replicates(0.0, values - self.replicates[base][name], self.confidence)
            found[name] = Measure(own.value, own.low, own.high, mine[name] - theirs[name], lead.low, lead.high)
        return found

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
        if self.resampled is None or not len(replicates):
            return Rivalry(estimate, math.nan, "one history")
        periods, length = self.resampled.indices.shape[1], self.resampled.length
        better = float((replicates > 0).mean())
        basis = f"stationary bootstrap of {periods} periods in blocks of {length} on average"
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
            metric_intervals={n: (m.low, m.high) for n, m in self.measures(track.label).items() if m.low == m.low},
        )

    def _gap(self, track: Track, base: Track) -> tuple[Estimate, Floats]:
        """Positive is worse; with the bootstrap replicates [R] behind it."""
        sign = 1 if self.problem.sense == "min" else -1
        ratio = self.problem.gap == "ratio"
        if not (track.feasible and base.feasible):
            return UNKNOWN, np.zeros(0)
        value = sign * (track.objective - base.objective) + 0.0  # no negative zero
        value /= abs(base.objective) if ratio else 1.0
        if track.label not in self.replicates or base.label not in self.replicates:
            return UNKNOWN._replace(value=value), np.zeros(0)
        theirs = self.replicates[base.label][OBJECTIVE]
        worse = sign * (self.replicates[track.label][OBJECTIVE] - theirs)
        replicates = worse / np.abs(theirs) if ratio else worse
        return stats.from_replicates(value, replicates, self.confidence), replicates

    def _measured(self, label: str) -> dict[str, float]:
        """Each measure on the history itself, mean over the seeds."""
        return {
            name: float(values.mean()) for name, values in measures(self.problem, self.tracks[label].series).items()
        }


def _part(evaluation: Evaluation, part: slice) -> Evaluation:
    known = evaluation.series.get(OBJECTIVE)
    if known is None:
        return evaluation
    cut = {name: values[:, part] for name, values in evaluation.series.items() if values.shape == known.shape}
    return replace(evaluation, objective=cut[OBJECTIVE].mean(1), series=cut)


def _metrics(evaluations: Sequence[Evaluation]) -> Sequence[str]:
    return list(evaluations[0].metrics) if evaluations else []
