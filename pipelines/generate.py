"""Instances to a file, for other tools or for a comparison that is to be repeated."""

from __future__ import annotations

from pathlib import Path

from headway.errors import ConfigError
from headway.pipelines.configuration.schema import GenerateConfig
from headway.registry import make_problem


def generate(config: GenerateConfig) -> Path:
    """Draw instances from one of the split's streams and write them whole, or not at all.

    Raises
    ------
    ConfigError
        The file exists or is no ``.npz``: instances are not overwritten.
    """
    if config.out.suffix != ".npz":
        raise ConfigError("instances are stored as .npz", where="out", got=config.out, expected="a name ending in .npz")
    if config.out.exists():
        raise ConfigError("the file exists", where="out", got=config.out, expected="a new name")
    problem = make_problem(config.problem.name, **config.problem.options)
    written: Path = problem.instances(config.split, config.n, config.seed).save(config.out)
    return written
