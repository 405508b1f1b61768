"""Pathwise policy gradients: differentiate the realised return through the dynamics themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from headway.components import component
from headway.environment import Environment
from headway.pipelines.agents.base import ActionKind, Agent, action_kind
from headway.pipelines.agents.schedule import Changing

if TYPE_CHECKING:
    from headway.nn.network import Recipe
    from headway.pipelines.agents.pathwise_trainer import PathwiseTrainer


@component
class Pathwise(Agent):
    """Gradient ascent on the realised return of fresh training episodes, ``batch`` of them side by side.

    Since an instance holds all randomness, an episode's return is a deterministic function of the
    policy's weights, and its gradient is unbiased (Madeka et al. 2022, "Deep inventory management",
    section 4; Alvo et al. 2023, "Neural inventory control in networks via hindsight differentiable
    policy optimization", section 3). No critic, no exploration noise.

    ``segment``: periods per gradient step, after which the episodes go on from where they are (ADR 010);
    None takes whole episodes. Defaults: Adam's own, gradient norm 1 on returns brought to unit size.
    """

    lr: Annotated[float, Field(gt=0)] = 3e-3
    lr_schedule: Changing = "linear"
    batch: Annotated[int, Field(ge=1)] = 64
    segment: Annotated[int, Field(ge=1)] | None = None
    max_grad_norm: Annotated[float, Field(gt=0)] = 1.0
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    normalize_observation: bool = False

    needs: ClassVar[frozenset[str]] = frozenset({"differentiable"})
    actions: ClassVar[frozenset[ActionKind]] = frozenset({"box"})
    backend: ClassVar[Literal["numpy", "torch"]] = "torch"

    def trainer(
        self, environment: Environment[Any, Any, Any, Any], network: Recipe, *, seed: int, steps: int
    ) -> PathwiseTrainer:
        from headway.nn.standard import Standardizing
        from headway.pipelines.agents.pathwise_trainer import PathwiseTrainer

        self.check(environment, action_kind(environment), network)
        recipe = Standardizing(network) if self.normalize_observation else network
        return PathwiseTrainer(self, environment, recipe, seed=seed, steps=steps)
