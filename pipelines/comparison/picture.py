"""Pictures of solutions, as files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from headway.batch import Batch, Instance
from headway.errors import CapabilityError, ConfigError
from headway.problem import Problem

FORMATS = (".svg", ".png", ".pdf")


def picture(problem: Problem[Any, Any], instance: Instance, solution: Batch, file: Path) -> Path:
    """Draw a solution (instance and solution are batches of one) into ``file``, whose ending says the format.

    Raises
    ------
    CapabilityError
        The problem has no picture.
    ConfigError
        The ending is none of `FORMATS`.
    """
    if file.suffix not in FORMATS:
        raise ConfigError("no format for a picture", where="picture", got=file.name, expected=", ".join(FORMATS))
    figure = problem.render(instance, solution)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, bbox_inches="tight")
    return file


def drawable(problem: Problem[Any, Any], instance: Instance, solution: Batch, file: Path) -> bool:
    """Draw if the problem has pictures at all; whether it did."""
    try:
        picture(problem, instance, solution, file)
    except CapabilityError:
        return False
    return True
