"""Verbs about single instances and services."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from headway.pipelines.configuration.schema.parts import (
    Count,
    Entry,
    Limits,
    Named,
    ProblemConfig,
    Seed,
    Tracking,
)


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
