"""Contestants through real history, each decision and each fit seeing the past only."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from headway.batch import Instance
from headway.contest.contestants import Contestant
from headway.errors import CapabilityError, LeakageError, UnknownNameError
from headway.pipelines.comparison import parts
from headway.pipelines.comparison.entrants import Entrant, enter, pairs, with_ablations
from headway.pipelines.comparison.fits import Fits
from headway.pipelines.comparison.periods import labels, scored, span, start
from headway.pipelines.comparison.picture import drawable
from headway.pipelines.comparison.publish import publish
from headway.pipelines.comparison.results import Results, Score, about, digested, measured, slug
from headway.pipelines.comparison.retrain import Retrain, Trainee, is_agent, trainee
from headway.pipelines.comparison.spans import calendar, refuse_outside, stretches
from headway.pipelines.comparison.study import study
from headway.pipelines.comparison.timeline import Timeline, Track
from headway.pipelines.comparison.trials import count
from headway.pipelines.comparison.verdict import claims, decide
from headway.pipelines.comparison.walkforward import (
    Fitted,
    Keep,
    Refit,
    Schedule,
    Walked,
    first_period,
    fitted,
    walk_forward,
)
from headway.pipelines.configuration.schema import BacktestConfig, Entry
from headway.policy import Policy
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
            _refuse_leakage(member, problem, history)
    record = config.model_dump(mode="json")
    with Run.create("backtest", record, root=root or config.runs, problem=problem.name, name=config.name) as run:
        tracks, fits = {}, Fits(run.folder, problem, history)
        for done, entrant in enumerate(entrants, 1):
            tracks[entrant.label] = _track(config, problem, history, entrant, run, fits)
            run.log(done, {f"{entrant.label}/objective": tracks[entrant.label].objective})
            watch(done, len(entrants), entrant.label)
        results = _results(config, problem, history, tracks, reference, entrants, run.folder)
        results.write(run.folder)
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


def _refuse_leakage(contestant: Contestant, problem: Problem[Any, Any], history: Instance) -> None:
    """Raise LeakageError where the stored policy's test split begins after the first decision scored here."""
    from headway.storage.stored import load_policy

    for folder in contestant.policies:
        policy = load_policy(folder)
        theirs = make_problem(policy.problem_name, **policy.problem_options)
        try:
            unseen = theirs.history()
        except CapabilityError:  # it learned from a law, and saw nothing of any history
            continue
        first, since = start(problem, history), start(theirs, unseen)
        if type(first) is type(since) and first < since:
            raise LeakageError(
                f"{contestant.label} was trained on periods that this backtest scores",
                where="start",
                got=first,
                expected=f"{since} or later",
                hint="start later, or enter the agent by name, to be trained on the past at every refit",
            )


# -- walking ----------------------------------------------------------------------------------
def _track(
    config: BacktestConfig, problem: Problem[Any, Any], history: Instance, entrant: Entrant, run: Run, fits: Fits
) -> Track:
    scores, walks, trained = list[Score](), list[Walked | None](), entrant.training_seconds
    for seed, member in entrant.runs(_seeds(config, problem, entrant)):
        refit = _refit(config, member, entrant.label, seed, run)
        keep = partial(_keep_fit, fits, entrant.label, seed, refit)
        walked, failure = _attempt(config, problem, history, member, seed, refit, keep)
        scores.append(_score(entrant.label, seed, walked, failure))
        walks.append(walked)
        if isinstance(refit, Retrain):
            trained = refit.cpu_seconds + (0.0 if math.isnan(trained) else trained)
        if walked is not None:
            _keep(problem, history, walked, entrant.label, seed, run.folder)
    evaluations = [None if walked is None else walked.evaluation for walked in walks]
    solutions = [walked.solution for walked in walks if walked is not None]
    return Track(entrant.label, entrant.kind, scores, evaluations, trained, solutions)


def _refit(config: BacktestConfig, member: Contestant, label: str, seed: int, run: Run) -> Refit:
    if isinstance(member, Trainee) and member.config is not None:
        return Retrain(member.config, run, slug(label), seed, warm=config.warm, steps=config.refit_steps)
    return fitted


def _keep_fit(fits: Fits, label: str, seed: int, refit: Refit, made: Fitted) -> None:
    fits.keep(label, seed, made, refit.policy if isinstance(refit, Retrain) else None)


def _keep(problem: Problem[Any, Any], history: Instance, walked: Walked, label: str, seed: int, folder: Path) -> None:
    walked.solution.save(folder / "solutions" / slug(label) / f"{seed}.npz")
    if seed == 0:
        drawable(problem, history, walked.solution, folder / "pictures" / f"{slug(label)}.svg")


def _seeds(config: BacktestConfig, problem: Problem[Any, Any], entrant: Entrant) -> int:
    """Planners and oracles draw nothing at random, so one seed tells all."""
    return config.seeds if isinstance(entrant.members[0].load(problem), Policy) else 1


def _attempt(
    config: BacktestConfig,
    problem: Problem[Any, Any],
    history: Instance,
    member: Contestant,
    seed: int,
    refit: Refit,
    keep: Keep,
) -> tuple[Walked | None, str]:
    schedule = Schedule(config.refit, config.purge, config.embargo, config.train_window, config.warm)
    walk = partial(walk_forward, member, problem, history, schedule, seed=seed, refit=refit, keep=keep)
    try:
        return walk(), ""
    except Exception as error:  # a contestant may raise anything: it is an outcome, and recorded
        return None, f"{type(error).__name__}: {error}"


def _score(label: str, seed: int, walked: Walked | None, failure: str) -> Score:
    if walked is None:
        return Score(label, seed, 0, feasible=False, objective=math.nan, status="error", message=failure)
    evaluation = walked.evaluation
    feasible = bool(evaluation.feasible[0])
    return Score(
        contestant=label,
        seed=seed,
        instance=0,
        feasible=feasible,
        objective=float(evaluation.objective[0]),
        status="finished" if feasible else "infeasible",
        message=f"refitted at periods {', '.join(map(str, walked.refits))}" if len(walked.refits) > 1 else "",
        seconds=walked.seconds,
        cpu_seconds=walked.cpu_seconds,
        **measured(evaluation),
    )


# -- results ----------------------------------------------------------------------------------
def _results(
    config: BacktestConfig,
    problem: Problem[Any, Any],
    history: Instance,
    tracks: dict[str, Track],
    reference: str,
    entrants: Sequence[Entrant],
    folder: Path,
) -> Results:
    timeline = Timeline(problem, tracks, reference, config.confidence, config.resamples)
    rows = timeline.rows()
    verdict, decision = decide(timeline, rows)
    scores = [score for track in tracks.values() for score in track.scores]
    stored = [policy for entrant in entrants for member in entrant.members for policy in member.policies]
    digest = history.digest()
    trials = count(folder.parent, problem.name, digest, rows, scores, stored, tracking=config.tracking.uri)
    clock = scored(problem, history, tracks)
    spans = [*calendar(clock), *stretches(clock, problem.stress, config.stress)]
    found = parts.parts(timeline, clock, spans)
    parts.write(found, folder)
    findings = problem.findings(study(timeline, rows, history, trials, spans))
    files = sorted((folder / "pictures").glob("*.svg"))
    return Results(
        verb="backtest",
        verdict=verdict,
        decision=decision,
        problem=about(problem, config.problem.options),
        instances={"n": 1, "source": span(problem, history), "seed": None, "digests": [digest]},
        seeds=list(range(config.seeds)),
        confidence=config.confidence,
        resamples=config.resamples,
        reference={
            "name": reference,
            "kind": "policy",
            "source": f"{reference}, in this backtest",
            "rederived": True,
            "values": [tracks[reference].objective],
        },
        rows=rows,
        scores=scores,
        notes=[*claims(timeline, pairs(entrants)), *findings.notes, *problem.caveats],
        pictures=[
            {"contestant": label, "instance": 0, "file": f"pictures/{slug(label)}.svg"}
            for label in tracks
            if folder / "pictures" / f"{slug(label)}.svg" in files
        ],
        series={label: _series(track) for label, track in tracks.items()},
        periods=labels(clock),
        spans=parts.records(found),
        trials=trials,
        findings=replace(findings, tables=[*findings.tables, *parts.tables(found, problem.unit)]),
    )


def _series(track: Track) -> list[dict[str, Any]]:
    return [
        {"seed": score.seed, **digested(evaluation), **{name: values[0] for name, values in evaluation.series.items()}}
        for score, evaluation in zip(track.scores, track.evaluations, strict=True)
        if evaluation is not None
    ]
