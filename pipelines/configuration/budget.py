"""The budget that a verb's configuration allows, the same for all verbs that put contestants under the clock."""

from __future__ import annotations

from headway.pipelines.configuration.schema import CompareConfig, CurvesConfig, ServeConfig, SolveConfig, TuneConfig
from headway.solver import Budget


def budget(config: CompareConfig | CurvesConfig | ServeConfig | SolveConfig | TuneConfig) -> Budget:
    """What an answer may cost."""
    return Budget(cpu=config.budget, threads=config.threads, wall=config.wall, memory=config.memory)
