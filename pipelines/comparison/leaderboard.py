"""From scores to the table: means, gaps and intervals per contestant, ranked."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway.contest import stats
from headway.errors import UnknownNameError
from headway.evaluation import Reference
from headway.pipelines.comparison.entrants import Entrant
from headway.pipelines.comparison.results import Row, Score
from headway.pipelines.comparison.verdict import Rivalry
from headway.problem import Problem

Floats = NDArray[np.float64]

# What a gap is measured against, if nobody says. A policy before a bound: where a problem has both,
# chance decides much, and a bound that knows it all says little of a policy that cannot.
PREFERRED = ("optimum", "best_known", "policy", "bound")
FOUND = "best of this comparison"
PROFILE = 41  # points of a performance profile


@dataclass(frozen=True)
class Table:
    """All scores of a comparison, as arrays.

    Attributes
    ----------
    objectives : contestant -> float64 [S, N], NaN where there was no feasible answer in time
    reference : name, and per instance the value (NaN where unknown), with kind and source
    """

    problem: Problem[Any, Any]
    entrants: Sequence[Entrant]
    scores: Sequence[Score]
    objectives: Mapping[str, Floats]
    reference_name: str
    reference: Reference
    confidence: float
    resamples: int

    def gap(self, label: str) -> stats.Estimate:
        """To the reference, on the instances where both are known."""
        return self._estimate(self.objectives[label], self.reference.value)

    def rivalry(self, winner: str, rival: str) -> Rivalry | None:
        """How two contestants compare on the instances that both solved; seeds are paired by number."""
        first, second = self.objectives[winner], self.objectives[rival]
        seeds = np.arange(max(len(first), len(second)))
        first, second = first[seeds % len(first)], second[seeds % len(second)]
        both = _known(first) & _known(second)
        if not both.any():
            return None
        better = stats.probability_better(first[:, both], second[:, both], sense=self.problem.sense)
        count = int(both.sum())
        size = f"{count} instance{'s' * (count != 1)}, {len(seeds)} seed{'s' * (len(seeds) != 1)}"
        basis = f"paired bootstrap over {size}; better on {better:.0%} of them"
        return Rivalry(self._estimate(second, first), better, basis)

    def rows(self) -> list[Row]:
        """One row per contestant, best first: all feasible before some, then by gap; oracles last, unranked."""
        rows = [self._row(entrant) for entrant in self.entrants]
        sign = 1 if self.problem.sense == "min" else -1

        def order(row: Row) -> tuple[bool, float, float]:
            by = row.gap if row.feasible < 1 and math.isfinite(row.gap) else sign * row.objective
            return row.oracle, -row.feasible, by if math.isfinite(by) else math.inf

        ordered = sorted(rows, key=order)
        ranked = [row for row in ordered if not row.oracle]
        ranks = {row.contestant: place for place, row in enumerate(ranked, 1)}
        return [dataclasses.replace(row, rank=ranks.get(row.contestant)) for row in ordered]

    def profiles(self) -> dict[str, list[tuple[float, float]]]:
        """Share of answers within each gap of the reference, per instance, for every contestant."""
        gaps = {label: self._instance_gaps(scores) for label, scores in self.objectives.items()}
        known = np.concatenate([g[np.isfinite(g)] for g in gaps.values()]) if gaps else np.zeros(0)
        if not len(known):
            return {}
        grid = np.linspace(min(0.0, float(known.min())), float(np.quantile(known, 0.98)), PROFILE)
        return {
            label: [(float(x), float(y)) for x, y in zip(grid, stats.performance_profile(g, grid), strict=True)]
            for label, g in gaps.items()
        }

    def _row(self, entrant: Entrant) -> Row:
        scores = [s for s in self.scores if s.contestant == entrant.label]
        objective = self.objectives[entrant.label]
        solved = _known(objective)
        gap, middle = self.gap(entrant.label), _middle(objective[:, solved], self.confidence, self.resamples)
        return Row(
            contestant=entrant.label,
            kind=entrant.kind,
            rank=None,
            n=objective.shape[1],
            seeds=len(objective),
            feasible=float(np.mean([s.feasible for s in scores])),
            solved=int(solved.sum()),
            objective=_mean(objective[:, solved]),
            gap=gap.value,
            gap_se=gap.se,
            gap_low=gap.low,
            gap_high=gap.high,
            reference=self.reference_name,
            seconds=_mean([s.seconds for s in scores]),
            cpu_seconds=_mean([s.cpu_seconds for s in scores]),
            load_seconds=_mean([s.load_seconds for s in scores]),
            iqm=middle.value,
            iqm_low=middle.low,
            iqm_high=middle.high,
            training_seconds=entrant.training_seconds,
            oracle=entrant.kind == "oracle",
            incidents=dict(Counter(s.status for s in scores if s.status != "finished")),
            metrics=_means([s.metrics for s in scores if s.feasible]),
        )

    def _estimate(self, scores: Floats, base: Floats) -> stats.Estimate:
        both = _known(scores) & _known(np.atleast_2d(base))
        if not both.any():
            return stats.Estimate(math.nan, math.nan, math.nan, math.nan)
        return stats.gap(
            scores[:, both],
            base[..., both],
            sense=self.problem.sense,
            kind=self.problem.gap,
            confidence=self.confidence,
            resamples=self.resamples,
        )

    def _instance_gaps(self, scores: Floats) -> Floats:
        base = self.reference.value
        worse = (scores - base) * (1 if self.problem.sense == "min" else -1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return worse / np.abs(base) if self.problem.gap == "ratio" else worse


def objectives(entrants: Iterable[Entrant], scores: Sequence[Score], n: int) -> dict[str, Floats]:
    """Contestant -> float64 [S, N] of feasible objectives, NaN elsewhere."""
    found: dict[str, Floats] = {}
    for entrant in entrants:
        own = [s for s in scores if s.contestant == entrant.label]
        found[entrant.label] = np.full((1 + max(s.seed for s in own), n), np.nan)
        for score in own:
            if score.feasible:
                found[entrant.label][score.seed, score.instance] = score.objective
    return found


def choose_reference(
    problem: Problem[Any, Any],
    known: Mapping[str, Reference],
    found: Mapping[str, Floats],
    wanted: str | None,
    oracles: Iterable[str],
) -> tuple[str, Reference]:
    """What gaps are measured against: the one asked for, or the best that covers every instance.

    Optima and best known values are used together. Where no reference of the problem covers all
    instances, it is the best feasible objective of this comparison, and is called so.

    Raises
    ------
    UnknownNameError
        ``wanted`` is neither a reference of the problem nor a contestant.
    """
    if wanted is not None:
        return wanted, _named(wanted, known, found)
    for kind in PREFERRED:
        for name, reference in known.items():
            if reference.kind == kind and np.isfinite(reference.value).all():
                return name, reference
    joined = _joined(known)
    if joined is not None and np.isfinite(joined.value).all():
        return joined.source, joined
    return FOUND, Reference("best_known", _best(problem, found, set(oracles)), FOUND, rederived=True)


def _named(wanted: str, known: Mapping[str, Reference], found: Mapping[str, Floats]) -> Reference:
    if wanted in known:
        return known[wanted]
    if wanted not in found:
        raise UnknownNameError("reference", wanted, [*known, *found], where="reference")
    with np.errstate(invalid="ignore"):
        return Reference("policy", found[wanted].mean(0), f"{wanted}, in this comparison", rederived=True)


def _joined(known: Mapping[str, Reference]) -> Reference | None:
    parts = [(n, r) for kind in PREFERRED[:2] for n, r in known.items() if r.kind == kind]
    if not parts:
        return None
    value = parts[0][1].value
    for _, reference in parts[1:]:
        value = np.where(np.isfinite(value), value, reference.value)
    return Reference("best_known", value, " or ".join(name for name, _ in parts))


def _best(problem: Problem[Any, Any], found: Mapping[str, Floats], oracles: set[str]) -> Floats:
    everything = np.concatenate([scores for label, scores in found.items() if label not in oracles])
    worst = np.inf if problem.sense == "min" else -np.inf
    filled = np.where(np.isfinite(everything), everything, worst)
    best = filled.min(0) if problem.sense == "min" else filled.max(0)
    return np.where(np.isfinite(best), best, np.nan)


def _known(scores: Floats) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(scores).all(0))


def _middle(scores: Floats, confidence: float, resamples: int) -> stats.Estimate:
    if not scores.size:
        return stats.Estimate(math.nan, math.nan, math.nan, math.nan)
    return stats.interquartile_mean(scores, confidence=confidence, resamples=resamples)


def _mean(values: Any) -> float:
    known = np.asarray(values, float).ravel()
    known = known[np.isfinite(known)]
    return float(known.mean()) if len(known) else math.nan


def _means(metrics: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: _mean([m[name] for m in metrics if name in m]) for name in (metrics[0] if metrics else ())}
