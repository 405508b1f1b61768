"""From the tracks of a backtest to its results: table, verdict, parts, trials, and what the problem finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from headway.batch import Instance
from headway.pipelines.comparison import parts
from headway.pipelines.comparison.entrants import Entrant, pairs
from headway.pipelines.comparison.fits import Fits
from headway.pipelines.comparison.periods import labels, scored, span
from headway.pipelines.comparison.results import Results, about, digested, slug
from headway.pipelines.comparison.spans import calendar, stretches
from headway.pipelines.comparison.study import study
from headway.pipelines.comparison.timeline import Timeline, Track
from headway.pipelines.comparison.trials import count
from headway.pipelines.comparison.verdict import claims, decide
from headway.pipelines.configuration.schema import BacktestConfig
from headway.problem import Problem


def results(
    config: BacktestConfig,
    problem: Problem[Any, Any],
    history: Instance,
    tracks: Mapping[str, Track],
    reference: str,
    entrants: Sequence[Entrant],
    fits: Fits,
    folder: Path,
) -> Results:
    """What the report is made from; ``spans.csv`` is written beside it."""
    timeline = Timeline(problem, tracks, reference, config.confidence, config.resamples)
    rows = timeline.rows()
    verdict, decision = decide(timeline, rows)
    scores = [score for track in tracks.values() for score in track.scores]
    stored = [policy for entrant in entrants for member in entrant.members for policy in member.policies]
    digest = history.digest()
    trials = count(folder.parent, problem.name, digest, rows, scores, stored, tracking=config.tracking.uri)
    clock = scored(problem, history, tracks)
    spans = [*calendar(clock), *stretches(clock, problem.stress, config.stress)]
    found = parts.parts(timeline, clock, spans)
    parts.write(found, folder)
    findings = problem.findings(study(timeline, rows, history, trials, spans))
    files = sorted((folder / "pictures").glob("*.svg"))
    return Results(
        verb="backtest",
        verdict=verdict,
        decision=decision,
        problem=about(problem, config.problem.options),
        instances={"n": 1, "source": span(problem, history), "seed": None, "digests": [digest]},
        seeds=list(range(config.seeds)),
        confidence=config.confidence,
        resamples=config.resamples,
        reference={
            "name": reference,
            "kind": "policy",
            "source": f"{reference}, in this backtest",
            "rederived": True,
            "values": [tracks[reference].objective],
        },
        rows=rows,
        scores=scores,
        notes=[*claims(timeline, pairs(entrants)), *findings.notes, *problem.caveats],
        pictures=[
            {"contestant": label, "instance": 0, "file": f"pictures/{slug(label)}.svg"}
            for label in tracks
            if folder / "pictures" / f"{slug(label)}.svg" in files
        ],
        series={label: _series(track) for label, track in tracks.items()},
        periods=labels(clock),
        spans=parts.records(found),
        trials=trials,
        findings=replace(findings, tables=[*findings.tables, *parts.tables(found, problem.unit), *fits.tables()]),
    )


def _series(track: Track) -> list[dict[str, Any]]:
    return [
        {"seed": score.seed, **digested(evaluation), **{name: values[0] for name, values in evaluation.series.items()}}
        for score, evaluation in zip(track.scores, track.evaluations, strict=True)
        if evaluation is not None
    ]
