"""Observations brought to mean 0 and deviation 1, by statistics that are a part of the network.

So they are stored with its weights, are the same in training, evaluation and serving, and change only where a
training run shows the network more (`watch`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from gymnasium import spaces
from torch import Tensor, nn

from headway.errors import CapabilityError
from headway.nn.network import Network, Recipe

CLIP = 10.0  # of standardised values, as in OpenAI's baselines and SB3 (`VecNormalize`)
LEAST = 1e-8  # added to variances, as there


class Standard(nn.Module):
    """Running mean and variance of each number in the float parts of a dict of observations.

    Variances of batches are merged by Chan et al. (1979), "Updating formulae and a pairwise algorithm for computing
    sample variances". Before it has seen any observation, and where the numbers never differ, it changes nothing but
    their mean.
    """

    def __init__(self, space: spaces.Dict) -> None:
        super().__init__()
        self.names = [name for name, part in space.spaces.items() if isinstance(part, spaces.Box)]
        self.count: Tensor
        self.register_buffer("count", torch.zeros((), dtype=torch.float64))
        for name in self.names:
            shape = space[name].shape or ()
            self.register_buffer(f"mean_{name}", torch.zeros(shape, dtype=torch.float64))
            self.register_buffer(f"variance_{name}", torch.ones(shape, dtype=torch.float64))

    def forward(self, observation: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {name: self._scaled(name, values) for name, values in observation.items()}

    def update(self, observation: Mapping[str, Tensor]) -> None:
        """Take in a batch of observations, [N, ...] each."""
        rows = len(observation[self.names[0]])
        total = self.count + rows
        for name in self.names:
            mean, variance = self.get_buffer(f"mean_{name}"), self.get_buffer(f"variance_{name}")
            values = observation[name].detach().double().reshape(rows, *mean.shape)
            fresh, change = values.var(0, correction=0), values.mean(0) - mean
            known = variance * self.count if self.count else torch.zeros_like(variance)
            variance.copy_((known + fresh * rows + change**2 * (self.count * rows / total)) / total)
            mean += change * (rows / total)
        self.count.copy_(total)

    def _scaled(self, name: str, values: Tensor) -> Tensor:
        if name not in self.names or not self.count:
            return values
        mean, variance = self.get_buffer(f"mean_{name}"), self.get_buffer(f"variance_{name}")
        factor = torch.where(variance > LEAST, (variance + LEAST).rsqrt(), 1.0)
        # In one precision wherever it runs: that of the weights.
        return ((values.float() - mean.float()) * factor.float()).clamp(-CLIP, CLIP)


class Standardized(Network):
    """A network behind such statistics."""

    def __init__(self, inner: Network, standard: Standard) -> None:
        super().__init__()
        if not inner.sized:
            raise CapabilityError(
                "observations of a network that takes any number of entities are not standardised one by one",
                where=type(inner).__name__,
                hint="agent.normalize_observation=false: such a network scales what it sees itself; or network=mlp",
            )
        self.inner, self.standard, self.sized = inner, standard, inner.sized

    def encode(self, observation: Mapping[str, Tensor]) -> Any:
        return self.inner.encode(self.standard(observation))

    def actor(self, hidden: Any) -> Tensor:
        return self.inner.actor(hidden)

    def critic(self, hidden: Any) -> Tensor:
        return self.inner.critic(hidden)


class Standardizing(Recipe):
    """Builds another recipe's networks behind statistics that all of them share."""

    def __init__(self, inner: Recipe) -> None:
        self.inner = inner
        self.standard: Standard | None = None

    def build(self, observation_space: spaces.Dict, action_space: spaces.Space[Any]) -> Network:
        return Standardized(self.inner.build(observation_space, action_space), self.shared(observation_space))

    def shared(self, observation_space: spaces.Dict) -> Standard:
        """The statistics."""
        self.standard = self.standard or Standard(observation_space)
        return self.standard


def watch(network: nn.Module, observation: Mapping[str, Tensor]) -> None:
    """Show a network that standardises what it sees a batch of observations; any other is left as it is."""
    if isinstance(network, Standardized):
        network.standard.update(observation)
