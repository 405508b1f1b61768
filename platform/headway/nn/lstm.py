"""A recurrent network: what it has seen in an episode travels as memory beside the observation."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import torch
from gymnasium import spaces
from pydantic import Field
from torch import Tensor, nn

from headway.components import component
from headway.nn.layers import Activation, Flatten, tower
from headway.nn.network import Network, Recipe, outputs

Memory = dict[str, Tensor]  # arrays with a leading batch axis


class Recurrent(Network):
    """A network with memory. `Network.encode` alone starts from an empty one."""

    @abstractmethod
    def empty(self, n: int) -> Memory:
        """The memory of ``n`` episodes that begin."""

    @abstractmethod
    def recall(self, observation: Mapping[str, Tensor], memory: Memory) -> tuple[Any, Memory]:
        """What actor and critic need, and the memory for the next step."""

    def encode(self, observation: Mapping[str, Tensor]) -> Any:
        return self.recall(observation, self.empty(len(next(iter(observation.values())))))[0]


@component
class LSTM(Recipe):
    """One LSTM each for actor and critic, then a tower; for `recurrent_ppo`.

    Defaults: half the width of sb3-contrib's (256), which trains as well on problems of a few dozen
    observations at a quarter of the cost.
    """

    recurrent: ClassVar[bool] = True

    memory: Annotated[int, Field(ge=1)] = 128
    hidden: tuple[Annotated[int, Field(ge=1)], ...] = (64,)
    activation: Activation = "tanh"

    def build(self, observation_space: spaces.Dict, action_space: spaces.Space[Any]) -> Network:
        return LSTMNetwork(observation_space, outputs(action_space), self)


class LSTMNetwork(Recurrent):
    """Flattened observation -> LSTM -> tower, once for the actor and once for the critic."""

    sized = True

    def __init__(self, observation_space: spaces.Dict, actions: int, recipe: LSTM) -> None:
        super().__init__()
        self.flatten = Flatten(observation_space)
        sizes = [recipe.memory, *recipe.hidden]
        self.actor_memory = nn.LSTM(self.flatten.features, recipe.memory)
        self.critic_memory = nn.LSTM(self.flatten.features, recipe.memory)
        self.actor_tower = tower([*sizes, actions], recipe.activation, gain=0.01)
        self.critic_tower = tower([*sizes, 1], recipe.activation, gain=1.0)

    def empty(self, n: int) -> Memory:
        zero = torch.zeros(n, self.actor_memory.hidden_size)
        return {name: zero for name in ("actor", "actor_cell", "critic", "critic_cell")}

    def recall(self, observation: Mapping[str, Tensor], memory: Memory) -> tuple[tuple[Tensor, Tensor], Memory]:
        flat = self.flatten(observation)[None]
        hidden: list[Tensor] = []
        after: Memory = {}
        for name, layer in (("actor", self.actor_memory), ("critic", self.critic_memory)):
            output, (short, long) = layer(flat, (memory[name][None], memory[f"{name}_cell"][None]))
            hidden.append(output[0])
            after |= {name: short[0], f"{name}_cell": long[0]}
        return (hidden[0], hidden[1]), after

    def actor(self, hidden: tuple[Tensor, Tensor]) -> Tensor:
        return torch.as_tensor(self.actor_tower(hidden[0]))

    def critic(self, hidden: tuple[Tensor, Tensor]) -> Tensor:
        return torch.as_tensor(self.critic_tower(hidden[1]))
