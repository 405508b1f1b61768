"""The attention network of the routing domain: nodes in, a logit per node out, whatever their number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

import torch
from gymnasium import spaces
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from headway.components import component
from headway.domains.routing.features import FEATURES
from headway.errors import ConfigError
from headway.nn.layers import orthogonal
from headway.nn.network import Network, Recipe

Size = Annotated[int, Field(ge=1)]
USUAL = 20  # customers; distances count sqrt(n / 20) times, since neighbours are that much nearer
HIDDEN = -1e9  # logit of padding


@component
class Attention(Recipe):
    """Transformer over nodes and a pointer over the open ones, after Kool, van Hoof and Welling (ICLR 2019).

    Differences: layer normalisation before each part instead of batch normalisation; features relative to
    the depot; the distance from the vehicle is a bias of the pointer, so that an untrained network already
    prefers near nodes and one network serves all sizes.

    Attributes
    ----------
    dim, layers, heads, feedforward : of the transformer; small, for training on a CPU
    clip : logits lie within this before the distance is subtracted (10: Bello et al. 2017)
    nearness : initial weight of the distance in the logits
    """

    dim: Size = 64
    layers: Size = 2
    heads: Size = 4
    feedforward: Size = 128
    clip: Annotated[float, Field(gt=0)] = 10.0
    nearness: Annotated[float, Field(ge=0)] = 10.0

    def __post_init__(self) -> None:
        if self.dim % self.heads:
            raise ConfigError(
                "heads do not divide dim", where="network.heads", got=self.heads, expected=f"a divisor of {self.dim}"
            )

    def build(self, observation_space: spaces.Dict, action_space: spaces.Space[Any]) -> Network:
        return AttentionNetwork(self)


class Hidden(NamedTuple):
    """What actor and critic share."""

    keys: Tensor  # [B, N, D], of the pointer
    query: Tensor  # [B, D], of the pointer: what the vehicle looks for
    summary: Tensor  # [B, D + 3], of what is still to do
    near: Tensor  # [B, N], distance from the vehicle
    home: Tensor  # [B, N], distance from the depot
    real: Tensor  # bool [B, N]


class AttentionNetwork(Network):
    """Logits [B, N] over nodes and a value [B, 1], for the observations of `Construct`.

    `embed` depends on the fixed part of an observation only: within an episode its result can be kept
    and handed to `attend` again.
    """

    def __init__(self, recipe: Attention) -> None:
        super().__init__()
        dim = recipe.dim
        self.recipe = recipe
        self.features = nn.Linear(FEATURES, dim)
        self.depot = nn.Parameter(torch.zeros(dim))
        self.blocks = nn.ModuleList(Block(dim, recipe.heads, recipe.feedforward) for _ in range(recipe.layers))
        self.norm = nn.LayerNorm(dim)
        self.projected = nn.Linear(dim, 2 * dim)
        self.pointer = orthogonal(nn.Linear(dim, dim), 0.1)
        self.vehicle = nn.Linear(2 * dim + 1, dim)
        self.glimpse = nn.Linear(dim, dim)
        self.nearness = nn.Parameter(torch.full((recipe.heads + 1,), recipe.nearness))
        self.remoteness = nn.Parameter(torch.zeros(()))
        self.value = nn.Sequential(nn.Linear(dim + 3, dim), nn.SiLU(), orthogonal(nn.Linear(dim, 1), 1.0))

    def encode(self, observation: Mapping[str, Tensor]) -> Hidden:
        return self.attend(observation, self.embed(observation))

    def embed(self, observation: Mapping[str, Tensor]) -> Tensor:
        """Node embeddings [B, N, D], fixed during an episode."""
        hidden = self.features(observation["nodes"])
        hidden = torch.cat([hidden[:, :1] + self.depot, hidden[:, 1:]], 1)
        real = observation["real"].bool()
        for block in self.blocks:
            hidden = block(hidden, real)
        embedded: Tensor = self.norm(hidden)
        return embedded

    def attend(self, observation: Mapping[str, Tensor], embedded: Tensor) -> Hidden:
        """The vehicle's view of embedded nodes [B, N, D]."""
        nodes, free, here = observation["nodes"], observation["free"], observation["here"].to(embedded.dtype)
        real, waiting = observation["real"].bool(), observation["waiting"].bool()
        scale = ((real.sum(1, keepdim=True) - 1) / USUAL).sqrt()
        near, home = observation["distance"] * scale, nodes[..., 2] * scale
        # Rounded to float32, a demand may exceed the room it fits into exactly.
        fits = waiting & (nodes[..., 5] <= free + 1e-6)
        open_ = torch.cat([torch.ones_like(fits[:, :1]), fits[:, 1:]], 1)
        keys, values = self.projected(embedded).chunk(2, -1)
        here_embedded = (here[:, None] @ embedded).squeeze(1)
        todo = _mean(embedded, waiting)
        query = self.vehicle(torch.cat([here_embedded, todo, free], -1))
        query = query + self.glimpse(self._look(query, keys, values, near, open_))
        left = waiting.sum(1, keepdim=True) / real.sum(1, keepdim=True)
        return Hidden(self.pointer(embedded), query, torch.cat([todo, free, left, left * scale], -1), near, home, real)

    def actor(self, hidden: Hidden) -> Tensor:
        match = (hidden.keys @ hidden.query[:, :, None]).squeeze(-1) / hidden.query.shape[-1] ** 0.5
        logits = self.recipe.clip * torch.tanh(match) - self.nearness[-1] * hidden.near + self.remoteness * hidden.home
        return logits.masked_fill(~hidden.real, HIDDEN)

    def critic(self, hidden: Hidden) -> Tensor:
        value: Tensor = self.value(hidden.summary)
        return value

    def _look(self, query: Tensor, keys: Tensor, values: Tensor, near: Tensor, open_: Tensor) -> Tensor:
        """One multi-head glance from the vehicle at the open nodes, nearer ones first: [B, D]."""
        heads = self.recipe.heads
        bias = -self.nearness[:-1, None] * near[:, None]
        bias = bias.masked_fill(~open_[:, None], HIDDEN)[:, :, None]
        seen = scaled_dot_product_attention(
            _split(query[:, None], heads), _split(keys, heads), _split(values, heads), attn_mask=bias
        )
        return seen.flatten(1)


class Block(nn.Module):
    """A pre-norm transformer block (Xiong et al. 2020) that does not see padding."""

    def __init__(self, dim: int, heads: int, feedforward: int) -> None:
        super().__init__()
        self.heads = heads
        self.before, self.after = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.projected, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.feedforward = nn.Sequential(nn.Linear(dim, feedforward), nn.SiLU(), nn.Linear(feedforward, dim))

    def forward(self, hidden: Tensor, real: Tensor) -> Tensor:
        query, keys, values = (_split(part, self.heads) for part in self.projected(self.before(hidden)).chunk(3, -1))
        seen = scaled_dot_product_attention(query, keys, values, attn_mask=real[:, None, None])
        hidden = hidden + self.out(seen.transpose(1, 2).flatten(2))
        updated: Tensor = hidden + self.feedforward(self.after(hidden))
        return updated


def _split(hidden: Tensor, heads: int) -> Tensor:
    """[B, N, D] -> [B, H, N, D / H]."""
    batch, nodes, dim = hidden.shape
    return hidden.reshape(batch, nodes, heads, dim // heads).transpose(1, 2)


def _mean(hidden: Tensor, chosen: Tensor) -> Tensor:
    """The mean over chosen nodes, 0 where there are none: [B, N, D], bool [B, N] -> [B, D]."""
    weight = chosen.to(hidden.dtype)
    return (weight[:, None] @ hidden).squeeze(1) / weight.sum(1, keepdim=True).clamp(min=1)
