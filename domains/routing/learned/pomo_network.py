"""The network of the POMO policy: an encoder of the nodes, and a decoder so small that it is tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import torch
from gymnasium import spaces
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from headway.components import component
from headway.domains.routing.construct.features import FEATURES
from headway.domains.routing.learned.linear import Linear
from headway.domains.routing.learned.pomo_step import logits
from headway.domains.routing.learned.pomo_task import BIASES, CONTEXT, DEMANDED, DIM, HEADS, PICKED_UP, Tables
from headway.nn.lstm import Memory, Recurrent
from headway.nn.network import Network, Recipe

SCALE = (DIM / HEADS) ** -0.5  # of a head's products
DERIVED = 2  # inputs beside the environment's features, see `_inputs`
AMOUNTS = 5.0  # a demand is a tenth of the capacity or less: times this it is as large as the other inputs
Size = Annotated[int, Field(ge=1)]


@component
class POMO(Recipe):
    """The attention model of Kool et al. (ICLR 2019), for many starts at once (Kwon et al. 2020, "POMO").

    Differences: layer normalisation before each part instead of batch normalisation (Xiong et al. 2020); features
    relative to the depot; the distance from the vehicle is a bias of glimpse and logits, in units of what is usual
    between neighbours, so that an untrained network already prefers near nodes and one network serves all sizes. The
    decoder attends only to nodes that may be next, and its output projection is part of the pointers.

    Attributes
    ----------
    layers, feedforward : of the encoder
    nearness : initial weight of the distance in the logits
    """

    environments: ClassVar[tuple[str, ...]] = ("construct",)

    recurrent: ClassVar[bool] = True

    layers: Size = 3
    feedforward: Size = 256
    nearness: Annotated[float, Field(ge=0)] = 10.0

    def build(self, observation_space: spaces.Dict, action_space: spaces.Space[Any]) -> Network:
        return POMONetwork(self)


class POMONetwork(Recurrent):
    """Tables of queries, keys, values and pointers for instances; as memory it keeps those of an episode."""

    def __init__(self, recipe: POMO) -> None:
        super().__init__()
        self.inputs = Linear(FEATURES + DERIVED, DIM)
        self.blocks = nn.ModuleList(Block(DIM, HEADS, recipe.feedforward) for _ in range(recipe.layers))
        self.norm = nn.LayerNorm(DIM)
        self.projected = Linear(DIM, 4 * DIM)  # query, key, value, pointer
        self.whole = Linear(DIM, DIM, bias=False)
        self.context = nn.Parameter(torch.zeros(CONTEXT, DIM).uniform_(-1, 1) / DIM**0.5)
        self.glimpse = nn.Parameter(torch.zeros(BIASES, HEADS))
        self.final = nn.Parameter(recipe.nearness * torch.tensor([-1.0, 0.3, -1.0, -0.2]))
        with torch.no_grad():
            self.glimpse[0] = -torch.linspace(0.0, recipe.nearness / 2, HEADS)

    def tables(self, nodes: Tensor, real: Tensor) -> Tables:
        """Tables for instances with features ``nodes`` [B, N, FEATURES], of which ``real`` [B, N] are no padding."""
        real = real.bool()
        hidden = self.inputs(_inputs(nodes, real))
        open_ = None if bool(real.all()) else real[:, None, None]
        for block in self.blocks:
            hidden = block(hidden, open_)
        hidden = self.norm(hidden)
        weight = real.to(hidden.dtype)
        mean = (weight[:, None] @ hidden) / weight.sum(1)[:, None, None]
        query, key, value, pointer = self.projected(hidden).chunk(4, -1)
        query = (query + self.whole(mean)) * SCALE
        return Tables(torch.cat([query, key, value, pointer * DIM**-0.5], -1), self.fixed())

    def fixed(self) -> Tensor:
        """The table that is the same for all instances."""
        return torch.cat([(self.context * SCALE).flatten(), self.glimpse.flatten(), self.final])

    # -- step by step -------------------------------------------------------------------------------
    def empty(self, n: int) -> Memory:
        return {"nodes": torch.zeros(n, 0, 4 * DIM)}

    def recall(self, observation: Mapping[str, Tensor], memory: Memory) -> tuple[Any, Memory]:
        kept = memory["nodes"]
        if kept.shape[1] == 0:
            kept = self.tables(observation["nodes"], observation["real"]).node
        return logits(Tables(kept, self.fixed()), observation), {"nodes": kept}

    def actor(self, hidden: Any) -> Tensor:
        return torch.as_tensor(hidden)

    def critic(self, hidden: Any) -> Tensor:
        return torch.zeros(len(hidden), 1)


class Block(nn.Module):
    """A pre-norm transformer block."""

    def __init__(self, dim: int, heads: int, feedforward: int) -> None:
        super().__init__()
        self.heads = heads
        self.before, self.after = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.projected, self.out = Linear(dim, 3 * dim), Linear(dim, dim)
        self.feedforward = nn.Sequential(Linear(dim, feedforward), nn.ReLU(), Linear(feedforward, dim))

    def forward(self, hidden: Tensor, open_: Tensor | None) -> Tensor:
        batch, nodes, dim = hidden.shape
        parts = self.projected(self.before(hidden)).reshape(batch, nodes, 3, self.heads, dim // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        seen = scaled_dot_product_attention(query, key, value, attn_mask=open_)
        hidden = hidden + self.out(seen.transpose(1, 2).flatten(2))
        updated: Tensor = hidden + self.feedforward(self.after(hidden))
        return updated


def _inputs(nodes: Tensor, real: Tensor) -> Tensor:
    """Features, with the places relative to the middle of all beside those relative to the depot."""
    places = nodes[..., :2]
    low = places.masked_fill(~real[..., None], torch.inf).amin(1, keepdim=True)
    high = places.masked_fill(~real[..., None], -torch.inf).amax(1, keepdim=True)
    amounts = nodes[..., DEMANDED : PICKED_UP + 1] * AMOUNTS
    rest = [nodes[..., :DEMANDED], nodes[..., PICKED_UP + 1 :]]
    return torch.cat([*rest, amounts, places - (low + high) / 2], -1)
