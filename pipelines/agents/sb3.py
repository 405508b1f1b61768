"""Stable-Baselines3's algorithms, with defaults for wide batches; SB3 itself is imported when one trains.

Where SB3's defaults assume a handful of environments and small minibatches, these take hundreds of
environments and large minibatches with fewer epochs: the same samples cost a fraction of the time.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from headway.components import component
from headway.environment import Environment
from headway.errors import CapabilityError
from headway.pipelines.agents.base import ActionKind, Agent, action_kind

if TYPE_CHECKING:
    from headway.nn.decoding import Decoding
    from headway.nn.network import Recipe
    from headway.pipelines.agents.sb3_trainer import SB3Trainer

Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]


@component
class SB3Agent(Agent):
    """What all of them share.

    ``gamma``: None takes the problem's own discount where its criterion is discounted, else
    ``undiscounted`` of the class. ``normalize_reward`` divides the learner's rewards by the running
    deviation of returns (Engstrom et al. 2020, "Implementation matters", section 3), so that the
    other defaults hold whatever the unit of the objective.
    """

    lr: Positive = 3e-4
    lr_schedule: Literal["constant", "linear"] = "linear"
    gamma: Fraction | None = None
    num_envs: Count = 256
    normalize_reward: bool = True

    undiscounted: ClassVar[float] = 1.0
    box_decoding: ClassVar[Decoding] = "mean"

    def trainer(
        self, environment: Environment[Any, Any, Any, Any], network: Recipe, *, seed: int, steps: int
    ) -> SB3Trainer:
        from headway.pipelines.agents.sb3_trainer import training_env

        kind = action_kind(environment)
        self.check(environment, kind, network)
        gamma = self.discount(environment)
        env = training_env(environment, self.num_envs, seed, self.normalize_reward, gamma)
        common = {"env": env, "learning_rate": self.schedule(), "gamma": gamma, "seed": seed, "device": "cpu"}
        model, trainer = self.model(environment, network, common)
        return trainer(model, environment, network, steps=steps, decoding=self.decoding(kind))

    @abstractmethod
    def model(
        self, environment: Environment[Any, Any, Any, Any], network: Recipe, common: dict[str, Any]
    ) -> tuple[Any, type[SB3Trainer]]:
        """SB3's algorithm, and the trainer that drives it."""

    def decoding(self, kind: ActionKind) -> Decoding:
        """How the trained policy acts: without exploration."""
        return "greedy" if kind == "discrete" else self.box_decoding

    def discount(self, environment: Environment[Any, Any, Any, Any]) -> float:
        """The discount factor per step."""
        if self.gamma is not None:
            return self.gamma
        criterion = environment.problem.criterion
        by_kind: dict[str, float] = {"finite": self.undiscounted, "discounted": criterion.gamma, "average": 0.99}
        return by_kind[criterion.kind]

    def schedule(self) -> float | Callable[[float], float]:
        """The learning rate as SB3 takes it: a number, or a function of the remaining progress."""
        lr = self.lr
        # Clamped, since the steps of the last update may go beyond the end.
        return lr if self.lr_schedule == "constant" else lambda remaining: lr * max(remaining, 0.0)


@component
class PPO(SB3Agent):
    """Proximal policy optimisation (Schulman et al. 2017); with MaskablePPO's masks where the environment has them.

    Clip range, GAE lambda, value coefficient and gradient norm are the paper's and SB3's; batch,
    epochs and ``rollout`` (steps per environment and update) are for 256 environments.
    """

    lr: Positive = 1e-3
    rollout: Count = 32
    batch: Count = 2048
    epochs: Count = 4
    gae_lambda: Fraction = 0.95
    clip: Positive = 0.2
    entropy: float = Field(default=0.01, ge=0)
    value: float = Field(default=0.5, ge=0)
    max_grad_norm: Positive = 0.5
    target_kl: Positive | None = None
    log_std: float = -0.7  # of box actions in [-1, 1]

    actions: ClassVar[frozenset[ActionKind]] = frozenset({"discrete", "box"})
    masks: ClassVar[bool] = True

    def model(
        self, environment: Environment[Any, Any, Any, Any], network: Recipe, common: dict[str, Any]
    ) -> tuple[Any, type[SB3Trainer]]:
        from sb3_contrib import MaskablePPO as Masked
        from stable_baselines3 import PPO as Plain

        from headway.pipelines.agents.on_policy import MaskedNetworkPolicy, NetworkPolicy, OnPolicyTrainer

        policy = {"recipe": network, "log_std": self.log_std}
        if environment.masked:
            return Masked(MaskedNetworkPolicy, policy_kwargs=policy, **common, **self.settings()), OnPolicyTrainer
        return Plain(NetworkPolicy, policy_kwargs=policy, **common, **self.settings()), OnPolicyTrainer

    def settings(self) -> dict[str, Any]:
        """The hyper-parameters under SB3's names."""
        return {
            "n_steps": self.rollout,
            "batch_size": min(self.batch, self.rollout * self.num_envs),
            "n_epochs": self.epochs,
            "gae_lambda": self.gae_lambda,
            "clip_range": self.clip,
            "ent_coef": self.entropy,
            "vf_coef": self.value,
            "max_grad_norm": self.max_grad_norm,
            "target_kl": self.target_kl,
        }


@component
class MaskablePPO(PPO):
    """PPO that insists on an action mask (Huang and Ontanon 2022)."""

    actions: ClassVar[frozenset[ActionKind]] = frozenset({"discrete"})

    def check(self, environment: Environment[Any, Any, Any, Any], action: ActionKind, network: Recipe) -> None:
        super().check(environment, action, network)
        if not environment.masked:
            raise CapabilityError("the environment has no action mask", where=environment.problem.name, hint="use ppo")


@component
class RecurrentPPO(PPO):
    """PPO with an LSTM, for problems whose observation is not the whole state (sb3-contrib)."""

    num_envs: Count = 64
    rollout: Count = 64
    batch: Count = 1024

    masks: ClassVar[bool] = False
    network: ClassVar[str | None] = "lstm"
    recurrent: ClassVar[bool] = True

    def model(
        self, environment: Environment[Any, Any, Any, Any], network: Any, common: dict[str, Any]
    ) -> tuple[Any, type[SB3Trainer]]:
        from sb3_contrib import RecurrentPPO as Recurrent

        from headway.nn.layers import ACTIVATIONS
        from headway.pipelines.agents.on_policy import RecurrentTrainer

        policy = {
            "lstm_hidden_size": network.memory,
            "net_arch": list(network.hidden),
            "activation_fn": ACTIVATIONS[network.activation],
            "log_std_init": self.log_std,
        }
        return Recurrent("MultiInputLstmPolicy", policy_kwargs=policy, **common, **self.settings()), RecurrentTrainer


@component
class A2C(SB3Agent):
    """Advantage actor-critic (Mnih et al. 2016): one gradient step per rollout; SB3's defaults but for the batch."""

    lr: Positive = 7e-4
    rollout: Count = 8
    gae_lambda: Fraction = 1.0
    entropy: float = Field(default=0.01, ge=0)
    value: float = Field(default=0.5, ge=0)
    max_grad_norm: Positive = 0.5
    log_std: float = -0.7

    actions: ClassVar[frozenset[ActionKind]] = frozenset({"discrete", "box"})

    def model(
        self, environment: Environment[Any, Any, Any, Any], network: Recipe, common: dict[str, Any]
    ) -> tuple[Any, type[SB3Trainer]]:
        from stable_baselines3 import A2C as Plain

        from headway.pipelines.agents.on_policy import NetworkPolicy, OnPolicyTrainer

        settings: dict[str, Any] = {"n_steps": self.rollout, "gae_lambda": self.gae_lambda, "ent_coef": self.entropy,
                    "vf_coef": self.value, "max_grad_norm": self.max_grad_norm}  # fmt: skip
        policy = {"recipe": network, "log_std": self.log_std}
        return Plain(NetworkPolicy, policy_kwargs=policy, **common, **settings), OnPolicyTrainer


@component
class OffPolicyAgent(SB3Agent):
    """What the replay-buffer methods share: ``collect`` steps of each environment, then ``gradient_steps``."""

    lr_schedule: Literal["constant", "linear"] = "constant"
    num_envs: Count = 16
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
    """Deep Q-learning (Mnih et al. 2015), Huber loss, hard target updates every ``target_every`` steps."""

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
    """Soft actor-critic with learned temperature (Haarnoja et al. 2018b); critics of two layers as there."""

    critic: tuple[Count, ...] = (256, 256)

    actions: ClassVar[frozenset[ActionKind]] = frozenset({"box"})
    box_decoding: ClassVar[Decoding] = "squashed"

    def model(
        self, environment: Environment[Any, Any, Any, Any], network: Recipe, common: dict[str, Any]
    ) -> tuple[Any, type[SB3Trainer]]:
        from stable_baselines3 import SAC as Plain

        from headway.pipelines.agents.off_policy import NetworkSACPolicy, OffPolicyTrainer

        policy = {"recipe": network, "net_arch": list(self.critic)}
        return Plain(NetworkSACPolicy, policy_kwargs=policy, **common, **self.settings()), OffPolicyTrainer


@component
class TD3(OffPolicyAgent):
    """Twin delayed deterministic policy gradients (Fujimoto et al. 2018), exploration noise as there."""

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

        from headway.pipelines.agents.off_policy import NetworkTD3Policy, OffPolicyTrainer

        size = common["env"].action_space.shape
        noise = NormalActionNoise(np.zeros(size, np.float32), np.full(size, self.noise, np.float32))
        policy = {"recipe": network, "net_arch": list(self.critic)}
        settings = {**common, **self.settings(), "action_noise": noise}
        return Plain(NetworkTD3Policy, policy_kwargs=policy, **settings), OffPolicyTrainer
