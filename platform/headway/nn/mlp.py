"""The multilayer perceptron: two towers on the flattened observation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from gymnasium import spaces
from pydantic import Field
from torch import Tensor

from headway.components import component
from headway.nn.layers import Activation, Flatten, tower
from headway.nn.network import Network, Recipe, outputs


@component
class MLP(Recipe):
    """Separate towers for actor and critic, for observations and actions of fixed size.

    The defaults are those of PPO's authors (Schulman et al. 2017, section 6.1: two tanh layers of 64).
    """

    hidden: tuple[Annotated[int, Field(ge=1)], ...] = (64, 64)
    activation: Activation = "tanh"

    def build(self, observation_space: spaces.Dict, action_space: spaces.Space[Any]) -> Network:
        return MLPNetwork(observation_space, outputs(action_space), self.hidden, self.activation)


class MLPNetwork(Network):
    """Flattened observation [B, features] -> actor [B, A], value [B, 1]."""

    sized = True

    def __init__(
        self, observation_space: spaces.Dict, actions: int, hidden: tuple[int, ...], activation: Activation
    ) -> None:
        super().__init__()
        self.flatten = Flatten(observation_space)
        self.actor_tower = tower([self.flatten.features, *hidden, actions], activation, gain=0.01)
        self.critic_tower = tower([self.flatten.features, *hidden, 1], activation, gain=1.0)

    def encode(self, observation: Mapping[str, Tensor]) -> Tensor:
        flat: Tensor = self.flatten(observation)
        return flat

    def actor(self, hidden: Tensor) -> Tensor:
        output: Tensor = self.actor_tower(hidden)
        return output

    def critic(self, hidden: Tensor) -> Tensor:
        value: Tensor = self.critic_tower(hidden)
        return value
