"""The single scorer: pure, row by row, independent of the dynamics."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway.batch import Batch
from headway.errors import SolutionError
from headway.evaluation import Evaluation
from headway.testing.case import ProblemCase
from headway.testing.check import on_problem, require
from headway.testing.same import frozen, require_same

SAME = 1e-12


@on_problem()
def check_evaluation_has_its_shape(case: ProblemCase) -> None:
    """`evaluate` gives float64 arrays of the batch's length; violations are finite and >= 0."""
    n, evaluation = len(case.instance), case.problem.evaluate(case.instance, case.random.solution)
    require(isinstance(evaluation, Evaluation), "`evaluate` returns no Evaluation", got=type(evaluation))
    columns = {"objective": evaluation.objective, **evaluation.violations, **evaluation.metrics}
    for name, array in columns.items():
        require(array.shape == (n,), "a column has another shape", where=name, got=array.shape, expected=(n,))
        require(
            array.dtype == np.float64, "a column has another dtype", where=name, got=array.dtype, expected="float64"
        )
    for name, amount in evaluation.violations.items():
        require((amount >= 0).all(), "a violation is negative or NaN", where=name, got=amount, expected=">= 0")
    for name, array in evaluation.series.items():
        require(array.ndim == 2 and len(array) == n, "a series is not [B, T]", where=name, got=array.shape)


@on_problem()
def check_evaluation_is_pure(case: ProblemCase) -> None:
    """`evaluate` is pure: the same twice, and it writes into neither argument."""
    instance, solution = frozen(case.instance), frozen(case.random.solution)
    first = case.problem.evaluate(instance, solution)
    require_same(case.problem.evaluate(instance, solution), first, "the second evaluation differs")


@on_problem()
def check_evaluation_is_by_row(case: ProblemCase) -> None:
    """`evaluate` scores each row on its own."""
    problem, instance, solution = case.problem, case.instance, case.random.solution
    whole = problem.evaluate(instance, solution)
    for i in range(len(instance)):
        alone = problem.evaluate(instance[i], solution[i])
        require_same(alone, whole.row(i), "a row alone scores differently", where=f"row {i}", tolerance=SAME)


@on_problem()
def check_evaluation_refuses_other_lengths(case: ProblemCase) -> None:
    """A solution with another number of rows is refused with SolutionError."""
    try:
        case.problem.evaluate(case.instance, case.random.solution[:-1])
    except SolutionError:
        return
    require(False, "a solution with a row missing is scored", where="Problem.evaluate", expected="SolutionError")


@on_problem()
def check_evaluation_survives_other_sizes(case: ProblemCase) -> None:
    """A solution of another size is refused, or scored as infeasible or as the same: never a crash."""
    solution = case.random.solution
    right = case.problem.evaluate(case.instance, solution)
    for size in {array.shape[1] for array in solution.arrays().values() if array.ndim > 1}:
        sized = {name: a for name, a in solution.arrays().items() if a.ndim > 1 and a.shape[1] == size}
        _require_no_better(case, {name: a[:, :-1] for name, a in sized.items()}, right)
        _require_no_better(case, {n: np.concatenate([a, a[:, -1:]], axis=1) for n, a in sized.items()}, right)


def _require_no_better(case: ProblemCase, change: dict[str, NDArray[Any]], right: Evaluation) -> None:
    solution = case.random.solution
    try:
        scored = case.problem.evaluate(case.instance, type(solution).made(solution.arrays() | change))
    except SolutionError:
        return
    same = np.isclose(scored.objective, right.objective, rtol=1e-9, atol=1e-9)
    require(
        (same | ~scored.feasible).all(),
        "a solution of another size scores as feasible and differently",
        where=", ".join(change),
        got=scored.objective,
        expected=right.objective,
    )


@on_problem()
def check_evaluation_survives_foreign_solutions(case: ProblemCase) -> None:
    """The solution of one instance, given for another, is refused or scored: never a crash."""
    try:
        scored = case.problem.evaluate(case.instance, case.random.solution[::-1])
    except SolutionError:
        return
    require(len(scored) == len(case.instance), "another number of rows is scored", got=len(scored))


@on_problem()
def check_solutions_have_their_type(case: ProblemCase) -> None:
    """Solutions are batches of the problem's solution type."""
    kind = case.problem.solution_type
    require(issubclass(kind, Batch), "the solution type is no Batch", got=kind)
    for name, solution in [("random play", case.random.solution), *((a.name, a.solution) for a in case.answers)]:
        require(type(solution) is kind, "a solution has another type", where=name, got=type(solution), expected=kind)


@on_problem()
def check_scorer_is_independent(case: ProblemCase) -> None:
    """The scorer shares no code with the dynamics."""
    package = type(case.problem).__module__.rpartition(".")[0]
    scorer = f"{package}.evaluate"
    if not package or importlib.util.find_spec(scorer) is None:
        scorer = _defining(type(case.problem), "evaluate")
    dynamics = {_defining(type(e.environment), "step") for e in case.environments}
    shared = dynamics & _reached(scorer, package)
    require(not shared, "the scorer imports the module of the dynamics", where=scorer, got=", ".join(shared))


def _defining(cls: type, method: str) -> str:
    """The module of the class that defines ``method``."""
    return next(base.__module__ for base in cls.__mro__ if method in vars(base))


def _reached(module: str, package: str) -> set[str]:
    """``module`` and everything of ``package`` that it imports, at any level, directly or not."""
    reached, todo = set(), [module]
    while todo:
        name = todo.pop()
        if name in reached or not name.startswith(package) or not _is_module(name):
            continue
        reached.add(name)
        todo += _imports(importlib.import_module(name))
    return reached


def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # its parent is a module, so this is one of the parent's names
        return False


def _imports(module: object) -> list[str]:
    source = inspect.getsourcefile(module)  # type: ignore[arg-type]
    package = sys.modules[module.__name__].__package__ or ""  # type: ignore[attr-defined]
    found: list[str] = []
    for node in ast.walk(ast.parse(Path(source).read_text())) if source else ():
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            found += [base, *(f"{base}.{alias.name}" for alias in node.names)]
    return found
