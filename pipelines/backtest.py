"""Contestants through real history, each decision and each fit seeing the past only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from headway.batch import Instance
from headway.errors import UnknownNameError
from headway.pipelines.comparison.entrants import Entrant, enter, with_ablations
from headway.pipelines.comparison.fits import Fits
from headway.pipelines.comparison.leakage import refuse_leakage
from headway.pipelines.comparison.publish import publish
from headway.pipelines.comparison.retrain import is_agent, trainee
from headway.pipelines.comparison.spans import refuse_outside
from headway.pipelines.comparison.tracks import track
from headway.pipelines.comparison.walked import results
from headway.pipelines.comparison.walkforward import first_period
from headway.pipelines.configuration.schema import BacktestConfig, Entry
from headway.problem import Problem
from headway.registry import make_problem
from headway.runs import Run

Watch = Callable[[int, int, str], None]  # contestants so far, contestants in all, the last one


def backtest(
    config: BacktestConfig, *, root: Path | None = None, watch: Watch = lambda done, total, label: None
) -> Run:
    """Walk every contestant through the history; the run folder gets ``results.json``.

    An entry that names an agent is trained on what is known before the first decision, and again at
    every refit, in child runs. Stored policies stay as they are. Beside the results are ``pictures/``
    and ``solutions/<contestant>/<seed>.npz``, and of every fit what it saw and learned (`Fits`).

    Raises
    ------
    CapabilityError
        The problem has no history, or a contestant is a solver that would see all of it.
    LeakageError
        A stored policy was trained on days that are scored here.
    """
    problem = make_problem(config.problem.name, **config.problem.options)
    history = problem.history(config.start, config.end)
    refuse_outside(problem.clock(history)[first_period(problem.environment(), history) :], config.stress)
    entrants, reference = _entrants(config, problem, history)
    for entrant in entrants:
        for member in entrant.members:
            refuse_leakage(member, problem, history)
    record = config.model_dump(mode="json")
    with Run.create("backtest", record, root=root or config.runs, problem=problem.name, name=config.name) as run:
        tracks, fits = {}, Fits(run.folder, problem, history)
        for done, entrant in enumerate(entrants, 1):
            tracks[entrant.label] = track(config, problem, history, entrant, run, fits)
            run.log(done, {f"{entrant.label}/objective": tracks[entrant.label].objective})
            watch(done, len(entrants), entrant.label)
        found = results(config, problem, history, tracks, reference, entrants, fits, run.folder)
        found.write(run.folder)
    publish(run, tracking=config.tracking.uri, report=config.report)
    return run


# -- who takes part ---------------------------------------------------------------------------
def _entrants(config: BacktestConfig, problem: Problem[Any, Any], history: Instance) -> tuple[list[Entrant], str]:
    """The entrants with their ablations, and the label of the reference, entered if nobody did."""
    existing = [entry for entry in config.contestants if not is_agent(entry, problem)]
    entrants = enter(existing, problem, tracking=config.tracking.uri)
    for entry in config.contestants:
        if is_agent(entry, problem):
            agent = trainee(entry, problem, config)
            entrants.append(Entrant(agent.label, "learned", (agent,)))
    entrants = with_ablations(entrants)
    labels = {entrant.label for entrant in entrants}
    reference = config.reference or _usual_reference(problem, history, entrants)
    if reference not in labels:
        if reference not in problem.baselines:
            raise UnknownNameError("reference", reference, [*labels, *problem.baselines], where="reference")
        entrants += enter([Entry(name=reference)], problem)
    return entrants, reference


def _usual_reference(problem: Problem[Any, Any], history: Instance, entrants: Sequence[Entrant]) -> str:
    """The reference policy of the problem, where it is one of its baselines; else the first contestant."""
    named = [n for n, r in problem.references(history).items() if r.kind == "policy" and n in problem.baselines]
    return named[0] if named else entrants[0].label
