"""Contestants on the same instances, under the same budget and clock: does learning make headway?"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from headway.batch import Instance
from headway.contest import runner
from headway.contest.contestants import Contestant
from headway.contest.outcome import Outcome, Point
from headway.evaluation import Reference
from headway.pipelines.comparison.entrants import Entrant, enter, refuse_leakage
from headway.pipelines.comparison.leaderboard import Table, choose_reference, objectives
from headway.pipelines.comparison.notes import Answers, notes
from headway.pipelines.comparison.picture import drawable
from headway.pipelines.comparison.publish import publish
from headway.pipelines.comparison.results import Results, Score, Trace, about, measured, slug
from headway.pipelines.comparison.testset import source, test_instances
from headway.pipelines.comparison.verdict import LEARNED, decide
from headway.pipelines.configuration.budget import budget
from headway.pipelines.configuration.schema import CompareConfig
from headway.problem import Problem
from headway.registry import make_problem
from headway.runs import Run

POINTS = 500  # points kept of an anytime curve

Watch = Callable[[int, int, str], None]  # answers so far, answers in all, who gave the last one


@dataclass(frozen=True)
class Cell:
    """One contestant with one seed: what one worker runs."""

    entrant: Entrant
    seed: int
    contestant: Contestant


def compare(config: CompareConfig, *, root: Path | None = None, watch: Watch = lambda done, total, label: None) -> Run:
    """Run every contestant on every instance with every seed; the run folder gets ``results.json``.

    Beside it are ``pictures/``, ``solutions/<contestant>/<seed>-<instance>.npz`` and, unless switched
    off, ``report.html``.

    Parameters
    ----------
    root : folder for the run's folder; by default ``config.runs``
    watch : hears of each answer

    Raises
    ------
    LeakageError
        A learned contestant has seen one of the instances in training.
    """
    problem = make_problem(config.problem.name, **config.problem.options)
    instances, known = test_instances(problem, config)
    digests = [instance.digest() for instance in instances]
    entrants = enter(config.contestants, problem, tracking=config.tracking.uri, ablations=config.ablations)
    refuse_leakage(entrants, digests)
    record = config.model_dump(mode="json")
    with Run.create("compare", record, root=root or config.runs, problem=problem.name, name=config.name) as run:
        answers = _answers(config, problem, instances, entrants, run, watch)
        table = tabulate(config, problem, entrants, answers, known)
        rows = table.rows()
        verdict, decision = decide(table, rows)
        _save_solutions(run.folder, answers)
        results = Results(
            verb="compare",
            verdict=verdict,
            decision=decision,
            problem=about(problem, config.problem.options),
            budget={"cpu": config.budget, "threads": config.threads, "wall": config.wall, "memory": config.memory},
            instances={"n": len(instances), "source": source(config), "seed": config.seed, "digests": digests},
            seeds=list(range(config.seeds)),
            confidence=config.confidence,
            resamples=config.resamples,
            reference=_reference(table),
            rows=rows,
            scores=table.scores,
            traces=_traces(answers),
            profiles=table.profiles(),
            notes=notes(problem, table, answers),
            pictures=_draw(config, problem, instances, table, answers, run.folder),
        )
        results.write(run.folder)
    publish(run, tracking=config.tracking.uri, report=config.report)
    return run


def tabulate(
    config: CompareConfig,
    problem: Problem[Any, Any],
    entrants: Sequence[Entrant],
    answers: Answers,
    known: dict[str, Reference],
) -> Table:
    """All scores, and the reference they are measured against."""
    scores = [_score(*key, index, o) for key, outcomes in answers.items() for index, o in enumerate(outcomes)]
    found = objectives(entrants, scores, len(next(iter(answers.values()))))
    oracles = [entrant.label for entrant in entrants if entrant.kind == "oracle"]
    name, reference = choose_reference(problem, known, found, config.reference, oracles)
    return Table(problem, entrants, scores, found, name, reference, config.confidence, config.resamples)


# -- running ----------------------------------------------------------------------------------
def _answers(
    config: CompareConfig,
    problem: Problem[Any, Any],
    instances: Sequence[Instance],
    entrants: Sequence[Entrant],
    run: Run,
    watch: Watch,
) -> Answers:
    cells = [Cell(e, seed, c) for e in entrants for seed, c in e.runs(config.seeds)]
    allowed = budget(config)
    total, count, lock = len(cells) * len(instances), iter(range(1, 10**12)), threading.Lock()
    stopped = threading.Event()

    def work(cell: Cell) -> list[Outcome]:
        def done(outcome: Outcome) -> None:
            if stopped.is_set():
                raise KeyboardInterrupt
            with lock:
                step = next(count)
                run.log(step, _log(cell, outcome))
                watch(step, total, cell.entrant.label)

        return runner.run(cell.contestant, problem, instances, allowed, cell.seed, done=done)

    outcomes = _spread(work, cells, config.jobs, stopped)
    return {(cell.entrant.label, cell.seed): o for cell, o in zip(cells, outcomes, strict=True)}


def _spread(
    work: Callable[[Cell], list[Outcome]], cells: Sequence[Cell], jobs: int, stopped: threading.Event
) -> list[list[Outcome]]:
    if jobs == 1:
        return [work(cell) for cell in cells]
    with ThreadPoolExecutor(jobs) as pool:
        try:
            return list(pool.map(work, cells))
        except BaseException:
            stopped.set()  # what is running ends with its present instance
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _log(cell: Cell, outcome: Outcome) -> dict[str, float]:
    label = f"{cell.entrant.label}/{cell.seed}"
    return {
        f"{label}/objective": outcome.objective,
        f"{label}/feasible": float(outcome.feasible),
        f"{label}/cpu_seconds": outcome.cpu_seconds,
    }


# -- results ----------------------------------------------------------------------------------
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


def _draw(
    config: CompareConfig,
    problem: Problem[Any, Any],
    instances: Sequence[Instance],
    table: Table,
    answers: Answers,
    folder: Path,
) -> list[dict[str, Any]]:
    """Pictures of the first instances, by the best contestant of either kind."""
    ranked = [row for row in table.rows() if row.rank is not None]
    sides = [[r for r in ranked if (r.kind in LEARNED) is learned] for learned in (True, False)]
    drawn: list[dict[str, Any]] = []
    for row in (side[0] for side in sides if side):
        for index in range(min(config.pictures, len(instances))):
            outcome = next(o[index] for (label, _), o in answers.items() if label == row.contestant)
            if outcome.solution is None:
                continue
            file = Path("pictures") / f"{slug(row.contestant)}-{index}.svg"
            if not drawable(problem, instances[index], outcome.solution, folder / file):
                return drawn
            drawn.append({"contestant": row.contestant, "instance": index, "file": str(file)})
    return drawn
