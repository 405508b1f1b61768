"""The demo: the commands a user would type, for every study in ``configs/demo``, two at a time.

A study is two experiments, ``<study>_train.yaml`` and ``<study>_compare.yaml`` or ``<study>_backtest.yaml``.
Its agent is trained with several seeds, and these enter the comparison beside its contestants.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, NamedTuple

from headway.errors import ConfigError, HeadwayError
from headway.pipelines.configuration import schema
from headway.pipelines.configuration.compose import compose
from headway.pipelines.configuration.schema import DemoConfig

COMMAND = (sys.executable, "-m", "headway.pipelines.cli")

Tell = Callable[[str, Any], None]  # the command as typed; None when it starts, its answer when it is done


class Study(NamedTuple):
    """One question: an agent to train, and the verb that compares it."""

    name: str
    verb: Literal["compare", "backtest"]


class Demo(NamedTuple):
    """What the demo leaves: its folder, the runs that compare (in the order of `studies`), the report."""

    folder: Path
    judged: list[Path]
    report: Path
    seconds: float


def studies() -> list[Study]:
    """The studies that ship, by name."""
    names = {file.name for file in (files("headway.configs") / "demo").iterdir()}
    found = sorted(name.removesuffix("_train.yaml") for name in names if name.endswith("_train.yaml"))
    return [Study(name, "compare" if f"{name}_compare.yaml" in names else "backtest") for name in found]


def demo(config: DemoConfig, tell: Tell) -> Demo:
    """Train, compare, backtest, report; every run in one new folder.

    Raises
    ------
    HeadwayError
        A command failed; the message is that command's own.
    """
    started = time.monotonic()
    folder = config.runs / f"demo-{time.strftime('%Y%m%d-%H%M%S')}"
    if folder.exists():
        raise ConfigError("another demo started in this very second", where=folder, hint="start it again")
    common = [f"runs={folder}", f"tracking={config.tracking.uri or 'off'}"]
    with _commands(config.jobs, tell) as run_all:
        run_all([training(study, seed, config, common) for study in studies() for seed in range(config.seeds)])
        run_all([judging(study, config, folder, common) for study in studies()])
    judged = [folder / study.name for study in studies()]
    from headway.pipelines.report import report

    page = report(judged, folder / "report.html")
    _attach(page, judged, config)
    return Demo(folder, judged, page, time.monotonic() - started)


def _attach(page: Path, judged: Sequence[Path], config: DemoConfig) -> None:
    """The report is an artifact of each run that it reports on."""
    if config.tracking.uri is not None:
        from headway.tracking import Run, attach

        for folder in judged:
            attach(Run.open(folder), page, config.tracking.uri)


def training(study: Study, seed: int, config: DemoConfig, common: Sequence[str]) -> list[str]:
    """The command that trains a study's agent with one seed."""
    steps = [] if config.steps is None else [f"steps={config.steps}"]
    return ["train", f"config=demo/{study.name}_train", f"seed={seed}", f"name={study.name}-{seed}", *steps, *common]


def judging(study: Study, config: DemoConfig, folder: Path, common: Sequence[str]) -> list[str]:
    """The command that compares the trained policies with the contestants in the study's experiment."""
    model = schema.CompareConfig if study.verb == "compare" else schema.BacktestConfig
    agent = compose(schema.TrainConfig, "train", [f"config=demo/{study.name}_train"]).config.agent.name
    given: Any = compose(model, study.verb, [f"config=demo/{study.name}_{study.verb}"]).config
    learned = [{"name": str(folder / f"{study.name}-{seed}"), "label": agent} for seed in range(config.seeds)]
    entries = [entry.model_dump() for entry in given.contestants] + learned
    return [study.verb, f"config=demo/{study.name}_{study.verb}", f"contestants={json.dumps(entries)}",
            f"name={study.name}", "report=false", *common]  # fmt: skip


@contextlib.contextmanager
def _commands(jobs: int, tell: Tell) -> Iterator[Callable[[list[list[str]]], None]]:
    """Within this block commands run ``jobs`` at a time; those under way end with the block."""
    running: list[subprocess.Popen[str]] = []

    def run(arguments: list[str]) -> None:
        typed = shlex.join(["headway", *arguments])
        tell(typed, None)
        # Two commands share the machine: one thread each, unless the user says otherwise.
        variables = {"OMP_NUM_THREADS": "1", **os.environ}
        command = [*COMMAND, *arguments, "--json"]
        process = subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        running.append(process)
        out, err = process.communicate()
        if process.returncode:
            raise _failure(typed, out, err)
        tell(typed, json.loads(out))

    with ThreadPoolExecutor(jobs) as pool:

        def run_all(commands: list[list[str]]) -> None:
            for _ in pool.map(run, commands):
                pass

        try:
            yield run_all
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in running:
                process.terminate()


def _failure(typed: str, out: str, err: str) -> HeadwayError:
    """The error of a command, as it printed it itself."""
    lines = [line for line in out.splitlines() if line.startswith('{"error"')]
    if not lines:
        return HeadwayError("a command of the demo ended badly", where=typed, got=err[-2000:])
    error = json.loads(lines[-1])["error"]
    return HeadwayError(error["what"], where=error["where"] or typed, got=error["got"], expected=error["expected"],
                        hint=error["hint"])  # fmt: skip
