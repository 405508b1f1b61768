"""Verbs that look, report and repair."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from headway.pipelines.configuration.schema.parts import (
    Count,
    Model,
    ProblemConfig,
    Tracking,
)


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
