"""The schema of every verb: the same typed, frozen models from Python, YAML and the command line.

Field descriptions are the help texts. Nothing heavy is imported here, so that help stays cheap.
"""

from __future__ import annotations

from headway.pipelines.configuration.schema.answers import (
    EvaluateConfig,
    GenerateConfig,
    PromoteConfig,
    ServeConfig,
    SolveConfig,
)
from headway.pipelines.configuration.schema.parts import (
    Entry,
    Executor,
    Limits,
    Model,
    Named,
    ProblemConfig,
    RunConfig,
    Tracking,
    TrainingConfig,
    Validation,
)
from headway.pipelines.configuration.schema.studies import (
    BacktestConfig,
    CompareConfig,
    CurvesConfig,
    Learner,
    TrainConfig,
    TuneConfig,
)
from headway.pipelines.configuration.schema.tools import (
    CheckConfig,
    DemoConfig,
    DoctorConfig,
    MirrorConfig,
    NewConfig,
    ReportConfig,
    ResumeConfig,
    UiConfig,
)

__all__ = [
    "BacktestConfig",
    "CheckConfig",
    "CompareConfig",
    "CurvesConfig",
    "DemoConfig",
    "DoctorConfig",
    "Entry",
    "EvaluateConfig",
    "Executor",
    "GenerateConfig",
    "Learner",
    "Limits",
    "MirrorConfig",
    "Model",
    "Named",
    "NewConfig",
    "ProblemConfig",
    "PromoteConfig",
    "ReportConfig",
    "ResumeConfig",
    "RunConfig",
    "ServeConfig",
    "SolveConfig",
    "Tracking",
    "TrainConfig",
    "TrainingConfig",
    "TuneConfig",
    "UiConfig",
    "Validation",
]
