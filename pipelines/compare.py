"""Contestants on the same instances, under the same budget and clock: does learning make headway?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from headway.pipelines.cells.cell import Cell, shards
from headway.pipelines.cells.grid import Grid, Watch, fill
from headway.pipelines.cells.portable import Portable
from headway.pipelines.comparison.conclusion import Comparison, conclude
from headway.pipelines.comparison.entrants import enter, refuse_leakage
from headway.pipelines.comparison.notes import Answers
from headway.pipelines.comparison.publish import publish
from headway.pipelines.comparison.testset import test_instances
from headway.pipelines.configuration.budget import budget
from headway.pipelines.configuration.schema import CompareConfig
from headway.pipelines.resumption import noted, refuse_resuming
from headway.registry import make_problem
from headway.runs import Run


def compare(config: CompareConfig, *, root: Path | None = None, watch: Watch = lambda done, total, label: None) -> Run:
    """Run every contestant on every instance with every seed; the run folder gets ``results.json``.

    Beside it are ``cells/``, ``pictures/``, ``solutions/<contestant>/<seed>-<instance>.npz`` and, unless switched
    off, ``report.html``.

    Parameters
    ----------
    root : folder for the run's folder; by default ``config.runs``
    watch : hears of answers as they come

    Raises
    ------
    LeakageError
        A learned contestant has seen one of the instances in training.
    CapabilityError
        The executor needs what is not there.
    """
    comparison = prepare(config)
    run = Run.create("compare", config.model_dump(mode="json"), root=root or config.runs, problem=config.problem.name,
                     name=config.name)  # fmt: skip
    _run(comparison, run, watch)
    publish(run, tracking=config.tracking.uri, report=config.report)
    return run


def resume_comparison(run: Run, watch: Watch = lambda done, total, label: None) -> Run:
    """Go on with a comparison that was killed: finished cells are read, the others computed.

    What has changed since (instances in a file, a stored policy, headway itself) has other addresses, and is computed
    again.

    Raises
    ------
    ConfigError
        The run belongs to another one, or is still running.
    """
    config = CompareConfig.model_validate(run.config)
    if run.status != "finished":
        refuse_resuming(run)
        _run(prepare(config), run, watch)
    publish(run, tracking=config.tracking.uri, report=config.report)
    return run


def prepare(config: CompareConfig) -> Comparison:
    """Everything that a comparison needs to begin, checked.

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
    return Comparison(config, problem, instances, digests, known, entrants)


class Entered(NamedTuple):
    """One contestant with one seed, and its cells in the order of the instances."""

    label: str
    seed: int
    cells: Sequence[Cell]


class Contest:
    """A comparison under way in its run folder."""

    def __init__(self, comparison: Comparison, run: Run) -> None:
        self.comparison, self.run = comparison, run
        self.entered = list(_entered(comparison))
        self.grid = Grid(run, [cell for one in self.entered for cell in one.cells])

    def conclude(self) -> None:
        """Write the results, once the grid is full."""
        answers: Answers = {
            (one.label, one.seed): [outcome for cell in one.cells for outcome in self.grid.found[cell.address]]
            for one in self.entered
        }
        conclude(self.comparison, answers, self.run.folder)


def _run(comparison: Comparison, run: Run, watch: Watch) -> None:
    config = comparison.config
    with noted(run), run:
        contest = Contest(comparison, run)
        fill([contest.grid], config.executor, config.threads, watch)
        contest.conclude()


def _entered(comparison: Comparison) -> Iterator[Entered]:
    config, problem, allowed = comparison.config, comparison.problem, budget(comparison.config)
    parts = list(shards(comparison.instances, config.shard, allowed))
    for entrant in comparison.entrants:
        packed = {id(member): Portable.of(member) for member in entrant.members}
        for seed, member in entrant.runs(config.seeds):
            cells = [Cell(problem, packed[id(member)], seed, part, allowed) for part in parts]
            yield Entered(entrant.label, seed, cells)
