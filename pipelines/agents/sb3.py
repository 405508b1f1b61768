"""Stable-Baselines3's algorithms, with defaults for wide batches; SB3 itself is imported when one trains.

Where SB3's defaults assume a handful of environments and small minibatches, these take hundreds of
environments and large minibatches with fewer epochs: the same samples cost a fraction of the time.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from headway.components import component
from headway.environment import Environment
from headway.pipelines.agents.base import ActionKind, action_kind
from headway.pipelines.agents.ppo import PPO
from headway.pipelines.agents.schedule import Changing, share
from headway.pipelines.agents.steps import Count, Fraction, Positive, StepAgent

if TYPE_CHECKING:
    from headway.nn.network import Recipe
    from headway.pipelines.agents.sb3_trainer import SB3Trainer


@component
class SB3Agent(StepAgent):
    """What all of them share."""

    def trainer(
        self, environment: Environment[Any, Any, Any, Any], network: Recipe, *, seed: int, steps: int
    ) -> SB3Trainer:
        from headway.pipelines.agents.sb3_trainer import training_env

        kind = action_kind(environment)
        self.check(environment, kind, network)
        gamma = self.discount(environment)
        env = training_env(environment, self, seed, gamma)
        common = {"env": env, "learning_rate": self.schedule(), "gamma": gamma, "seed": seed, "device": "cpu"}
        network = self.seen(network)
        model, trainer = self.model(environment, network, common)
        made = trainer(model, environment, network, steps=steps, decoding=self.decoding(kind))
        made.scheduled = self.scheduled
        return made

    @abstractmethod
    def model(
        self, environment: Environment[Any, Any, Any, Any], network: Recipe, common: dict[str, Any]
    ) -> tuple[Any, type[SB3Trainer]]:
        """SB3's algorithm, and the trainer that drives it."""

    def scheduled(self, remaining: float) -> dict[str, float]:
        """Attributes of SB3's algorithm that it does not schedule itself, where a share ``remaining`` is left."""
        return {}

    def schedule(self) -> float | Callable[[float], float]:
        """The learning rate as SB3 takes it: a number, or a function of the remaining progress."""
        return self.lr if self.lr_schedule == "constant" else lambda left: self.lr * share(self.lr_schedule, left)


@component
class SB3PPO(PPO, SB3Agent):
    """`PPO` with the same knobs by Stable-Baselines3; with a mask, sb3-contrib's MaskablePPO. The check on our own."""

    trainer = SB3Agent.trainer

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

    def scheduled(self, remaining: float) -> dict[str, float]:
        return {"ent_coef": self.entropy_at(remaining)}

    def settings(self) -> dict[str, Any]:
        """The hyper-parameters under SB3's names."""
        return {
            "n_steps": self.rollout,
            "batch_size": min(self.batch, self.rollout * self.num_envs),
            "n_epochs": self.epochs,
            "gae_lambda": self.gae_lambda,
            "clip_range": self.clip_at,
            "ent_coef": self.entropy,
            "vf_coef": self.value,
            "max_grad_norm": self.max_grad_norm,
            "target_kl": self.target_kl,
        }


@component
class RecurrentPPO(SB3PPO):
    """PPO with an LSTM, for problems whose observation is not the whole state (sb3-contrib).

    Fewer environments and longer rollouts than `PPO`: 64 steps are what gradients reach back through.
    """

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
    """Advantage actor-critic (Mnih et al. 2016, "Asynchronous methods"): one gradient step per rollout.

    SB3's defaults (RMSprop, 7e-4, returns without decay, gradient norm 0.5) but for the batch: 256 environments by 8
    steps, where SB3 has 1 by 5. The weight of entropy is the paper's.
    """

    lr: Positive = 7e-4
    rollout: Count = 8
    gae_lambda: Fraction = 1.0
    entropy: float = Field(default=0.01, ge=0)
    entropy_schedule: Changing = "constant"
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

    def scheduled(self, remaining: float) -> dict[str, float]:
        return {"ent_coef": self.entropy * share(self.entropy_schedule, remaining)}
