"""Gaps as numbers: of single answers, over time, and as performance profiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.pipelines.comparison.results import Results, Score, Trace

Floats = NDArray[np.float64]

CURVE_POINTS = 200  # enough for the width of a figure
REPLICATES = 1000  # bootstrap replicates behind a band
NOTHING: Floats = np.zeros(0)


class Curve(NamedTuple):
    """A line of a figure and the band around it, where there is one: float64 [K] each."""

    x: Floats
    y: Floats
    low: Floats = NOTHING
    high: Floats = NOTHING


class Gaps(NamedTuple):
    """Gaps of single answers to their references, float64 [K], and which answers they are, in words."""

    values: Floats
    names: list[str]


def sign(results: Results) -> int:
    """+1 where smaller objectives are better, -1 where larger ones are."""
    return 1 if results.problem["sense"] == "min" else -1


def references(results: Results) -> Floats:
    """Reference value per instance, float64 [N], NaN where there is none."""
    return np.array([np.nan if v is None else v for v in results.reference["values"]], float)


def anytime(results: Results) -> dict[str, Curve]:
    """Gap (ratio of means) of the incumbents over CPU-seconds, per contestant, with its interval at each moment.

    Over the instances that the contestant solves with every seed and whose reference is known; a
    curve begins when it has an answer to each of them, and ends at the budget. The intervals are of a
    percentile bootstrap that draws instances and seeds anew, moment by moment.
    """
    if not results.budget:
        return {}
    known = np.flatnonzero(np.isfinite(references(results)))
    found = {}
    for row in results.rows:
        traces = [t for t in results.traces if t.contestant == row.contestant and t.instance in known]
        unsolved = {t.instance for t in traces if not _answers(t)}
        kept = [t for t in traces if t.instance not in unsolved]
        if kept:
            found[row.contestant] = _mean_gap(results, kept, float(results.budget["cpu"]))
    return found


def _answers(trace: Trace) -> list[tuple[float, float]]:
    return [(cpu, objective) for cpu, _, objective, feasible in trace.points if feasible and objective is not None]


def _mean_gap(results: Results, traces: Sequence[Trace], budget: float) -> Curve:
    answers = [np.array(_answers(trace)) for trace in traces]
    base = references(results)[[trace.instance for trace in traces]]
    start = max(a[0, 0] for a in answers)
    stamps = np.unique(np.concatenate([a[:, 0] for a in answers]))
    times = np.append(stamps[(stamps >= start) & (stamps <= budget)], max(budget, start))
    times = times[np.unique(np.linspace(0, len(times) - 1, CURVE_POINTS).astype(int))]
    incumbents = np.stack([a[np.searchsorted(a[:, 0], times, side="right") - 1, 1] for a in answers])
    worse = sign(results) * (incumbents - base[:, None])
    unit = base if results.problem["gap"] == "ratio" else np.ones(len(base))
    drawn = _weights([t.instance for t in traces], [t.seed for t in traces])
    low, high = (NOTHING, NOTHING) if drawn is None else _band(drawn @ worse, drawn @ unit, results.confidence)
    return Curve(times, worse.mean(0) / abs(unit.mean()), low, high)


def _weights(instances: Sequence[int], seeds: Sequence[int]) -> Floats | None:
    """[R, K]: how often each answer counts where instances and seeds are drawn anew; None for one instance."""
    rng, weights = np.random.default_rng(0), np.ones((REPLICATES, len(instances)))
    if len(set(instances)) < 2:
        return None
    for factor in (instances, seeds):
        levels, place = np.unique(factor, return_inverse=True)
        weights *= rng.multinomial(len(levels), np.full(len(levels), 1 / len(levels)), REPLICATES)[:, place]
    return weights


def _band(top: Floats, bottom: Floats, confidence: float) -> Floats:
    """The ends of the interval of ``top / bottom``, [2, K] from replicates [R, K] and [R]."""
    tail = (1 - confidence) / 2
    return np.asarray(np.quantile(top / np.abs(bottom[:, None]), [tail, 1 - tail], axis=0))


def gaps(results: Results) -> dict[str, Gaps]:
    """The gap of every feasible answer with a known reference, per contestant."""
    base, found = references(results), {}
    for row in results.rows:
        kept = [
            s for s in results.scores if s.contestant == row.contestant and s.feasible and np.isfinite(base[s.instance])
        ]
        if kept and results.budget:
            names = [f"instance {s.instance}, seed {s.seed}" for s in kept]
            found[row.contestant] = Gaps(np.array([gap_of(results, s, base[s.instance]) for s in kept]), names)
    return found


def profile(results: Results) -> dict[str, Curve]:
    """Share of all answers within a gap of the reference, per contestant; the missing ones never arrive."""
    base = references(results)
    found = {}
    for row in results.rows:
        scores = [s for s in results.scores if s.contestant == row.contestant and np.isfinite(base[s.instance])]
        gaps = np.sort([gap_of(results, s, base[s.instance]) for s in scores if s.feasible])
        if len(gaps):
            found[row.contestant] = Curve(gaps, np.arange(1, len(gaps) + 1) / len(scores))
    return found


def gap_of(results: Results, score: Score, base: float) -> float:
    """The gap of one answer to its reference."""
    worse = sign(results) * (score.objective - base)
    return worse / abs(base) if results.problem["gap"] == "ratio" else worse
