"""One contestant on one instance, in a process of its own; the solution to a file."""

from __future__ import annotations

from typing import Any

from headway.contest import runner
from headway.contest.contestants import resolve
from headway.contest.outcome import Outcome
from headway.errors import SolverError
from headway.pipelines.comparison.picture import picture
from headway.pipelines.configuration.budget import budget
from headway.pipelines.configuration.schema import SolveConfig
from headway.pipelines.evaluate import described, read_instance
from headway.registry import make_problem


def solve(config: SolveConfig) -> dict[str, Any]:
    """Run the contestant, re-score its answer, write the solution; JSON-able but for NaN.

    An answer that came after the budget is taken too: unlike in a comparison, it is better than none.
    ``status`` then says ``late``.

    Returns
    -------
    ``feasible``, ``objective`` (None without an answer), ``violations``, ``metrics``, ``status``,
    ``message``, ``seconds`` (wall), ``cpu_seconds``, ``load_seconds``, ``bound``, ``contestant``,
    ``problem``, ``unit``, ``instance``, ``out`` (the file written, or None) and ``trace``
    ([CPU-seconds, wall seconds, objective, feasible] of each incumbent)

    Raises
    ------
    SolverError
        The contestant crashed, hung, ran out of memory, raised or answered nonsense, and left no answer.
    """
    problem = make_problem(config.problem.name, **config.problem.options)
    instance = read_instance(problem, config.instance, config.index)
    entry = config.contestant
    contestant = resolve(entry.name, problem, entry.options, label=entry.label, tracking=config.tracking.uri)
    (outcome,) = runner.run(contestant, problem, instance, budget(config), config.seed)
    solution = outcome.latest if outcome.solution is None else outcome.solution
    if solution is None and outcome.status != "none":
        raise _failure(contestant.label, outcome)
    out = None
    if solution is not None and config.out is not None:
        config.out.parent.mkdir(parents=True, exist_ok=True)
        out = problem.write_solution(instance, solution, config.out)
    if solution is not None and config.picture is not None:
        picture(problem, instance, solution, config.picture)
    evaluation = None if solution is None else problem.evaluate(instance, solution)
    return {
        **described(evaluation),
        "status": outcome.status,
        "message": outcome.message,
        "seconds": outcome.seconds,
        "cpu_seconds": outcome.cpu_seconds,
        "load_seconds": outcome.load_seconds,
        "bound": outcome.bound,
        "contestant": contestant.label,
        "problem": problem.name,
        "unit": problem.unit,
        "instance": str(config.instance),
        "out": None if out is None else str(out),
        "trace": [list(point) for point in outcome.trace],
    }


def _failure(label: str, outcome: Outcome) -> SolverError:
    ended = {
        "hang": "did not end",
        "crash": "crashed",
        "memory": "took too much memory",
        "invalid": "answered nonsense",
    }
    return SolverError(
        f"{label} {ended.get(outcome.status, 'failed')}, and left no answer",
        where=f"contestant {label!r}",
        got=outcome.message,
        expected="a solution",
        hint="raise wall= or memory=" if outcome.status in ("hang", "memory") else None,
    )
