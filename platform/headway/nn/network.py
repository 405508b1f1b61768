"""The shape every trainable network has, whatever agent trains it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from gymnasium import spaces
from torch import Tensor, nn


class Network(nn.Module, ABC):
    """Observation -> hidden -> (actor output, value). Discrete: logits [B, A]; box: mean [B, A].

    Split in three so that an agent pays for the critic only when it trains. Masks and squashing are
    applied outside, by the decoding. A network that scores entities (nodes, assets) instead of fixed
    positions works for any instance size; `sized` says when it does not.
    """

    sized: bool = False  # tied to the sizes of the spaces it was built for

    @abstractmethod
    def encode(self, observation: Mapping[str, Tensor]) -> Any:
        """What actor and critic share, from a batch of observations as float or integer tensors."""

    @abstractmethod
    def actor(self, hidden: Any) -> Tensor:
        """Logits or means [B, A]."""

    @abstractmethod
    def critic(self, hidden: Any) -> Tensor:
        """State values [B, 1]."""

    def forward(self, observation: Mapping[str, Tensor]) -> Tensor:
        """The actor's output."""
        return self.actor(self.encode(observation))


class Recipe(ABC):
    """How to build a network for given spaces: a component, so its fields are its configuration."""

    recurrent: ClassVar[bool] = False  # its networks have memory (`headway.nn.lstm.Recurrent`)
    environments: ClassVar[tuple[str, ...]] = ()  # whose observations it reads; empty: any

    @abstractmethod
    def build(self, observation_space: spaces.Dict, action_space: spaces.Space[Any]) -> Network:
        """A freshly initialised network (uses torch's global generator, which the agent seeds)."""


def outputs(action_space: spaces.Space[Any]) -> int:
    """How many numbers the actor gives: logits of a discrete space, means of a box."""
    if isinstance(action_space, spaces.Discrete):
        return int(action_space.n)
    return int(torch.tensor(action_space.shape).prod())
