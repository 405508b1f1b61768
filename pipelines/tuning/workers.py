"""Workers on one study: each takes the next trial until all are done; several are processes of their own."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path

from headway import seeds
from headway.errors import SolverError
from headway.pipelines.configuration.schema import TuneConfig
from headway.pipelines.tuning.goals import goals
from headway.pipelines.tuning.space import given, space, suggest
from headway.pipelines.tuning.study import next_trial, open_study
from headway.pipelines.tuning.trials import Bench, Pruned
from headway.registry import make_problem
from headway.runs import Run

Watch = Callable[[int, int, str], None]  # trials so far, trials in all, the last one in words


def work(folder: Path, worker: int = 0, watch: Watch = lambda done, total, last: None) -> None:
    """Take trials of the study in ``folder`` until none is left. Test instances are sealed off meanwhile."""
    from optuna.trial import TrialState

    run = Run.open(folder)
    config = TuneConfig.model_validate(run.config)
    problem = make_problem(config.problem.name, **config.problem.options)
    after = goals(config.goals, problem)
    bench, found, study = Bench(config, problem, after, run), space(config), open_study(folder, config, after, worker)
    with seeds.sealed("test"):
        while (trial := next_trial(study, folder, config)) is not None:
            try:
                values = bench.measure(trial, suggest(found, trial, given(config)))
                study.tell(trial, values)
                run.log(trial.number, {goal.name: value for goal, value in zip(after, values, strict=True)})
                last = ", ".join(f"{goal.name} {value:.6g}" for goal, value in zip(after, values, strict=True))
            except Pruned:
                study.tell(trial, state=TrialState.PRUNED)
                last = "pruned"
            watch(trial.number + 1, config.trials, last)


def work_together(folder: Path, workers: int) -> None:
    """``workers`` processes on one study, one thread each.

    Raises
    ------
    SolverError
        A worker died; the study can be resumed.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=work, args=(folder, worker)) for worker in range(workers)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    codes = [process.exitcode for process in processes]
    if any(codes):
        raise SolverError("a worker of the study died", where=folder, got=f"exit codes {codes}", expected="0",
                          hint=f"headway resume {folder}")  # fmt: skip
