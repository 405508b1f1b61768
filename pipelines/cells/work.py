"""What a worker does: one cell, from plain data to plain data. It knows no run folder and no tracker."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

from headway.components import build, options
from headway.contest import runner
from headway.errors import CapabilityError
from headway.pipelines.cells.answers import packed
from headway.pipelines.cells.cell import Cell, reference, source
from headway.pipelines.cells.portable import Files, Portable
from headway.problem import Problem, lookup
from headway.solver import Budget


@dataclass(frozen=True)
class Task:
    """A cell on its way to a worker.

    Attributes
    ----------
    grid : which call it belongs to; within one, workers keep the problems that they have built
    problem, options : its class as ``module:Class``, its options as JSON
    instances : the arrays of each, a batch of one
    version : of the headway that asks
    """

    address: str
    grid: str
    problem: str
    options: str
    contestant: Portable
    seed: int
    instances: Sequence[Mapping[str, Any]]
    budget: Budget
    version: str

    @classmethod
    def of(cls, cell: Cell, grid: str) -> Task:
        """What a worker is sent."""
        from pydantic_core import to_json

        return cls(
            address=cell.address,
            grid=grid,
            problem=reference(cell.problem),
            options=to_json(options(cell.problem)).decode(),
            contestant=cell.contestant,
            seed=cell.seed,
            instances=[instance.arrays() for instance in cell.instances],
            budget=cell.budget,
            version=source()["version"],
        )


@dataclass(frozen=True)
class Filled:
    """What became of a task: the files of its answer (`headway.pipelines.cells.answers`), or None and why not."""

    address: str
    files: Files | None
    why: str = ""


def work(task: Task) -> Filled:
    """Run the contestant on each instance, re-score what it answers.

    Raises
    ------
    CapabilityError
        This machine has another version of headway.
    """
    if (own := metadata.version("headway")) != task.version:
        raise CapabilityError("a worker has another version of headway", where="executor", got=own,
                              expected=task.version, hint="install the same version on every host")  # fmt: skip
    problem = _problem(task.grid, task.problem, task.options)
    instances = [problem.instance_type.made(dict(arrays)) for arrays in task.instances]
    with tempfile.TemporaryDirectory(prefix="headway-") as folder:
        contestant = task.contestant.unpacked(Path(folder))
        return Filled(task.address, packed(runner.run(contestant, problem, instances, task.budget, task.seed)))


@lru_cache(maxsize=4)
def _problem(grid: str, problem: str, options: str) -> Problem[Any, Any]:
    try:
        cls = lookup("problem", problem, {problem: problem})
    except ModuleNotFoundError as error:
        raise CapabilityError("a worker cannot import the problem", where="executor", got=error, expected=problem,
                              hint="install its package on every host") from error  # fmt: skip
    return build(cls, json.loads(options), where="problem")
