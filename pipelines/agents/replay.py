"""Agents that learn from a replay buffer: SB3's algorithms, imported when one trains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from headway.components import component
from headway.environment import Environment
from headway.pipelines.agents.base import ActionKind
from headway.pipelines.agents.sb3 import SB3Agent
from headway.pipelines.agents.schedule import Changing
from headway.pipelines.agents.steps import Count, Fraction, Positive

if TYPE_CHECKING:
    from headway.nn.decoding import Decoding
    from headway.nn.network import Recipe
    from headway.pipelines.agents.sb3_trainer import SB3Trainer


@component
class OffPolicyAgent(SB3Agent):
    """What the replay-buffer methods share: ``collect`` steps of each environment, then ``gradient_steps``.

    Batches of 256 are Haarnoja et al.'s (2018b, table 1), the buffer one that fits memory. One gradient step for
    sixteen environment steps, where Mnih et al. (2015) take four, since steps of a batch cost next to nothing: in ten
    CPU-seconds on lost sales two of three seeds of DQN come within 25 % of the best rule, and none with four.
    """

    lr_schedule: Changing = "constant"
    num_envs: Count = 64
    collect: Count = 16
    gradient_steps: Count = 64
    batch: Count = 256
    buffer: Count = 100_000
    warmup: int = Field(default=2_000, ge=0)  # steps of random actions before learning starts

    undiscounted: ClassVar[float] = 0.99  # bootstrapped targets need a discount to stay bounded

    def settings(self) -> dict[str, Any]:
        """The hyper-parameters under SB3's names."""
        return {"train_freq": self.collect, "gradient_steps": self.gradient_steps, "batch_size": self.batch,
                "buffer_size": self.buffer, "learning_starts": self.warmup}  # fmt: skip


@component
class DQN(OffPolicyAgent):
    """Deep Q-learning (Mnih et al. 2015), Huber loss, hard target updates every ``target_every`` steps.

    Exploration ends at SB3's 0.05, and takes three times SB3's share of the run, since runs are short; for the same
    reason targets are renewed ten times as often.
    """

    lr: Positive = 5e-4
    target_every: Count = 1_000
    exploration_fraction: Fraction = 0.3  # of the training run, from 1 to ``exploration_final``
    exploration_final: Fraction = 0.05

    actions: ClassVar[frozenset[ActionKind]] = frozenset({"discrete"})

    def model(
        self, environment: Environment[Any, Any, Any, Any], network: Recipe, common: dict[str, Any]
    ) -> tuple[Any, type[SB3Trainer]]:
        from stable_baselines3 import DQN as Plain

        from headway.pipelines.agents.off_policy import DQNTrainer, NetworkDQNPolicy

        own: dict[str, Any] = {
            "target_update_interval": max(self.target_every, self.num_envs),
            "exploration_fraction": self.exploration_fraction,
            "exploration_final_eps": self.exploration_final,
        }
        policy = {"recipe": network}
        return Plain(NetworkDQNPolicy, policy_kwargs=policy, **common, **self.settings(), **own), DQNTrainer


@component
class SAC(OffPolicyAgent):
    """Soft actor-critic with learned temperature (Haarnoja et al. 2018b, "Soft actor-critic algorithms").

    Learning rate, batch and critics of two layers of 256 are its table 1's.
    """

    critic: tuple[Count, ...] = (256, 256)

    actions: ClassVar[frozenset[ActionKind]] = frozenset({"box"})
    box_decoding: ClassVar[Decoding] = "squashed"

    def model(
        self, environment: Environment[Any, Any, Any, Any], network: Recipe, common: dict[str, Any]
    ) -> tuple[Any, type[SB3Trainer]]:
        from stable_baselines3 import SAC as Plain

        from headway.pipelines.agents.off_policy import NetworkSACPolicy, OffPolicyTrainer, critics

        policy = critics(network, self.critic)
        return Plain(NetworkSACPolicy, policy_kwargs=policy, **common, **self.settings()), OffPolicyTrainer


@component
class TD3(OffPolicyAgent):
    """Twin delayed deterministic policy gradients (Fujimoto et al. 2018, "Addressing function approximation error").

    Learning rate and exploration noise are its section 6.1's, critics of two layers of 256 the authors' code's.
    """

    lr: Positive = 1e-3
    critic: tuple[Count, ...] = (256, 256)
    noise: float = Field(default=0.1, ge=0)  # deviation, of actions in [-1, 1]

    actions: ClassVar[frozenset[ActionKind]] = frozenset({"box"})
    box_decoding: ClassVar[Decoding] = "squashed"

    def model(
        self, environment: Environment[Any, Any, Any, Any], network: Recipe, common: dict[str, Any]
    ) -> tuple[Any, type[SB3Trainer]]:
        import numpy as np
        from stable_baselines3 import TD3 as Plain
        from stable_baselines3.common.noise import NormalActionNoise

        from headway.pipelines.agents.off_policy import NetworkTD3Policy, OffPolicyTrainer, critics

        size = common["env"].action_space.shape
        noise = NormalActionNoise(np.zeros(size, np.float32), np.full(size, self.noise, np.float32))
        policy = critics(network, self.critic)
        settings = {**common, **self.settings(), "action_noise": noise}
        return Plain(NetworkTD3Policy, policy_kwargs=policy, **settings), OffPolicyTrainer
