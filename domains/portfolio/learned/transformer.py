"""Attention across assets: each looks at what the others do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from gymnasium import spaces
from torch import Tensor, nn

from headway.components import component
from headway.domains.portfolio.learned.scorer import Known, Scorer, Width, points
from headway.errors import ConfigError
from headway.nn.network import Network, Recipe


@component
class Transformer(Recipe):
    """An encoder (Vaswani et al. 2017, layer norms first) whose tokens are assets, in no order.

    A token is an asset's features, the weight held of it and, where one is observed, its window in points of ``days``.
    What does not trade is not looked at.
    """

    width: Width = 32
    heads: Width = 4
    layers: Width = 2
    days: Width = 5

    def build(self, observation_space: spaces.Dict, action_space: spaces.Space[Any]) -> Network:
        if self.width % self.heads:
            raise ConfigError("heads do not divide the width", where="network", got=self.heads, expected=self.width)
        return TransformerNetwork(observation_space, action_space, self)


class TransformerNetwork(Scorer):
    """Assets [B, N, F] -> encodings [B, N, width]."""

    def __init__(self, space: spaces.Dict, action_space: spaces.Space[Any], recipe: Transformer) -> None:
        super().__init__(recipe.width, action_space)
        self.known, self.days = Known(space, features=True), recipe.days
        window = (space["window"].shape or (0,))[-1] // recipe.days if "window" in space.spaces else 0
        self.enter = nn.Linear(self.known.width + window, recipe.width)
        self.layers = nn.ModuleList([Layer(recipe.width, recipe.heads) for _ in range(recipe.layers)])
        self.leave = nn.LayerNorm(recipe.width)

    def encode(self, observation: Mapping[str, Tensor]) -> Tensor:
        tokens = self.known(observation)
        if "window" in observation:
            tokens = torch.cat([tokens, points(observation["window"], self.days)], dim=-1)
        # Where nothing trades all are looked at, since a softmax over nothing is not a number.
        traded = observation["traded"].bool()
        looked_at = (traded | ~traded.any(dim=1, keepdim=True))[:, None, None]
        hidden = self.enter(tokens)
        for layer in self.layers:
            hidden = layer(hidden, looked_at)
        encodings: Tensor = self.leave(hidden)
        return encodings


class Layer(nn.Module):
    """Self-attention and a perceptron, each added to what comes in."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.projections, self.mix = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.think = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        self.norms = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width)])

    def forward(self, hidden: Tensor, looked_at: Tensor) -> Tensor:
        """[B, N, width] -> the same; ``looked_at`` bool [B, 1, 1, N]."""
        parts = self.projections(self.norms[0](hidden)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        query, key, value = parts.unbind(0)
        seen = nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=looked_at)
        hidden = hidden + self.mix(seen.transpose(1, 2).flatten(2))
        after: Tensor = hidden + self.think(self.norms[1](hidden))
        return after
