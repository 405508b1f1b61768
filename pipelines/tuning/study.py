"""The Optuna study of a run: a journal in its folder that several workers share and a later session goes on with."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from headway.errors import CapabilityError, ConfigError
from headway.pipelines.configuration.schema import TuneConfig
from headway.pipelines.tuning.goals import Goal

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial, Trial

JOURNAL, LOCK = "study.journal", "study.lock"
PARAMETERS = "parameters"  # attribute of a failed trial: it was started again


def open_study(folder: Path, config: TuneConfig, goals: Iterable[Goal], worker: int = 0) -> Study:
    """The study in ``folder``, made where there is none; each worker draws from a stream of its own.

    Raises
    ------
    CapabilityError
        Optuna (extra ``tune``) or what the sampler needs is not installed.
    """
    optuna = _optuna()
    backend = optuna.storages.journal.JournalFileBackend(str(folder / JOURNAL))
    directions = ["minimize" if goal.sense == "min" else "maximize" for goal in goals]
    return optuna.create_study(  # type: ignore[no-any-return]
        storage=optuna.storages.JournalStorage(backend),
        study_name="study",
        sampler=_sampler(optuna, config, worker),
        pruner=_pruner(optuna, config, len(directions)),
        directions=directions,
        load_if_exists=True,
    )


def begin_with(study: Study, values: Mapping[str, Any] | None) -> None:
    """The first trial of a new study, where its values are known: what is found can then be no worse by its score."""
    if values is not None and not study.get_trials(deepcopy=False):
        study.enqueue_trial(dict(values))


def next_trial(study: Study, folder: Path, config: TuneConfig) -> Trial | None:
    """A new trial, or None where all have been given out or the study's CPU-seconds are spent."""
    with FileLock(folder / LOCK):
        # What waits to be tried again is handed out by `ask`, and counts from then on.
        trials = [t for t in study.get_trials(deepcopy=False) if t.state.name not in ("FAIL", "WAITING")]
        spent = sum(t.user_attrs.get("cpu_seconds", 0.0) for t in trials)
        if len(trials) >= config.trials or (config.seconds is not None and spent >= config.seconds):
            return None
        return study.ask()


def take_up(study: Study) -> None:
    """After a death: trials that were running are failed, and their values tried again. Only while no worker runs."""
    from optuna.trial import TrialState

    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study.enqueue_trial(trial.params)
        study.tell(trial.number, state=TrialState.FAIL)


def best(study: Study) -> list[FrozenTrial]:
    """The best finished trial; with several goals, all that no other trial beats in every goal (the Pareto front)."""
    from optuna.trial import TrialState

    if not study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
        return []
    return [study.best_trial] if len(study.directions) == 1 else list(study.best_trials)


def _sampler(optuna: Any, config: TuneConfig, worker: int) -> Any:
    quiet = {"warn_independent_sampling": False}  # knobs with conditions, and choices, are drawn one by one
    kinds: dict[str, tuple[str, dict[str, Any]]] = {
        "tpe": ("TPESampler", {"constant_liar": config.workers > 1}),  # trials under way count as bad ones
        "cmaes": ("CmaEsSampler", quiet),
        "gp": ("GPSampler", quiet),
        "qmc": ("QMCSampler", quiet),
        "random": ("RandomSampler", {}),
        "nsga2": ("NSGAIISampler", {}),
    }
    name, options = kinds[config.sampler]
    seed = 1000 * config.seed + (0 if config.sampler == "qmc" else worker)  # one sequence, which workers share
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        try:
            return getattr(optuna.samplers, name)(seed=seed, **options)
        except ImportError as error:
            raise CapabilityError(f"the sampler {config.sampler} needs a package that is missing", where="sampler",
                                  got=error, hint="pip install 'headway[tune]'") from error  # fmt: skip


def _pruner(optuna: Any, config: TuneConfig, goals: int) -> Any:
    if goals > 1:
        if config.pruner not in (None, "none"):
            raise ConfigError("trials with several goals cannot be pruned", where="pruner", got=config.pruner,
                              expected="none")  # fmt: skip
        return optuna.pruners.NopPruner()
    name = config.pruner or ("median" if config.agent else "wilcoxon")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        made = {
            "none": optuna.pruners.NopPruner,
            "median": lambda: optuna.pruners.MedianPruner(n_startup_trials=4),
            "hyperband": lambda: optuna.pruners.HyperbandPruner(
                max_resource=config.steps if config.agent else config.n
            ),
            "wilcoxon": lambda: optuna.pruners.WilcoxonPruner(p_threshold=0.1, n_startup_steps=4),
        }
        return made[name]()


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        raise CapabilityError(
            "tuning needs Optuna", where="headway tune", got=error, hint="pip install 'headway[tune]'"
        ) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna
