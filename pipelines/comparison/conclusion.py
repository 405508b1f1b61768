"""From the answers of a comparison to its results: scores, table, verdict, pictures, solutions as files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from headway.batch import Instance
from headway.contest.outcome import Outcome, Point
from headway.evaluation import Reference
from headway.pipelines.comparison.entrants import Entrant
from headway.pipelines.comparison.leaderboard import Table, choose_reference, objectives
from headway.pipelines.comparison.notes import Answers, notes
from headway.pipelines.comparison.picture import drawable
from headway.pipelines.comparison.results import Results, Score, Trace, about, measured, slug
from headway.pipelines.comparison.testset import source
from headway.pipelines.comparison.verdict import LEARNED, decide
from headway.pipelines.configuration.schema import CompareConfig
from headway.problem import Problem

POINTS = 500  # points kept of an anytime curve


@dataclass(frozen=True)
class Comparison:
    """What a configuration means: who answers what.

    Attributes
    ----------
    instances : batches of one
    known : references, by name
    """

    config: CompareConfig
    problem: Problem[Any, Any]
    instances: Sequence[Instance]
    digests: Sequence[str]
    known: Mapping[str, Reference]
    entrants: Sequence[Entrant]


def conclude(comparison: Comparison, answers: Answers, folder: Path) -> None:
    """Write ``results.json``, ``pictures/`` and ``solutions/<contestant>/<seed>-<instance>.npz`` into ``folder``."""
    config, problem = comparison.config, comparison.problem
    table = tabulate(comparison, answers)
    rows = table.rows()
    verdict, decision = decide(table, rows)
    _save_solutions(folder, answers)
    results = Results(
        verb="compare",
        verdict=verdict,
        decision=decision,
        problem=about(problem, config.problem.options),
        budget={"cpu": config.budget, "threads": config.threads, "wall": config.wall, "memory": config.memory},
        instances={
            "n": len(comparison.instances),
            "source": source(config),
            "seed": config.seed,
            "digests": comparison.digests,
        },
        seeds=list(range(config.seeds)),
        confidence=config.confidence,
        resamples=config.resamples,
        reference=_reference(table),
        rows=rows,
        scores=table.scores,
        traces=_traces(answers),
        profiles=table.profiles(),
        notes=notes(problem, table, answers),
        pictures=_draw(comparison, table, answers, folder),
    )
    results.write(folder)


def tabulate(comparison: Comparison, answers: Answers) -> Table:
    """All scores, and the reference they are measured against."""
    config, problem, entrants = comparison.config, comparison.problem, comparison.entrants
    scores = [_score(*key, index, o) for key, outcomes in answers.items() for index, o in enumerate(outcomes)]
    found = objectives(entrants, scores, len(comparison.instances))
    oracles = [entrant.label for entrant in entrants if entrant.kind == "oracle"]
    name, reference = choose_reference(problem, comparison.known, found, config.reference, oracles)
    return Table(problem, entrants, scores, found, name, reference, config.confidence, config.resamples)


def _score(label: str, seed: int, instance: int, outcome: Outcome) -> Score:
    return Score(
        contestant=label,
        seed=seed,
        instance=instance,
        feasible=outcome.feasible,
        objective=outcome.objective,
        status=outcome.status,
        message=outcome.message,
        seconds=outcome.seconds,
        cpu_seconds=outcome.cpu_seconds,
        load_seconds=outcome.load_seconds,
        bound=outcome.bound,
        **measured(outcome.evaluation),
    )


def _traces(answers: Answers) -> list[Trace]:
    return [
        Trace(label, seed, index, _thinned(outcome.trace))
        for (label, seed), outcomes in answers.items()
        for index, outcome in enumerate(outcomes)
    ]


def _thinned(points: Sequence[Point]) -> list[tuple[float, float, float, bool]]:
    chosen = np.unique(np.linspace(0, len(points) - 1, min(len(points), POINTS)).astype(int))
    return [tuple(points[i]) for i in chosen]


def _reference(table: Table) -> dict[str, Any]:
    reference = table.reference
    facts = {"kind": reference.kind, "source": reference.source, "rederived": reference.rederived}
    return {"name": table.reference_name, **facts, "values": [float(x) for x in reference.value]}


# -- files ------------------------------------------------------------------------------------
def _save_solutions(folder: Path, answers: Answers) -> None:
    for (label, seed), outcomes in answers.items():
        for index, outcome in enumerate(outcomes):
            if outcome.solution is not None:
                outcome.solution.save(folder / "solutions" / slug(label) / f"{seed}-{index}.npz")


def _draw(comparison: Comparison, table: Table, answers: Answers, folder: Path) -> list[dict[str, Any]]:
    """Pictures of the first instances, by the best contestant of either kind."""
    ranked = [row for row in table.rows() if row.rank is not None]
    sides = [[r for r in ranked if (r.kind in LEARNED) is learned] for learned in (True, False)]
    drawn: list[dict[str, Any]] = []
    for row in (side[0] for side in sides if side):
        for index, instance in enumerate(comparison.instances[: comparison.config.pictures]):
            outcome = next(o[index] for (label, _), o in answers.items() if label == row.contestant)
            if outcome.solution is None:
                continue
            file = Path("pictures") / f"{slug(row.contestant)}-{index}.svg"
            if not drawable(comparison.problem, instance, outcome.solution, folder / file):
                return drawn
            drawn.append({"contestant": row.contestant, "instance": index, "file": str(file)})
    return drawn
