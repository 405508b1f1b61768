"""The verb ``train``, and ``resume``, which continues it after any kind of death."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from headway import seeds
from headway.errors import CheckpointError, ConfigError
from headway.pipelines.configuration.schema import TrainConfig
from headway.pipelines.resumption import noted, refuse_resuming
from headway.pipelines.training.loop import CHECKPOINTS, Heard, Training
from headway.problem import Problem
from headway.runs import Run
from headway.storage.checkpoint import checkpoints, load_state, newest_valid
from headway.storage.folders import sweep


def train(
    config: TrainConfig,
    *,
    root: Path | None = None,
    parent: Run | None = None,
    quiet: bool = False,
    problem: Problem[Any, Any] | None = None,
    heard: Heard = lambda steps, score: False,
) -> Run:
    """Train a policy and keep the best one by validation.

    The run's folder (under ``root``, else ``config.runs``) receives ``policy/`` (the best policy),
    ``checkpoints/`` (the last three), ``metrics.jsonl`` and ``training.json`` (CPU-seconds, steps,
    validation curve, digests of the validation instances).

    ``problem`` stands in for the one that the configuration names: inside a backtest, what is known of it
    by then. Such a run cannot be resumed. ``heard`` is told of each validation and may give the training up.

    Raises
    ------
    CapabilityError
        The agent cannot train on this environment.
    NumericalError
        A number in training is not finite; the message names the last good checkpoint.
    LeakageError
        Something asked for test instances.
    SystemExit
        SIGINT or SIGTERM asked to stop: the update was finished and a checkpoint written; the code
        is 130 or 143, and a note says how to resume.
    """
    settings = config.model_dump(mode="json")
    run = Run.create("train", settings, root=root or config.runs, problem=config.problem.name, name=config.name,
                     parent=parent)  # fmt: skip
    alone = parent is None and problem is None
    with run, noted(run) if alone else contextlib.nullcontext(), seeds.sealed("test"), _threads(config.threads):
        Training(config, run, problem, heard).loop(quiet=quiet)
    return run


def resume(folder: Path, *, quiet: bool = False) -> Run:
    """Continue a training run that was interrupted, killed or lost, exactly where its newest checkpoint is.

    Metrics after that checkpoint are logged again, bit for bit the same. A finished run is returned
    as it is.

    Raises
    ------
    ConfigError
        The folder's run is no training run, belongs to another run, or is still running.
    CheckpointError
        It has checkpoints, but all of them are damaged or belong to another run.
    """
    run = Run.open(folder)
    if run.provenance["verb"] != "train":
        raise ConfigError("only training runs can be resumed", where=run.folder, got=run.provenance["verb"])
    refuse_resuming(run)
    if run.status == "finished":
        return run
    config = TrainConfig.model_validate(run.config)
    with run, noted(run), seeds.sealed("test"), _threads(config.threads):
        _continued(config, run).loop(quiet=quiet)
    return run


@contextlib.contextmanager
def _threads(n: int) -> Iterator[None]:
    """Within this block torch and numpy compute with ``n`` threads: another number gives other last bits."""
    from threadpoolctl import threadpool_limits

    before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        with threadpool_limits(n, user_api="blas"):
            yield
    finally:
        torch.set_num_threads(before)


def _continued(config: TrainConfig, run: Run) -> Training:
    """The run's training at its newest checkpoint that verifies, or at its start where it has none yet."""
    sweep(run.folder)
    root = run.folder / CHECKPOINTS
    training = Training(config, run)
    newest, skipped = newest_valid(root)
    for error in skipped:
        warnings.warn(f"a checkpoint is passed over: {error}", RuntimeWarning, stacklevel=3)
    if newest is None and checkpoints(root):
        raise CheckpointError(
            "no checkpoint of this run verifies",
            where=root,
            got=f"{len(skipped)} damaged ones",
            hint="remove the folder to train from the start",
        ) from skipped[0]
    if newest is not None:
        training.set_state(load_state(newest))
    run.rewind(training.trainer.steps if newest is not None else -1)
    return training
