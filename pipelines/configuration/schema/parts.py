"""What several verbs have in common."""

from __future__ import annotations

from collections.abc import Mapping
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
