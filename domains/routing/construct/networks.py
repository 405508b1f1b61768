"""The attention network of the routing domain: nodes in, a logit per node out, whatever their number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, NamedTuple

import torch
from gymnasium import spaces
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from headway.components import component
from headway.errors import ConfigError
from headway.nn.layers import orthogonal
from headway.nn.network import Network, Recipe

Size = Annotated[int, Field(ge=1)]
USUAL = 20  # customers; distances count sqrt(n / 20) times, since neighbours are that much nearer
MOMENTARY = 6  # features that change at each step, see `_momentary`
HIDDEN = -1e9  # logit of padding


@component
class Attention(Recipe):
    """Transformer over the open nodes and a pointer to the next one, after Kool, van Hoof and Welling (ICLR 2019).

    Differences, all for training with few samples on a CPU: nodes are embedded anew at each step, with
    features of the moment, which a small encoder pays for; layer normalisation before each part instead of
    batch normalisation; features relative to depot and vehicle; the distance from the vehicle is a bias of
    the logits, so that an untrained network already prefers near nodes and one network serves all sizes.

    Attributes
    ----------
    dim, layers, heads, feedforward : of the transformer
    clip : logits lie within this before distances count (10: Bello et al. 2017)
    nearness : initial weight of the distance in the logits
    """

    environments: ClassVar[tuple[str, ...]] = ("construct",)

    dim: Size = 32
    layers: Size = 1
    heads: Size = 4
    feedforward: Size = 64
    clip: Annotated[float, Field(gt=0)] = 10.0
    nearness: Annotated[float, Field(ge=0)] = 4.0

    def __post_init__(self) -> None:
        if self.dim % self.heads:
            raise ConfigError(
                "heads do not divide dim", where="network.heads", got=self.heads, expected=f"a divisor of {self.dim}"
            )

    def build(self, observation_space: spaces.Dict, action_space: spaces.Space[Any]) -> Network:
        nodes = observation_space["nodes"]
        assert isinstance(nodes, spaces.Box)  # noqa: S101 - of every environment this network is for
        return AttentionNetwork(self, nodes.shape[-1])


class Hidden(NamedTuple):
    """What actor and critic share."""

    nodes: Tensor  # [B, N, D], embedded
    vehicle: Tensor  # [B, D], the embedding of the vehicle's node
    todo: Tensor  # [B, D + 3], of the customers still waiting
    near: Tensor  # [B, N], distance from the vehicle
    home: Tensor  # [B, N], distance from the depot
    real: Tensor  # bool [B, N]


class AttentionNetwork(Network):
    """Logits [B, N] over nodes and a value [B, 1], for the observations of `Construct`."""

    def __init__(self, recipe: Attention, features: int) -> None:
        super().__init__()
        dim = recipe.dim
        self.clip = recipe.clip
        self.features = nn.Linear(features + MOMENTARY, dim)
        self.blocks = nn.ModuleList(Block(dim, recipe.heads, recipe.feedforward) for _ in range(recipe.layers))
        self.norm = nn.LayerNorm(dim)
        self.query = orthogonal(nn.Linear(2 * dim + 3, dim), 1.0)
        self.keys = orthogonal(nn.Linear(dim, dim), 0.1)
        self.nearness = nn.Parameter(torch.tensor(recipe.nearness))
        self.remoteness = nn.Parameter(torch.zeros(()))
        self.value = nn.Sequential(nn.Linear(2 * dim + 3, dim), nn.SiLU(), orthogonal(nn.Linear(dim, 1), 1.0))

    def encode(self, observation: Mapping[str, Tensor]) -> Hidden:
        nodes, free = observation["nodes"], observation["free"]
        real, waiting, here = (observation[name].bool() for name in ("real", "waiting", "here"))
        customers = real.sum(1, keepdim=True) - 1
        scale = (customers / USUAL).sqrt()
        near, home = observation["distance"] * scale, nodes[..., 2] * scale
        embedded = self.features(torch.cat([nodes, _momentary(nodes, free, waiting, here, near, home)], -1))
        # The depot keeps the rows of attention from being empty; served customers matter no more.
        open_ = torch.cat([torch.ones_like(waiting[:, :1]), (waiting | here)[:, 1:]], 1)
        for block in self.blocks:
            embedded = block(embedded, open_)
        embedded = self.norm(embedded)
        left = waiting.sum(1, keepdim=True) / customers
        todo = torch.cat([_mean(embedded, waiting), free, left, left * scale], -1)
        return Hidden(embedded, _mean(embedded, here), todo, near, home, real)

    def actor(self, hidden: Hidden) -> Tensor:
        query = self.query(torch.cat([hidden.vehicle, hidden.todo], -1))
        match = (self.keys(hidden.nodes) @ query[:, :, None]).squeeze(-1) / query.shape[-1] ** 0.5
        logits = self.clip * torch.tanh(match) - self.nearness * hidden.near + self.remoteness * hidden.home
        return logits.masked_fill(~hidden.real, HIDDEN)

    def critic(self, hidden: Hidden) -> Tensor:
        value: Tensor = self.value(torch.cat([hidden.vehicle, hidden.todo], -1))
        return value


def _momentary(nodes: Tensor, free: Tensor, waiting: Tensor, here: Tensor, near: Tensor, home: Tensor) -> Tensor:
    """Features of the moment [B, N, MOMENTARY]: is it waiting, does it fit, is the vehicle there, how far is it,
    what would be saved by going there directly instead of by the depot, what room would be left."""
    # Rounded to float32, a demand may exceed the room it fits into exactly.
    room = free - nodes[..., 5]
    fits = waiting & (room >= -1e-6)
    saving = (here * home).sum(1, keepdim=True) + home - near
    return torch.stack([waiting.float(), fits.float(), here.float(), near, saving, room], -1)


class Block(nn.Module):
    """A pre-norm transformer block (Xiong et al. 2020) in which only open nodes are looked at."""

    def __init__(self, dim: int, heads: int, feedforward: int) -> None:
        super().__init__()
        self.heads = heads
        self.before, self.after = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.projected, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.feedforward = nn.Sequential(nn.Linear(dim, feedforward), nn.SiLU(), nn.Linear(feedforward, dim))

    def forward(self, hidden: Tensor, open_: Tensor) -> Tensor:
        query, keys, values = (_split(part, self.heads) for part in self.projected(self.before(hidden)).chunk(3, -1))
        seen = scaled_dot_product_attention(query, keys, values, attn_mask=open_[:, None, None])
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
