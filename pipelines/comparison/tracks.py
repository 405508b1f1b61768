"""One entrant's way through a history, seed by seed; what goes wrong on it is an outcome, and recorded."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import Any

from headway.batch import Instance
from headway.contest.contestants import Contestant
from headway.pipelines.comparison.entrants import Entrant
from headway.pipelines.comparison.fits import Fits
from headway.pipelines.comparison.picture import drawable
from headway.pipelines.comparison.results import Score, measured, slug
from headway.pipelines.comparison.retrain import Retrain, Trainee
from headway.pipelines.comparison.schedule import Schedule
from headway.pipelines.comparison.timeline import Track
from headway.pipelines.comparison.walkforward import Fitted, Keep, Refit, Walked, fitted, walk_forward
from headway.pipelines.configuration.schema import BacktestConfig
from headway.policy import Policy
from headway.problem import Problem
from headway.runs import Run


def track(
    config: BacktestConfig, problem: Problem[Any, Any], history: Instance, entrant: Entrant, run: Run, fits: Fits
) -> Track:
    """Every seed of an entrant through the history: what it scored, what its fits saw, its solutions as files."""
    scores, walks, trained = list[Score](), list[Walked | None](), entrant.training_seconds
    for seed, member in entrant.runs(_seeds(config, problem, entrant)):
        refit = _refit(config, member, entrant.label, seed, run)
        keep = _keeping(fits, entrant.label, seed, member, refit)
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


def _keeping(fits: Fits, label: str, seed: int, member: Contestant, refit: Refit) -> Keep:
    """What is told of each fit. Stored policies stay as they are, so there is nothing to tell."""

    def keep(made: Fitted) -> None:
        if not member.policies:
            fits.keep(label, seed, made, refit.policy if isinstance(refit, Retrain) else None)

    return keep


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
