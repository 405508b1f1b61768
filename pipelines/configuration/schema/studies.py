"""Verbs that train and judge: each leaves a run folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from headway.pipelines.configuration.schema.parts import (
    Count,
    Entry,
    Executor,
    Limits,
    Named,
    RunConfig,
    Seconds,
    TrainingConfig,
)


class TrainConfig(TrainingConfig):
    """Train a policy; the best one by validation is kept."""

    agent: Named = Field(description="training algorithm, with its hyper-parameters")


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
