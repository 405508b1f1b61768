"""The schema of every verb: the same typed, frozen models from Python, YAML and the command line.

Field descriptions are the help texts. Nothing heavy is imported here, so that help stays cheap.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_serializer, model_validator

Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]
Seed = Annotated[int, Field(ge=0)]


class Model(BaseModel):
    """Frozen, without unknown keys, without NaN."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    shorthand: ClassVar[str | None] = None  # the key that a single value stands for


class Named(Model):
    """A component by name with its options: written ``ppo`` or ``{name: ppo, lr: 1e-3}``."""

    shorthand = "name"

    name: Annotated[str, Field(min_length=1)]
    options: Mapping[str, Any] = {}

    @model_validator(mode="before")
    @classmethod
    def _flat(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"name": value}
        if not isinstance(value, Mapping) or isinstance(value.get("options"), Mapping):
            return value
        own = {key: value[key] for key in cls.model_fields if key in value}
        return own | {"options": {key: v for key, v in value.items() if key not in own}}

    @model_serializer(mode="plain")
    def _flatten(self) -> dict[str, Any]:
        own = {key: getattr(self, key) for key in type(self).model_fields if key != "options"}
        return {key: v for key, v in own.items() if v is not None} | dict(self.options)


class Entry(Named):
    """A contestant: a baseline's name, a run, policy or checkpoint folder, or ``models:/NAME@alias``."""

    label: str | None = None  # entries that share a label are the training seeds of one contestant


class Tracking(Model):
    """Where results are mirrored to; ``tracking=off`` keeps them in the run folder only."""

    shorthand = "uri"

    uri: str | None = Field(
        default="sqlite:///mlflow.db", description="MLflow tracking URI, relative to the current folder"
    )
    register_as: str | None = Field(default=None, description="register the trained policy under this name")

    @model_validator(mode="before")
    @classmethod
    def _switch(cls, value: Any) -> Any:
        fields = dict(value) if isinstance(value, Mapping) else {"uri": value}
        if fields.get("uri") in (False, "off"):
            fields["uri"] = None
        return fields


class ProblemConfig(Model):
    """What every verb about a problem has."""

    problem: Named = Field(description="problem, as domain/problem, with its parameters")


class RunConfig(ProblemConfig):
    """What every verb that leaves a run folder has."""

    runs: Path = Field(default=Path("runs"), description="folder that receives the run's own folder")
    name: str | None = Field(default=None, description="a name to find the run by")
    threads: Count = Field(default=1, description="threads of each process")
    seed: Seed = Field(default=0, description="seed of instances and of training")
    tracking: Tracking = Field(default=Tracking(), description="MLflow: a tracking URI, or off")


class Validation(Model):
    """How training selects its best policy, and when it stops early."""

    n: Count = Field(default=64, description="validation instances")
    every: Count = Field(default=10_000, description="environment steps between two validations")
    patience: Count | None = Field(
        default=10, description="validations without improvement before training stops; null: never"
    )


class TrainingConfig(RunConfig):
    """What every verb that trains has."""

    env: Named | None = Field(default=None, description="environment of the problem; null: its default one")
    network: Named | None = Field(default=None, description="network; null: the agent's default one")
    init: str | None = Field(
        default=None,
        description="run, checkpoint, shipped or registered policy whose weights to start from; null: fresh",
    )
    steps: Count = Field(default=200_000, description="environment steps")
    validation: Validation = Field(default=Validation(), description="selection and early stopping")
    checkpoint_every: Count = Field(default=50_000, description="environment steps between two checkpoints")


class TrainConfig(TrainingConfig):
    """Train a policy; the best one by validation is kept."""

    agent: Named = Field(description="training algorithm, with its hyper-parameters")


class Limits(Model):
    """What a contestant may spend on one instance."""

    budget: Seconds = Field(default=1.0, description="CPU-seconds per instance, of the contestant's process tree")
    wall: Seconds | None = Field(
        default=None, description="outer wall limit in seconds; null: generous, from the budget"
    )
    memory: Count = Field(default=4 * 2**30, description="outer limit on resident memory, bytes")


class Executor(Model):
    """Where the cells of a grid are computed; the answers are the same everywhere."""

    shorthand = "kind"

    kind: Literal["inline", "processes", "ray"] = Field(
        default="inline", description="inline: in this process, one by one; processes: of this machine; ray: a cluster"
    )
    workers: Count | None = Field(
        default=None, description="cells at the same time; null: as many as there is room for"
    )
    address: str | None = Field(
        default=None, description="Ray cluster: auto, HOST:PORT or ray://HOST:PORT; null: one of its own, here"
    )

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return {"kind": value} if isinstance(value, str) else value


class CompareConfig(Limits, RunConfig):
    """Contestants on the same instances, under the same budget and clock."""

    contestants: tuple[Entry, ...] = Field(min_length=1, description="baselines, runs, checkpoints, registered models")
    instances: tuple[Path, ...] = Field(default=(), description="instance files; empty: generated from the test split")
    over: Mapping[str, tuple[Any, ...]] = Field(
        default={}, max_length=1, description="a family: one option of the problem and its values, compared for each"
    )
    n: Count = Field(default=16, description="instances to generate, or at most to take from the files")
    seeds: Count = Field(default=1, description="runs of each contestant per instance, with seeds 0, 1, ...")
    reference: str | None = Field(
        default=None, description="what gaps are measured against; null: the best the problem has"
    )
    ablations: bool = Field(
        default=True, description="beside learned contestants, the same code with an untrained policy"
    )
    confidence: float = Field(default=0.95, gt=0, lt=1, description="level of the intervals")
    resamples: Count = Field(default=2000, description="bootstrap replicates")
    pictures: int = Field(default=1, ge=0, description="instances to draw, for the best contestant of each kind")
    executor: Executor = Field(default=Executor(), description="where answers are computed")
    shard: Count | None = Field(
        default=None, description="instances of a cell, which is computed and kept as one; null: a minute of budget"
    )
    report: bool = Field(default=True, description="write the HTML report")


class TuneConfig(Limits, TrainingConfig):
    """Search the hyper-parameters of an agent, or the parameters of a solver, under the same rules."""

    agent: Named | None = Field(default=None, description="agent to tune; what is given here stays fixed")
    contestant: Entry | None = Field(default=None, description="or the solver to tune; what is given here stays fixed")
    space: Mapping[str, Any] = Field(
        default={}, description="component.knob: {low, high, log, step} or {choices: [...]}; empty: the one that ships"
    )
    goals: tuple[str, ...] = Field(
        default=("objective",), min_length=1, description="objective, cpu_seconds, or a metric as name:min or name:max"
    )
    sampler: Literal["tpe", "cmaes", "gp", "qmc", "random", "nsga2"] = Field(
        default="tpe", description="how Optuna proposes the next values"
    )
    pruner: Literal["none", "median", "hyperband", "wilcoxon"] | None = Field(
        default=None, description="when a trial is given up; null: median for agents, wilcoxon for solvers"
    )
    trials: Count = Field(default=30, description="values to try, pruned trials included")
    seconds: Seconds | None = Field(
        default=None, description="CPU-seconds after which no trial is begun; null: no limit"
    )
    workers: Count = Field(default=1, description="processes that work on the study at the same time")
    n: Count = Field(
        default=16, description="tuning instances that trials are scored on, and test instances afterwards"
    )
    test_n: Count | None = Field(default=None, description="test instances; null: as many as tuning instances")
    seeds: Count = Field(default=1, description="runs of each trial, with seeds that tests never use")
    test_seeds: Count = Field(default=3, description="runs of default and incumbent on test instances")

    @model_validator(mode="after")
    def _one(self) -> TuneConfig:
        if (self.agent is None) == (self.contestant is None):
            raise ValueError("either an agent or a contestant is tuned")
        return self


class Learner(Named):
    """An agent whose learning is drawn; what is not said is as `train` has it for the problem."""

    label: str | None = None
    network: Named | None = None
    env: Named | None = None

    @property
    def title(self) -> str:
        """What it is called."""
        return self.label or self.name


class CurvesConfig(Limits, RunConfig):
    """How fast agents learn, in CPU-seconds, beside rules that need no learning."""

    agents: tuple[Learner, ...] = Field(min_length=1, description="agents to train, with their hyper-parameters")
    contestants: tuple[Entry, ...] = Field(
        default=(), description="drawn as horizontal lines; empty: the rules that `compare` has for the problem"
    )
    seconds: Seconds = Field(default=60.0, description="CPU-seconds of each training, validations included")
    seeds: Count = Field(default=3, description="trainings of each agent")
    validation: Count = Field(default=64, description="validation instances")
    points: Count = Field(default=25, description="validations of each training, about")
    targets: tuple[Seconds, ...] = Field(
        default=(0.05, 0.02, 0.01), min_length=1, description="gaps to reach: shares of the reference, or differences"
    )
    n: Count = Field(default=16, description="test instances")
    reference: str | None = Field(default=None, description="what gaps are measured against; null: chosen")
    confidence: float = Field(default=0.95, gt=0, lt=1, description="level of the intervals")


class BacktestConfig(RunConfig):
    """Contestants on the real history, refitted on a schedule that sees the past only."""

    contestants: tuple[Entry, ...] = Field(min_length=1, description="policies, runs, checkpoints, registered models")
    start: str | None = Field(
        default=None, description="first date or period; null: where the problem's test split begins"
    )
    end: str | None = Field(default=None, description="last date or period; null: the end of the history")
    refit: Count | None = Field(default=None, description="periods between two refits; null: never refitted")
    purge: int = Field(
        default=0, ge=0, description="latest known periods that refits do not see: as many as a label looks ahead"
    )
    embargo: int = Field(default=0, ge=0, description="periods more that refits do not see")
    train_window: Count | None = Field(
        default=None, description="periods before these that refits do see (rolling); null: all (expanding)"
    )
    warm: bool = Field(default=False, description="refits start from what the last fit has found, not afresh")
    refit_steps: Count | None = Field(
        default=None, description="environment steps of an agent's later trainings; null: as many as of its first"
    )
    stress: Mapping[str, tuple[str | int, str | int]] = Field(
        default={}, description="stretches to report on, as {crash: [2020-02-19, 2020-03-23]}: first and last period"
    )
    seeds: Count = Field(default=1, description="runs of each contestant, with seeds 0, 1, ...")
    reference: str | None = Field(
        default=None, description="contestant that gaps are measured against; null: the problem's"
    )
    confidence: float = Field(default=0.95, gt=0, lt=1, description="level of the intervals")
    resamples: Count = Field(default=2000, description="bootstrap replicates")
    report: bool = Field(default=True, description="write the HTML report")


class SolveConfig(Limits, ProblemConfig):
    """One contestant on one instance."""

    instance: Path = Field(description="instance file, in a format the problem reads")
    index: int = Field(default=0, ge=0, description="which instance, where the file holds several")
    contestant: Entry = Field(description="baseline, run, checkpoint or registered model")
    threads: Count = Field(default=1, description="threads of the contestant")
    seed: Seed = Field(default=0, description="seed of the contestant")
    tracking: Tracking = Field(default=Tracking(), description="MLflow tracking URI that registered models come from")
    out: Path | None = Field(default=None, description="file for the solution")
    picture: Path | None = Field(default=None, description="file for a picture of the solution (.svg, .png, .pdf)")


class ServeConfig(Limits):
    """A contestant as a local HTTP service."""

    contestant: Entry = Field(description="models:/NAME@champion, a run, or a baseline")
    problem: Named | None = Field(default=None, description="what it solves; null: what the policy was trained for")
    threads: Count = Field(default=1, description="threads of each worker")
    seed: Seed = Field(default=0, description="seed of the contestant")
    tracking: Tracking = Field(default=Tracking(), description="MLflow tracking URI that registered models come from")
    workers: Count = Field(default=1, description="processes that answer at the same time")
    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=8000, ge=0, le=65535, description="port to listen on; 0: a free one")
    body: Count = Field(default=10 * 2**20, description="largest request, bytes")


class PromoteConfig(Limits):
    """Make the challenger the champion if it wins on fresh instances."""

    name: Annotated[str, Field(min_length=1)] = Field(description="registered model")
    problem: Named | None = Field(default=None, description="what they are tested on; null: what they were trained for")
    n: Count = Field(default=64, description="fresh instances")
    seeds: Count = Field(default=1, description="runs of each on every instance")
    threads: Count = Field(default=1, description="threads of each process")
    confidence: float = Field(default=0.95, gt=0, lt=1, description="level at which the lead must exclude zero")
    runs: Path = Field(default=Path("runs"), description="folder that receives the comparison's folder")
    tracking: Tracking = Field(default=Tracking(), description="MLflow tracking URI of the registry")


class EvaluateConfig(ProblemConfig):
    """Score a solution with the problem's single scorer."""

    instance: Path = Field(description="instance file, in a format the problem reads")
    index: int = Field(default=0, ge=0, description="which instance, where the file holds several")
    solution: Path = Field(description="solution file, in a format the problem reads")
    picture: Path | None = Field(default=None, description="file for a picture of the solution (.svg, .png, .pdf)")


class GenerateConfig(ProblemConfig):
    """Write instances to a file."""

    n: Count = Field(default=16, description="instances")
    seed: Seed = Field(default=0, description="seed of the stream")
    split: Literal["train", "validation", "test", "tuning"] = Field(
        default="test", description="which stream to draw from"
    )
    out: Path = Field(description="file to write (.npz)")


class ReportConfig(Model):
    """Make one report of some runs, from their folders; the ending of the file says its format."""

    folders: tuple[Path, ...] = Field(default=(), description="run folders; or leave them out and say which runs:")
    problem: str | None = Field(default=None, description="runs of this problem, as domain/problem")
    verb: Literal["compare", "backtest", "family", "train"] | None = Field(
        default=None, description="runs of this verb"
    )
    name: str | None = Field(default=None, description="runs whose folder is named like this; * stands for anything")
    since: str | None = Field(default=None, description="runs from this day on, or this moment, UTC: 2026-11-01")
    until: str | None = Field(default=None, description="runs to this day, or before this moment")
    latest: Count | None = Field(default=None, description="only so many of them, the latest; null: all")
    runs: Path = Field(default=Path("runs"), description="folder that they are looked for in")
    out: Path | None = Field(
        default=None,
        description="file: .html, .md, .csv (a line per contestant) or .scores.csv (per answer); null: report.html and "
        "report.md in the first run folder",
    )

    @model_validator(mode="after")
    def _which(self) -> ReportConfig:
        selection = [key for key in ("problem", "verb", "name", "since", "until", "latest") if getattr(self, key)]
        if bool(self.folders) == bool(selection):
            raise ValueError("either folders are named, or some of problem, verb, name, since, until and latest")
        for moment in filter(None, (self.since, self.until)):
            datetime.fromisoformat(moment)
        return self


class ResumeConfig(Model):
    """Continue a run that was stopped: a training, a comparison, a study."""

    folder: Path = Field(description="run folder")


class CheckConfig(ProblemConfig):
    """Run the conformance suite over a problem."""


class NewConfig(Model):
    """Write a new domain that already passes the conformance suite."""

    name: str = Field(description="domain/problem, in lower_case; a domain alone names its problem, too")
    folder: Path = Field(default=Path(), description="folder that receives the new project's folder")


class MirrorConfig(Model):
    """Bring MLflow up to date with run folders."""

    folders: tuple[Path, ...] = Field(min_length=1, description="run folders; others among them are passed over")
    tracking: Tracking | None = Field(default=None, description="MLflow tracking URI; null: the one of each run")


class DoctorConfig(Model):
    """Look at what is installed, and say what to do."""

    test: bool = Field(default=False, description="then run everything once, on every domain: a minute")
    jobs: Count = Field(default=2, description="domains that are tested at the same time")
    runs: Path = Field(default=Path("runs"), description="folder of runs to look at")
    tracking: Tracking = Field(default=Tracking(), description="MLflow tracking URI to look at")


class UiConfig(Model):
    """The MLflow user interface."""

    uri: str = Field(default="sqlite:///mlflow.db", description="where results are stored")
    runs: Path = Field(default=Path("runs"), description="folder of runs, whose reports are listed")
    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=5000, ge=1, le=65535, description="port to listen on")


class DemoConfig(Model):
    """Train, compare, backtest and report, with the experiments in configs/demo."""

    runs: Path = Field(default=Path("runs"), description="folder that receives the demo's own folder of runs")
    seeds: Count = Field(default=3, description="training seeds of each agent")
    jobs: Count = Field(default=2, description="processes at a time")
    tracking: Tracking = Field(default=Tracking(), description="MLflow: a tracking URI, or off")
    steps: Count | None = Field(default=None, description="environment steps of each training; null: as configured")
