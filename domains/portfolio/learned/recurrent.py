"""LSTM and xLSTM over the price window of each asset, of equal size if wanted."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import torch
from gymnasium import spaces
from pydantic import Field
from torch import Tensor, nn

from headway.components import component
from headway.domains.portfolio.learned.scorer import Known, Scorer, Width, points, window_length
from headway.domains.portfolio.learned.xlstm import XLSTM
from headway.nn.network import Network, Recipe


@component
class WindowRecipe(Recipe):
    """What networks that read a window as a sequence share; ``env.window`` says how long it is.

    width : of the memory; or ``parameters``: the width for which the encoder has about so many
    days : returns of so many days are one point of the sequence
    features : whether an asset's features stand beside what was read
    """

    width: Width = 16
    parameters: Width | None = None
    days: Width = 5
    features: bool = True

    @abstractmethod
    def encoder(self, width: int) -> nn.Module:
        """[B, T, 1] -> [B, width]"""

    def build(self, observation_space: spaces.Dict, action_space: spaces.Space[Any]) -> Network:
        window_length(observation_space, type(self).__name__)
        width = self.width if self.parameters is None else matched(self.encoder, self.parameters)
        known = Known(observation_space, self.features)
        return WindowNetwork(self.encoder(width), width, known, self.days, action_space)


@component
class LSTMWindow(WindowRecipe):
    """A long short-term memory (Hochreiter and Schmidhuber 1997) over the window of each asset."""

    def encoder(self, width: int) -> nn.Module:
        return _Last(width)


@component
class XLSTMWindow(WindowRecipe):
    """Extended LSTM (Beck et al. 2024) over the window of each asset: ``blocks`` of mLSTM (m) and sLSTM (s) cells."""

    blocks: Annotated[str, Field(pattern="^[ms]+$")] = "ms"

    def encoder(self, width: int) -> nn.Module:
        return XLSTM(1, width, self.blocks)


class WindowNetwork(Scorer):
    """Window [B, N, W] -> what the encoder has read at its end, and what is `Known` beside it."""

    def __init__(
        self, encoder: nn.Module, width: int, known: Known, days: int, action_space: spaces.Space[Any]
    ) -> None:
        super().__init__(width + known.width, action_space)
        self.encoder, self.known, self.days = encoder, known, days

    def encode(self, observation: Mapping[str, Tensor]) -> Tensor:
        sequence = points(observation["window"], self.days)
        read = self.encoder(sequence.flatten(0, 1)[..., None]).unflatten(0, sequence.shape[:2])
        return torch.cat([read, self.known(observation)], dim=-1)


class _Last(nn.Module):
    """An LSTM's output after the last step."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.memory = nn.LSTM(1, width, batch_first=True)

    def forward(self, sequence: Tensor) -> Tensor:
        last: Tensor = self.memory(sequence)[0][:, -1]
        return last


def size(network: nn.Module) -> int:
    """How many numbers are trained."""
    return sum(parameter.numel() for parameter in network.parameters())


def matched(encoder: Callable[[int], nn.Module], parameters: int) -> int:
    """The width whose encoder comes nearest to so many parameters; torch's generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        width = 1
        while size(encoder(width + 1)) <= parameters:
            width += 1
        below, above = size(encoder(width)), size(encoder(width + 1))
    return width if parameters - below <= above - parameters else width + 1
