"""DQN, SAC and TD3: SB3's algorithms, with the acting network one of Headway's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.torch_layers import CombinedExtractor
from stable_baselines3.dqn.policies import DQNPolicy
from stable_baselines3.sac.policies import LOG_STD_MAX, LOG_STD_MIN
from stable_baselines3.sac.policies import Actor as SACActor
from stable_baselines3.sac.policies import MultiInputPolicy as SACPolicy
from stable_baselines3.td3.policies import Actor as TD3Actor
from stable_baselines3.td3.policies import MultiInputPolicy as TD3Policy
from torch import Tensor, nn

from headway.nn.network import Network, Recipe
from headway.nn.standard import Standardizing, watch
from headway.pipelines.agents.replay_state import replay_state, set_replay_state
from headway.pipelines.agents.sb3_trainer import COUNTERS, SB3Trainer, as_given, given


class QNetwork(nn.Module):
    """A `Network` whose logits are action values, with what SB3's DQN asks of its networks."""

    def __init__(self, network: Network, space: Any) -> None:
        super().__init__()
        self.network, self.space = network, space

    def forward(self, obs: Mapping[str, Tensor]) -> Tensor:
        values: Tensor = self.network(as_given(obs, self.space))
        return values

    def _predict(self, observation: Mapping[str, Tensor], deterministic: bool = True) -> Tensor:
        return self.forward(observation).argmax(dim=1)

    def set_training_mode(self, mode: bool) -> None:
        self.train(mode)


class NetworkDQNPolicy(DQNPolicy):
    """SB3's DQN policy on our network."""

    observation_space: Any

    def __init__(self, *args: Any, recipe: Recipe, **kwargs: Any) -> None:
        self.recipe = recipe
        super().__init__(*args, **kwargs)

    def make_q_net(self) -> Any:
        return QNetwork(self.recipe.build(self.observation_space, self.action_space), self.observation_space)


class NetworkSACActor(SACActor):
    """The mean from our network; the width of exploration from SB3's own layers, which are not exported."""

    observation_space: Any
    log_std: Any

    def __init__(self, *args: Any, recipe: Recipe, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.mu
        self.network = recipe.build(self.observation_space, self.action_space)

    def get_action_dist_params(self, obs: Any) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        latent = self.latent_pi(self.extract_features(obs, self.features_extractor))
        log_std = self.log_std(latent).clamp(LOG_STD_MIN, LOG_STD_MAX)
        return self.network(as_given(obs, self.observation_space)), log_std, {}


class NetworkTD3Actor(TD3Actor):
    """A tanh on our network's output."""

    observation_space: Any

    def __init__(self, *args: Any, recipe: Recipe, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.mu
        self.network = recipe.build(self.observation_space, self.action_space)

    def forward(self, obs: Any) -> Tensor:
        output: Tensor = self.network(as_given(obs, self.observation_space))
        return output.tanh()


class NetworkSACPolicy(SACPolicy):
    """SB3's SAC policy with our network as actor."""

    def __init__(self, *args: Any, recipe: Recipe, **kwargs: Any) -> None:
        self.recipe = recipe
        super().__init__(*args, **kwargs)

    def make_actor(self, features_extractor: Any = None) -> Any:
        settings = self._update_features_extractor(self.actor_kwargs, features_extractor)
        return NetworkSACActor(recipe=self.recipe, **settings)


class NetworkTD3Policy(TD3Policy):
    """SB3's TD3 policy with our network as actor."""

    def __init__(self, *args: Any, recipe: Recipe, **kwargs: Any) -> None:
        self.recipe = recipe
        super().__init__(*args, **kwargs)

    def make_actor(self, features_extractor: Any = None) -> Any:
        settings = self._update_features_extractor(self.actor_kwargs, features_extractor)
        return NetworkTD3Actor(recipe=self.recipe, **settings)


class StandardFeatures(CombinedExtractor):
    """What SB3's own critics see, brought to one scale by the acting network's statistics."""

    def __init__(self, observation_space: Any, recipe: Standardizing) -> None:
        super().__init__(observation_space)
        self.standard = recipe.shared(observation_space)

    def forward(self, observations: Mapping[str, Tensor]) -> Tensor:
        features: Tensor = super().forward(self.standard(observations))
        return features


def critics(recipe: Recipe, layers: Sequence[int]) -> dict[str, Any]:
    """SB3's options for an actor of this recipe beside critics of these layers."""
    options = {"recipe": recipe, "net_arch": list(layers)}
    if not isinstance(recipe, Standardizing):
        return options
    return options | {"features_extractor_class": StandardFeatures, "features_extractor_kwargs": {"recipe": recipe}}


class OffPolicyTrainer(SB3Trainer):
    """Collect transitions into the replay buffer, learn from a sample of it."""

    def update(self) -> None:
        model = self.model
        model.collect_rollouts(
            model.env, self.callback, model.train_freq, model.replay_buffer, model.action_noise, model.learning_starts
        )
        buffer, collected = model.replay_buffer, model.train_freq.frequency
        newest = np.arange(buffer.pos - collected, buffer.pos) % buffer.buffer_size
        fresh = {name: array[newest] for name, array in buffer.observations.items()}
        watch(self.network(), given(fresh, model.observation_space))
        if model.num_timesteps > model.learning_starts:
            model.train(gradient_steps=model.gradient_steps, batch_size=model.batch_size)

    def network(self) -> Network:
        network: Network = self.model.actor.network
        return network

    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        model = self.model
        found = {"actor": model.actor.optimizer, "critic": model.critic.optimizer}
        temperature = getattr(model, "ent_coef_optimizer", None)
        return found if temperature is None else found | {"temperature": temperature}

    def get_state(self) -> dict[str, Any]:
        temperature = getattr(self.model, "log_ent_coef", None)
        temperature = None if temperature is None else temperature.detach()
        return super().get_state() | {"replay": replay_state(self.model.replay_buffer), "temperature": temperature}

    def set_state(self, state: Mapping[str, Any]) -> None:
        super().set_state(state)
        set_replay_state(self.model.replay_buffer, state["replay"])
        if state["temperature"] is not None:
            self.model.log_ent_coef.data.copy_(state["temperature"])


class DQNTrainer(OffPolicyTrainer):
    """DQN has one network with a target, and an exploration schedule."""

    counters = (*COUNTERS, "_n_calls", "exploration_rate")

    def network(self) -> Network:
        network: Network = self.model.q_net.network
        return network

    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        return {"policy": self.model.policy.optimizer}
