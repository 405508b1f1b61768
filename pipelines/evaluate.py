"""Score a solution from a file with the problem's single scorer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from headway.batch import Batch, Instance
from headway.errors import DataError
from headway.evaluation import Evaluation
from headway.pipelines.comparison.picture import picture
from headway.pipelines.comparison.results import measured
from headway.pipelines.configuration.schema import EvaluateConfig
from headway.problem import Problem
from headway.registry import make_problem


def evaluate(config: EvaluateConfig) -> dict[str, Any]:
    """What the scorer says; JSON-able but for NaN.

    Returns
    -------
    ``feasible``, ``objective``, ``violations`` and ``metrics`` (name -> number), ``problem``, ``unit``,
    ``instance`` and ``solution`` (the files)

    Raises
    ------
    InstanceError, SolutionError
        A file cannot be read, or the solution does not belong to the instance.
    """
    problem = make_problem(config.problem.name, **config.problem.options)
    instance = read_instance(problem, config.instance, config.index)
    solution = problem.read_solution(instance, config.solution)
    result = judged(problem, instance, solution)
    if config.picture is not None:
        picture(problem, instance, solution, config.picture)
    return result | {"instance": str(config.instance), "solution": str(config.solution)}


def read_instance(problem: Problem[Any, Any], path: Path, index: int) -> Instance:
    """One instance of a file, as a batch of one."""
    instances = problem.load(path)
    if not 0 <= index < len(instances):
        raise DataError(
            "the file has no such instance", where=f"{path}, index", got=index, expected=f"0 to {len(instances) - 1}"
        )
    one: Instance = instances[index]
    return one


def judged(problem: Problem[Any, Any], instance: Instance, solution: Batch) -> dict[str, Any]:
    """The scorer's verdict on one solution, as plain numbers."""
    return {"problem": problem.name, "unit": problem.unit, **described(problem.evaluate(instance, solution))}


def described(evaluation: Evaluation | None) -> dict[str, Any]:
    """An evaluation of one solution as plain numbers; None: there is no solution."""
    feasible, objective = False, None
    if evaluation is not None:
        feasible, objective = bool(evaluation.feasible[0]), float(evaluation.objective[0])
    return {"feasible": feasible, "objective": objective, **measured(evaluation)}
