"""PPO, A2C, MaskablePPO and RecurrentPPO: SB3's algorithms on Headway's networks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from gymnasium import spaces
from sb3_contrib.common.maskable.policies import MaskableActorCriticPolicy
from sb3_contrib.common.recurrent.type_aliases import RNNStates
from stable_baselines3.common.distributions import CategoricalDistribution
from stable_baselines3.common.policies import ActorCriticPolicy
from torch import Tensor, nn

from headway.nn.network import Network, Recipe, outputs
from headway.nn.standard import watch
from headway.pipelines.agents.base import Trainer, take_over
from headway.pipelines.agents.sb3_trainer import SB3Trainer, as_given, given
from headway.storage.stored import StoredPolicy

MASKED = -1e8  # logit of a forbidden action, as in sb3-contrib


class NetworkHeads:
    """SB3's actor-critic interface on a `Network`, which gets observations as they are.

    (SB3's own path turns integers to floats and categories to one-hot vectors before any network sees them.)
    """

    observation_space: Any
    action_space: Any
    action_dist: Any
    optimizer_class: Any
    optimizer_kwargs: Any
    parameters: Any

    def __init__(self, *args: Any, recipe: Recipe, log_std: float = 0.0, **kwargs: Any) -> None:
        self.recipe, self.initial_log_std = recipe, log_std
        super().__init__(*args, **kwargs)

    def _build(self, lr_schedule: Any) -> None:
        self.network = self.recipe.build(self.observation_space, self.action_space)
        if isinstance(self.action_space, spaces.Box):
            size = outputs(self.action_space)
            self.log_std = nn.Parameter(torch.full((size,), self.initial_log_std))
        self.optimizer = self.optimizer_class(self.parameters(), lr=lr_schedule(1), **self.optimizer_kwargs)

    def forward(
        self, obs: Mapping[str, Tensor], deterministic: bool = False, action_masks: Any = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        hidden = self._encode(obs)
        distribution = self._distribution(hidden, action_masks)
        actions = distribution.get_actions(deterministic=deterministic)
        log_prob = distribution.log_prob(actions)
        return actions.reshape(-1, *self.action_space.shape), self.network.critic(hidden), log_prob

    def evaluate_actions(
        self, obs: Mapping[str, Tensor], actions: Tensor, action_masks: Any = None
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        hidden = self._encode(obs)
        distribution = self._distribution(hidden, action_masks)
        return self.network.critic(hidden), distribution.log_prob(actions), distribution.entropy()

    def get_distribution(self, obs: Mapping[str, Tensor], action_masks: Any = None) -> Any:
        return self._distribution(self._encode(obs), action_masks)

    def predict_values(self, obs: Mapping[str, Tensor]) -> Tensor:
        return self.network.critic(self._encode(obs))

    def _encode(self, obs: Mapping[str, Tensor]) -> Any:
        return self.network.encode(as_given(obs, self.observation_space))

    def _distribution(self, hidden: Any, action_masks: Any) -> Any:
        output = self.network.actor(hidden)
        if isinstance(self.action_space, spaces.Box):
            return self.action_dist.proba_distribution(output, self.log_std)
        if action_masks is not None:
            # Masked here, the distribution is built once; sb3-contrib's own builds three for each batch.
            output = output.masked_fill(~torch.as_tensor(action_masks, dtype=torch.bool).reshape(output.shape), MASKED)
        return CategoricalDistribution(outputs(self.action_space)).proba_distribution(output)


class NetworkPolicy(NetworkHeads, ActorCriticPolicy):  # type: ignore[misc]
    """For PPO and A2C."""


class MaskedNetworkPolicy(NetworkHeads, MaskableActorCriticPolicy):  # type: ignore[misc]
    """For MaskablePPO."""


class OnPolicyTrainer(SB3Trainer):
    """Collect a rollout, learn from it, forget it."""

    def update(self) -> None:
        model = self.model
        model.collect_rollouts(model.env, self.callback, model.rollout_buffer, n_rollout_steps=model.n_steps)
        model._update_current_progress_remaining(model.num_timesteps, self.horizon)
        for name, value in self.scheduled(model._current_progress_remaining).items():
            setattr(model, name, value)
        model.train()
        watch(self.network(), given(model.rollout_buffer.observations, model.observation_space))

    @property
    def horizon(self) -> int:
        """Steps over which schedules run: whole updates, and one more, since SB3 counts progress after
        collecting. With less, the last update would learn nothing, or at a negative rate unlearn."""
        update: int = self.model.n_steps * self.model.n_envs
        return (math.ceil(self.total / update) + 1) * update

    def network(self) -> Network:
        network: Network = self.model.policy.network
        return network

    def start_from(self, policy: StoredPolicy) -> None:
        take_over(self.network(), policy)

    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        return {"policy": self.model.policy.optimizer}


class RecurrentTrainer(OnPolicyTrainer):
    """RecurrentPPO trains SB3's own LSTM policy; its weights are exported under our names."""

    def network(self) -> Network:
        network = self.description.build()
        layers = len(self.description.network_options["hidden"])
        network.load_state_dict(renamed(self.model.policy.state_dict(), layers))
        return network

    def start_from(self, policy: StoredPolicy) -> None:
        Trainer.start_from(self, policy)  # SB3's own network is trained; what `network` gives is a copy

    def get_state(self) -> dict[str, Any]:
        states = self.model._last_lstm_states
        return super().get_state() | {"memory": {"pi": tuple(states.pi), "vf": tuple(states.vf)}}

    def set_state(self, state: Mapping[str, Any]) -> None:
        super().set_state(state)
        self.model._last_lstm_states = RNNStates(state["memory"]["pi"], state["memory"]["vf"])


def renamed(weights: Mapping[str, Tensor], layers: int) -> dict[str, Tensor]:
    """The weights of sb3-contrib's recurrent policy under the names of `headway.nn.lstm.LSTMNetwork`."""
    prefixes = {"lstm_actor": "actor_memory", "lstm_critic": "critic_memory"}
    for ours, sb3, head in (("actor_tower", "policy_net", "action_net"), ("critic_tower", "value_net", "value_net")):
        prefixes |= {f"mlp_extractor.{sb3}.{2 * i}": f"{ours}.{2 * i}" for i in range(layers)}
        prefixes[head] = f"{ours}.{2 * layers}"
    out = {}
    for name, tensor in weights.items():
        for old, new in prefixes.items():
            if name.startswith(f"{old}."):
                out[new + name.removeprefix(old)] = tensor
    return out
