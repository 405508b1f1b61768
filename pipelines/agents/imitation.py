"""Learning to act like a contestant that is already there: a solver, or a classical policy."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from headway.components import component
from headway.environment import Environment
from headway.pipelines.agents.base import ActionKind, Agent, action_kind
from headway.pipelines.agents.sb3 import Count, Positive

if TYPE_CHECKING:
    from headway.nn.network import Recipe
    from headway.pipelines.agents.imitation_trainer import ImitationTrainer


@component
class Imitation(Agent):
    """Behaviour cloning (Pomerleau 1991): the network is taught to choose as ``teacher`` does on training instances.

    A warm start for other agents: train with this one, then with another from its weights (``init=RUN``). Each update
    lets the teacher solve ``episodes`` new instances and takes ``epochs`` passes over what it did there. The critic
    learns nothing. Solvers teach in environments with the capability ``replay``, policies in all of them.

    Attributes
    ----------
    teacher : a baseline or oracle of the problem, by name
    options : its knobs
    budget : CPU-seconds that a solver may take for an instance
    """

    teacher: str = Field(default="greedy", min_length=1)
    options: dict[str, Any] = dataclasses.field(default_factory=dict)
    budget: Positive = 1.0
    episodes: Count = 32
    batch: Count = 256
    epochs: Count = 4
    lr: Positive = 1e-3
    lr_schedule: Literal["constant", "linear"] = "linear"
    max_grad_norm: Positive = 0.5

    actions: ClassVar[frozenset[ActionKind]] = frozenset({"discrete"})
    masks: ClassVar[bool] = True

    def trainer(
        self, environment: Environment[Any, Any, Any, Any], network: Recipe, *, seed: int, steps: int
    ) -> ImitationTrainer:
        from headway.pipelines.agents.imitation_trainer import ImitationTrainer

        self.check(environment, action_kind(environment), network)
        return ImitationTrainer(self, environment, network, seed=seed, steps=steps)
