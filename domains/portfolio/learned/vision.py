"""The window as a picture, days x assets, as in work on China's stock market (Huang, Zhou and Song 2024)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import torch
from gymnasium import spaces
from torch import Tensor, nn

from headway.components import component
from headway.domains.portfolio.learned.scorer import Known, Scorer, Width, points, window_length
from headway.nn.network import Network, Recipe


@component
class Vision(Recipe):
    """Small VGG-like convolutions over a picture of returns, of which height is time and width the assets.

    Pooling halves time only, so that every asset keeps its column; 3 x 3 kernels see the neighbouring columns, whose
    order means nothing: that is the papers' form. ``days`` of returns are one row of the picture.
    """

    channels: tuple[Width, ...] = (8, 16)
    days: Width = 5
    features: bool = True

    def build(self, observation_space: spaces.Dict, action_space: spaces.Space[Any]) -> Network:
        window_length(observation_space, "vision")
        return VisionNetwork(observation_space, action_space, self)


class VisionNetwork(Scorer):
    """Window [B, N, W] -> columns [B, N, channels], and what is `Known` beside them."""

    def __init__(self, space: spaces.Dict, action_space: spaces.Space[Any], recipe: Vision) -> None:
        known = Known(space, recipe.features)
        super().__init__(recipe.channels[-1] + known.width, action_space)
        self.known, self.days = known, recipe.days
        layers: list[nn.Module] = []
        for before, after in pairwise((1, *recipe.channels)):
            layers += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU(), nn.MaxPool2d((2, 1), ceil_mode=True)]
        self.look = nn.Sequential(*layers)

    def encode(self, observation: Mapping[str, Tensor]) -> Tensor:
        picture = points(observation["window"], self.days).mT[:, None]
        columns = self.look(picture).mean(dim=2).mT
        return torch.cat([columns, self.known(observation)], dim=-1)
