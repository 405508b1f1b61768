"""Filling grids: what is kept is read, the rest is computed, and only this process writes."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from headway.contest.outcome import Outcome
from headway.pipelines.cells.cell import Cell
from headway.pipelines.cells.executors import spread
from headway.pipelines.cells.store import Store
from headway.pipelines.cells.work import Filled, Task
from headway.pipelines.configuration.schema import Executor
from headway.runs import Run

Watch = Callable[[int, int, str], None]  # answers so far, answers in all, who gave the last one


@dataclass
class Grid:
    """The cells of one run, and what has been found of them: address -> outcomes."""

    run: Run
    cells: Sequence[Cell]
    found: dict[str, list[Outcome]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.store = Store(self.run.folder)


def fill(grids: Sequence[Grid], executor: Executor, threads: int, watch: Watch) -> None:
    """Find the outcomes of every cell of all grids, spread together.

    What is finished is on disk at once, so that whoever is killed goes on from there. A cell whose workers died twice
    is a crash of its contestant on each of its instances; that is not kept, and tried again when the run is resumed.
    """
    progress = _Progress(grids, watch)
    for grid in grids:
        grid.run.rewind(0)
        for cell in grid.cells:
            if (kept := grid.store.read(cell)) is not None:
                progress.heard(grid, cell, kept)
    places = {cell.address: (grid, cell) for grid in grids for cell in grid.cells if cell.address not in grid.found}
    token = uuid.uuid4().hex
    tasks = (Task.of(cell, token) for _, cell in places.values())
    with closing(spread(tasks, executor, threads)) as filled:
        for answer in filled:
            grid, cell = places[answer.address]
            progress.heard(grid, cell, _outcomes(grid, cell, answer))


def _outcomes(grid: Grid, cell: Cell, answer: Filled) -> list[Outcome]:
    if answer.files is not None:
        return grid.store.write(cell, answer.files)
    return [Outcome("crash", f"the worker died, and so did another one: {answer.why}") for _ in cell.instances]


class _Progress:
    """Counts answers, logs them to their runs, and tells whoever watches."""

    def __init__(self, grids: Sequence[Grid], watch: Watch) -> None:
        self.watch, self.count = watch, 0
        self.total = sum(len(cell.instances) for grid in grids for cell in grid.cells)
        self.steps = {id(grid): 0 for grid in grids}

    def heard(self, grid: Grid, cell: Cell, outcomes: list[Outcome]) -> None:
        grid.found[cell.address] = outcomes
        label = cell.contestant.message["label"]
        for outcome in outcomes:
            self.count += 1
            self.steps[id(grid)] += 1
            grid.run.log(self.steps[id(grid)], dict(_logged(f"{label}/{cell.seed}", outcome)))
        self.watch(self.count, self.total, label)


def _logged(name: str, outcome: Outcome) -> Iterator[tuple[str, float]]:
    yield f"{name}/objective", outcome.objective
    yield f"{name}/feasible", float(outcome.feasible)
    yield f"{name}/cpu_seconds", outcome.cpu_seconds
