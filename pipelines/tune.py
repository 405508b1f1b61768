"""The verb ``tune``: search, then test the incumbent beside the default on what no trial has seen."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from headway.errors import SolverError
from headway.pipelines.configuration.schema import TuneConfig
from headway.pipelines.tuning.defaults import first_trial
from headway.pipelines.tuning.goals import Goal, goals
from headway.pipelines.tuning.incumbent import tested
from headway.pipelines.tuning.results import draw_front, write_trials, write_tuning
from headway.pipelines.tuning.space import Options, space
from headway.pipelines.tuning.study import begin_with, best, open_study, take_up
from headway.pipelines.tuning.workers import Watch, work, work_together
from headway.registry import make_problem
from headway.runs import Run
from headway.tracking import mirror


def tune(config: TuneConfig, *, root: Path | None = None, watch: Watch = lambda done, total, last: None) -> Run:
    """Tune an agent or a solver; the run folder gets the study, ``trials.csv``, ``tuning.json`` and children.

    Trials see tuning instances and seeds of their own; trainings select on validation instances as ever. Default and
    incumbent are then run on test instances, with other seeds.

    Raises
    ------
    ConfigError
        The search space does not fit what is tuned.
    CapabilityError
        Optuna is not installed.
    SolverError
        No trial was finished, or a worker died; the study can be resumed.
    """
    space(config)  # refuse a wrong one before there is a folder
    record = config.model_dump(mode="json")
    run = Run.create("tune", record, root=root or config.runs, problem=config.problem.name, name=config.name)
    return _run(config, run, watch)


def resume_tuning(run: Run, watch: Watch = lambda done, total, last: None) -> Run:
    """Go on with a study that was killed: trials under way are tried again, finished ones are kept."""
    return run if run.status == "finished" else _run(TuneConfig.model_validate(run.config), run, watch)


def _run(config: TuneConfig, run: Run, watch: Watch) -> Run:
    after = goals(config.goals, make_problem(config.problem.name, **config.problem.options))
    with run:
        study = open_study(run.folder, config, after)
        take_up(study)
        begin_with(study, first_trial(config, space(config)))
        if config.workers == 1:
            work(run.folder, watch=watch)
        else:
            work_together(run.folder, config.workers)
        _conclude(config, after, run)
    if config.tracking.uri is not None:
        mirror(run, config.tracking.uri)
    return run


def _conclude(config: TuneConfig, after: Sequence[Goal], run: Run) -> None:
    study = open_study(run.folder, config, after)
    write_trials(study, after, run.folder)
    incumbents = best(study)
    if not incumbents:
        raise SolverError("no trial was finished", where=run.folder, got=f"0 of {len(study.trials)}",
                          expected="one", hint="see trials.csv; more trials, or pruner=none")  # fmt: skip
    test = tested(config, [_options(trial.params) for trial in incumbents], run)
    results = json.loads((test.folder / "results.json").read_text(encoding="utf-8"))
    write_tuning(study, after, incumbents, {"verdict": results["verdict"], "rows": results["rows"]}, run.folder)
    if len(after) > 1:
        draw_front(study, after, incumbents, run.folder / "pictures" / "pareto.svg")


def _options(params: dict[str, Any]) -> Options:
    """Optuna's parameters by component and knob; a choice comes back from its JSON."""
    options: Options = {}
    for name, value in params.items():
        part, _, knob = name.partition(".")
        options.setdefault(part, {})[knob] = json.loads(value) if isinstance(value, str) else value
    return options
