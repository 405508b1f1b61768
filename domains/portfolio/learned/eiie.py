"""Ensemble of identical independent evaluators (Jiang, Xu and Liang 2017)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from gymnasium import spaces
from torch import Tensor, nn

from headway.components import component
from headway.domains.portfolio.learned.scorer import RETURNS, Known, Scorer, Width, window_length
from headway.nn.network import Network, Recipe


@component
class EIIE(Recipe):
    """The same convolutions for the price window of every asset, and the weight held of it as memory.

    Jiang, Xu and Liang 2017, figure 2: a convolution over 3 days into 2 maps, one over all that remains into 20,
    the portfolio memory w(t-1) beside them, then one score per asset. Prices are relative to the last close, as there,
    in logs; closes only. Use it with ``env.window=50 env.form=softmax env.strength=5 env.adjustment=1`` for the
    paper's direct weights. On real prices it overfits: see the results page. ``features`` shows it those as well.
    """

    maps: Width = 2
    kernel: Width = 3
    hidden: Width = 20
    features: bool = False

    def build(self, observation_space: spaces.Dict, action_space: spaces.Space[Any]) -> Network:
        return EIIENetwork(observation_space, action_space, self)


class EIIENetwork(Scorer):
    """Window [B, N, W] -> maps of each asset, and what is `Known` beside them."""

    def __init__(self, space: spaces.Dict, action_space: spaces.Space[Any], recipe: EIIE) -> None:
        days, known = window_length(space, "eiie"), Known(space, recipe.features)
        super().__init__(recipe.hidden + known.width, action_space)
        self.known = known
        kernel = min(recipe.kernel, days)
        self.evaluate = nn.Sequential(
            nn.Conv1d(1, recipe.maps, kernel),
            nn.ReLU(),
            nn.Conv1d(recipe.maps, recipe.hidden, days - kernel + 1),
            nn.ReLU(),
        )

    def encode(self, observation: Mapping[str, Tensor]) -> Tensor:
        window = observation["window"]
        prices = RETURNS / 5 * (window.cumsum(-1) - window.sum(-1, keepdim=True))  # log of price / last close
        maps = self.evaluate(prices.flatten(0, 1)[:, None])[..., 0].unflatten(0, window.shape[:2])
        return torch.cat([maps, self.known(observation)], dim=-1)
