"""Proximal policy optimisation for decisions that are taken in stages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from headway.components import component
from headway.environment import Environment
from headway.pipelines.agents.base import action_kind
from headway.pipelines.agents.ppo import PPO
from headway.pipelines.agents.steps import Count, Fraction

if TYPE_CHECKING:
    from headway.nn.network import Recipe
    from headway.pipelines.agents.two_stage_trainer import TwoStageTrainer


@component
class TwoStagePPO(PPO):
    """PPO for environments in which a decision takes several sub-steps: which VM, then which node.

    The sub-steps are one decision: their log-probabilities are summed before the ratio is clipped, there is one value
    and one advantage, where the decision begins, and ``gamma`` discounts from decision to decision (Ding et al. 2025,
    "Towards VM rescheduling optimization through deep reinforcement learning", section 4). Plain PPO on the same
    environment takes each sub-step for a decision of its own, and has its critic judge half-taken ones too.

    ``batch`` counts decisions, ``rollout`` sub-steps. Defaults are those of `PPO` with fewer environments, for networks
    that cost more than the environment does. Theirs are 8 environments, 250 migrations, 8 epochs, learning rate 2.5e-4,
    clip range 0.1, entropy 0.005, gamma 0.99.
    """

    num_envs: Count = 64
    batch: Count = 256
    gae_lambda: Fraction = 0.95

    needs: ClassVar[frozenset[str]] = frozenset({"phases"})

    def trainer(
        self, environment: Environment[Any, Any, Any, Any], network: Recipe, *, seed: int, steps: int
    ) -> TwoStageTrainer:
        from headway.pipelines.agents.two_stage_trainer import TwoStageTrainer

        kind = action_kind(environment)
        self.check(environment, kind, network)
        return TwoStageTrainer(self, environment, self.seen(network), self.decoding(kind), seed=seed, steps=steps)
