"""One decision of the POMO policy from an observation of `construct`: what `pomo_kernel.weigh` does, in torch."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from headway.domains.routing.learned.pomo_task import (
    BIASES,
    CLOSES,
    CONTEXT,
    DIM,
    FAR,
    FINAL,
    GLIMPSE,
    HEADS,
    OPENS,
    TIMED,
    USUAL,
    Tables,
)

CLIP = 10.0  # as the kernel has it
HIDDEN = -1e9  # logit of a node that may not be next


def logits(tables: Tables, observation: Mapping[str, Tensor]) -> Tensor:
    """Logits [B, N] of the next node."""
    allowed, biases = observation["allowed"].bool(), compare(observation)
    here = observation["here"].float()
    queries, key, value, pointer = tables.node.chunk(4, -1)
    context, attention = tables.fixed[:GLIMPSE].reshape(CONTEXT, DIM), tables.fixed[GLIMPSE:FINAL]
    query = (here[:, None] @ queries).squeeze(1) + look(observation) @ context
    scores = _heads(query[:, None] * key).sum(2) + biases @ attention.reshape(BIASES, HEADS)  # [B, N, HEADS]
    shares = scores.masked_fill(~allowed[..., None], -torch.inf).softmax(1)
    glimpse = (shares[:, :, None] * _heads(value)).sum(1).flatten(1)
    match = (pointer @ glimpse[..., None]).squeeze(-1)
    return (CLIP * torch.tanh(match) + biases @ tables.fixed[FINAL:]).masked_fill(~allowed, HIDDEN)


def look(observation: Mapping[str, Tensor]) -> Tensor:
    """How the vehicle stands, [B, CONTEXT]: see `pomo_walk.look`."""
    waiting, real = observation["waiting"].float(), observation["real"].float()
    left = waiting.sum(1, keepdim=True) / (real.sum(1, keepdim=True) - 1)
    return torch.cat([observation["vehicle"], left], -1)


def compare(observation: Mapping[str, Tensor]) -> Tensor:
    """The biases [B, N, BIASES]: see `pomo_walk.compare`."""
    nodes, time = observation["nodes"], observation["vehicle"][:, 2:3]
    scale = ((observation["real"].sum(1, keepdim=True) - 1) / USUAL).sqrt()
    arrival = time + observation["duration"]
    start = torch.maximum(arrival, nodes[..., OPENS])
    served = nodes[..., TIMED].clone()
    served[:, 0] = 0.0
    times = [(start - arrival) * served, (nodes[..., CLOSES] - start) * served]
    return torch.stack([observation["distance"], nodes[..., FAR], *times], -1) * scale[..., None]


def _heads(channels: Tensor) -> Tensor:
    """[B, N, DIM] -> [B, N, DIM / HEADS, HEADS]."""
    return channels.reshape(*channels.shape[:-1], -1, HEADS)
