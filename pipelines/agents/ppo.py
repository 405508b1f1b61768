"""Proximal policy optimisation, by a learner of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from headway.components import component
from headway.environment import Environment
from headway.errors import CapabilityError
from headway.pipelines.agents.base import ActionKind, Trainer, action_kind
from headway.pipelines.agents.schedule import Changing, share
from headway.pipelines.agents.steps import Count, Fraction, Positive, StepAgent

if TYPE_CHECKING:
    from headway.nn.network import Recipe


@component
class PPO(StepAgent):
    """Proximal policy optimisation (Schulman et al. 2017), keeping to masks where the environment has them.

    Clip range (table 1), GAE lambda (table 3), the weight of entropy and the falling learning rate (table 5) are the
    paper's; value coefficient and gradient norm SB3's. Exploration of boxes starts at a deviation of 0.5 (Andrychowicz
    et al. 2021, "What matters in on-policy reinforcement learning", section 3.2). Adam's eps 1e-5, orthogonal weights,
    separate towers, advantages normalised by minibatch: Huang et al. 2022, "The 37 implementation details of proximal
    policy optimization", details 2, 3, 7, and 4 of continuous actions. ``num_envs``, ``rollout`` (steps per environment
    and update), ``batch``, ``epochs`` and ``lr`` are ours, for wide batches: 16 gradient steps for 8,192 steps.
    """

    lr: Positive = 1e-3
    rollout: Count = 32
    batch: Count = 2048
    epochs: Count = 4
    gae_lambda: Fraction = 0.95
    clip: Positive = 0.2
    clip_schedule: Changing = "constant"
    entropy: float = Field(default=0.01, ge=0)
    entropy_schedule: Changing = "constant"
    value: float = Field(default=0.5, ge=0)
    max_grad_norm: Positive = 0.5
    target_kl: Positive | None = None
    log_std: float = -0.7  # of box actions in [-1, 1]

    actions: ClassVar[frozenset[ActionKind]] = frozenset({"discrete", "box"})
    masks: ClassVar[bool] = True
    centred: ClassVar[bool] = True

    def trainer(
        self, environment: Environment[Any, Any, Any, Any], network: Recipe, *, seed: int, steps: int
    ) -> Trainer:
        from headway.pipelines.agents.ppo_steps import StepsTrainer

        kind = action_kind(environment)
        self.check(environment, kind, network)
        return StepsTrainer(self, environment, self.seen(network), self.decoding(kind), seed=seed, steps=steps)

    def clip_at(self, remaining: float) -> float:
        """The clip range where a share ``remaining`` of the run is left."""
        return self.clip * share(self.clip_schedule, remaining)

    def entropy_at(self, remaining: float) -> float:
        """The weight of the entropy there."""
        return self.entropy * share(self.entropy_schedule, remaining)


@component
class MaskablePPO(PPO):
    """PPO that insists on an action mask (Huang and Ontanon 2022)."""

    actions: ClassVar[frozenset[ActionKind]] = frozenset({"discrete"})

    def check(self, environment: Environment[Any, Any, Any, Any], action: ActionKind, network: Recipe) -> None:
        super().check(environment, action, network)
        if not environment.masked:
            raise CapabilityError("the environment has no action mask", where=environment.problem.name, hint="use ppo")
