"""The scorer of dispatched days: the family's scorer on all routes, and the waves they leave in."""

from __future__ import annotations

import numpy as np

from headway.domains.routing.dynamic.instance import Day, Dispatches
from headway.domains.routing.family import evaluate as family
from headway.domains.routing.family.solution import Routes
from headway.errors import SolutionError
from headway.evaluation import Evaluation


def evaluate(day: Day, solution: Dispatches) -> Evaluation:
    """Total distance of all routes.

    Violations: those of `family.evaluate`; orders taken ``early`` (before they were known) or ``late``, in waves; and
    ``split``, orders whose route leaves in another wave than theirs. Metrics: those of the family; ``waiting``, waves
    between release and dispatch per order.

    Raises
    ------
    SolutionError
        The solution has another size than the instance.
    """
    if solution.wave.shape != day.demand.shape:
        raise SolutionError(
            "the solution does not fit the instance", where="Dispatches.wave", got=solution.wave.shape,
            expected=day.demand.shape,
        )  # fmt: skip
    found = family.evaluate(day.task(), Routes(solution.visits))
    order = day.order
    taken = order & _visited(solution, order.shape[1])
    early = np.where(taken, np.maximum(day.release - solution.wave, 0), 0).sum(1)
    late = np.where(taken, np.maximum(solution.wave - day.due, 0), 0).sum(1)
    split = np.array([_split(visits, wave) for visits, wave in zip(solution.visits, solution.wave, strict=True)])
    waited = np.where(taken, solution.wave - day.release, 0).sum(1) / np.maximum(taken.sum(1), 1)
    timing = {"early": early.astype(float), "late": late.astype(float), "split": split.astype(float)}
    return Evaluation(
        objective=found.objective,
        violations=dict(found.violations) | timing,
        metrics=dict(found.metrics) | {"waiting": waited},
    )


def _visited(solution: Dispatches, nodes: int) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    visited = np.zeros((len(solution), nodes), bool)
    row, at = np.nonzero((solution.visits > 0) & (solution.visits < nodes))
    visited[row, solution.visits[row, at]] = True
    return visited


def _split(
    visits: np.ndarray[tuple[int, ...], np.dtype[np.int64]], wave: np.ndarray[tuple[int, ...], np.dtype[np.int64]]
) -> int:
    """Neighbours on a route that leave in different waves."""
    first, second = visits[:-1], visits[1:]
    inner = (first > 0) & (second > 0) & (first < len(wave)) & (second < len(wave))
    return int((wave[first[inner]] != wave[second[inner]]).sum())
