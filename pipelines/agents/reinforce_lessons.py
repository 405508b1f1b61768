"""A curriculum: which instances an update of `Reinforce` learns from."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from headway.components import component
from headway.environment import Environment
from headway.errors import ConfigError
from headway.sampler import Sampler
from headway.seeds import stream


@component
class Lesson:
    """Instances of one kind, in batches of their own.

    Attributes
    ----------
    problem : options of the problem, where they differ from those of the run
    batch, rollouts : instances of an update, and episodes of each
    shares : of the updates, for each stage of the curriculum
    """

    problem: dict[str, Any] = dataclasses.field(default_factory=dict)
    batch: Annotated[int, Field(ge=1)]
    rollouts: Annotated[int, Field(ge=2)]
    shares: tuple[Annotated[float, Field(ge=0)], ...]


def check(lessons: Sequence[Lesson], stages: Sequence[float]) -> None:
    """Raise ConfigError where stages and shares do not belong together."""
    if list(stages) != sorted(stages) or stages[-1] != 1:
        raise ConfigError("stages do not end the run", where="agent.stages", got=stages, expected="increasing, up to 1")
    for number, lesson in enumerate(lessons):
        if len(lesson.shares) != len(stages):
            raise ConfigError(
                "a lesson needs a share for each stage", where=f"agent.lessons[{number}].shares", got=lesson.shares,
                expected=f"{len(stages)} numbers",
            )  # fmt: skip
    for stage in range(len(stages)):
        if lessons and not any(lesson.shares[stage] for lesson in lessons):
            raise ConfigError("a stage without lessons", where=f"agent.stages[{stage}]", got="shares of 0")


class Curriculum:
    """Draws an update's lesson from the shares of its stage, by the update's number alone."""

    def __init__(
        self,
        environment: Environment[Any, Any, Any, Any],
        lessons: Sequence[Lesson],
        stages: Sequence[float],
        seed: int,
    ) -> None:
        self.lessons, self.stages, self.seed = lessons, stages, seed
        self.samplers = [Sampler(_changed(environment, lesson.problem), "train", seed, block=lesson.batch)
                         for lesson in lessons]  # fmt: skip

    def lesson(self, number: int, done: float) -> tuple[Lesson, Any]:
        """The lesson of update ``number`` when a share ``done`` of the run is over, and its instances, prepared."""
        stage = min(int(np.searchsorted(self.stages, done, side="right")), len(self.stages) - 1)
        shares = np.array([lesson.shares[stage] for lesson in self.lessons])
        chosen = 0
        if len(self.lessons) > 1:
            chosen = int(stream("train", self.seed, "lesson", number).choice(len(shares), p=shares / shares.sum()))
        lesson = self.lessons[chosen]
        first = number * lesson.batch
        return lesson, self.samplers[chosen].again(np.arange(first, first + lesson.batch)).params


def _changed(
    environment: Environment[Any, Any, Any, Any], problem: Mapping[str, Any]
) -> Environment[Any, Any, Any, Any]:
    """The environment on a problem with other options."""
    if not problem:
        return environment
    return dataclasses.replace(environment, problem=dataclasses.replace(environment.problem, **problem))
