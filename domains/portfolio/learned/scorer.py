"""What the networks here share: an encoding of each asset, a head that starts at zero, and a critic."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Annotated, Any

import torch
from gymnasium import spaces
from pydantic import Field
from torch import Tensor, nn

from headway.errors import CapabilityError
from headway.nn.network import Network, outputs

Width = Annotated[int, Field(ge=1)]

RETURNS = 50.0  # a daily return of 2 % is 1: about unit size for stocks


class Scorer(Network):
    """Assets [B, N, H] -> scores [B, N]; for numbered actions, logits [B, A] from their mean and largest encodings.

    The head starts at zero: zero scores are the environment's base (1/N), so training starts from the reference and
    has to earn any tilt. Everything is shared by the assets, so a network works for any number of them.
    """

    def __init__(self, width: int, action_space: spaces.Space[Any]) -> None:
        super().__init__()
        self.discrete = isinstance(action_space, spaces.Discrete)
        self.score = nn.Linear(2 * width, outputs(action_space)) if self.discrete else nn.Linear(width, 1)
        self.value = nn.Sequential(nn.Linear(2 * width, width), nn.Tanh(), nn.Linear(width, 1))
        nn.init.zeros_(self.score.weight)
        nn.init.zeros_(self.score.bias)

    @abstractmethod
    def encode(self, observation: Mapping[str, Tensor]) -> Tensor:
        """Encodings [B, N, H]."""

    def actor(self, hidden: Tensor) -> Tensor:
        """Scores [B, N] or logits [B, A]."""
        output: Tensor = self.score(pooled(hidden)) if self.discrete else self.score(hidden).squeeze(-1)
        return output

    def critic(self, hidden: Tensor) -> Tensor:
        """Values [B, 1]."""
        value: Tensor = self.value(pooled(hidden))
        return value


def pooled(hidden: Tensor) -> Tensor:
    """Mean and largest over assets: [B, N, H] -> [B, 2H]."""
    return torch.cat([hidden.mean(dim=1), hidden.amax(dim=1)], dim=-1)


class Known:
    """What stands beside an encoding: the weight held of each asset, in units of 1/N, and its features if wanted."""

    def __init__(self, space: spaces.Dict, features: bool) -> None:
        self.features = features
        self.width = 1 + ((space["assets"].shape or (0,))[-1] if features else 0)

    def __call__(self, observation: Mapping[str, Tensor]) -> Tensor:
        """float32 [B, N, width]."""
        held = observation["weights"][:, :-1, None]
        held = held * held.shape[1] - 1
        return torch.cat([held, observation["assets"]], dim=-1) if self.features else held


def window_length(space: spaces.Dict, who: str) -> int:
    """Days of the price window. Raises CapabilityError where none is observed."""
    if "window" not in space.spaces:
        raise CapabilityError(
            "the network looks at a window of prices, and none is observed", where=who, hint="env.window=60"
        )
    return int((space["window"].shape or (0,))[-1])


def points(window: Tensor, days: int) -> Tensor:
    """Sums of ``days`` log returns each, the oldest left out where they are no whole point: [..., W] -> [..., P]."""
    kept = window.shape[-1] // days * days
    sums = window[..., -kept:].reshape(*window.shape[:-1], -1, days).sum(-1)
    scaled: Tensor = RETURNS / days**0.5 * sums
    return scaled
