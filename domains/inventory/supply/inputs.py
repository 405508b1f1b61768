"""What networks are fed: observations without units, as tensors, per node and per link."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import torch
from gymnasium import spaces
from torch import Tensor, nn

from headway.errors import CapabilityError
from headway.nn.layers import orthogonal

NODE_FEATURES = 7
LINK_FEATURES = 8  # besides the pipeline


def node_features(observation: Mapping[str, Tensor]) -> Tensor:
    """float32 [B, N, 7]: stock, under way to the node, spread (all in usual flows), costs, and whether it exists."""
    scale = observation["node_scale"]
    safe = torch.where(scale > 0, scale, 1.0)
    head = slots(observation["head"], scale.shape[1])
    under_way = gathered_in(observation["pipeline"].sum(dim=1)[..., None], head, scale.shape[1])[..., 0]
    goods = torch.stack([observation["stock"], under_way, observation["spread"]], dim=-1) / safe[..., None]
    return torch.cat([goods, observation["costs"], (scale > 0).float()[..., None]], dim=-1)


def link_features(observation: Mapping[str, Tensor], periods: int) -> Tensor:
    """float32 [B, E, 8 + K]: arrivals in 1 to K periods (in usual flows), lead time, costs and limits of the link.

    Raises
    ------
    CapabilityError
        Goods are under way for more than ``periods`` = K periods.
    """
    scale = observation["edge_scale"]
    safe = torch.where(scale > 0, scale, 1.0)[..., None]
    pipeline = observation["pipeline"].transpose(1, 2)
    if pipeline.shape[-1] > periods:
        got, hint = f"{pipeline.shape[-1]} periods", "train it where lead times are as long"
        raise CapabilityError("lead times are longer than the network knows", got=got, expected=periods, hint=hint)
    pipeline = nn.functional.pad(pipeline / safe, (0, periods - pipeline.shape[-1]))
    capacity = observation["capacity"][..., None] / safe
    facts = [
        observation["lead_time"][..., None] / max(periods, 1),
        observation["link_costs"],
        (observation["tail"] < 0).float()[..., None],
        (capacity < 0).float(),
        torch.where(capacity < 0, torch.zeros_like(capacity), capacity.clamp(max=10.0)),
        observation["lot"][..., None] / safe,
    ]
    return torch.cat([pipeline, *facts], dim=-1)


def slots(ends: Tensor, nodes: int) -> Tensor:
    """Ends of links [B, E] in 0..N, N where there is no node."""
    return torch.where(ends < 0, nodes, ends)


def gathered_in(values: Tensor, ends: Tensor, nodes: int) -> Tensor:
    """Sums of ``values`` [B, E, F] by node [B, N, F]."""
    out = values.new_zeros(len(values), nodes + 1, values.shape[-1])
    return out.scatter_add(1, ends[..., None].expand_as(values), values)[:, :nodes]


def at_ends(values: Tensor, ends: Tensor) -> Tensor:
    """``values`` [B, N, F] of the nodes at the ``ends`` [B, E] of links; zeros outside. [B, E, F]."""
    outside = nn.functional.pad(values, (0, 0, 0, 1))
    return outside.gather(1, ends[..., None].expand(-1, -1, values.shape[-1]))


def periods_of(observation_space: spaces.Dict) -> int:
    """How many periods ahead the pipeline is observed."""
    shape = observation_space["pipeline"].shape or (1,)
    return int(shape[0])


def perceptron(sizes: tuple[int, ...], *, gain: float | None = None) -> nn.Sequential:
    """ELU layers ``sizes[0] -> ... -> sizes[-1]``; with ``gain`` the last one is linear."""
    layers: list[nn.Module] = []
    for i, (inputs, outputs) in enumerate(pairwise(sizes)):
        last = gain is not None and i == len(sizes) - 2
        layers += [orthogonal(nn.Linear(inputs, outputs), (gain or 0.0) if last else 2**0.5)]
        layers += [] if last else [nn.ELU()]
    return nn.Sequential(*layers)


def begin_at_usual(layer: nn.Module, action_space: spaces.Space[object]) -> None:
    """Let an untrained head ask for the usual flow (action 1), whatever it sees."""
    if isinstance(layer, nn.Linear) and isinstance(action_space, spaces.Box):
        low, high = float(action_space.low.flat[0]), float(action_space.high.flat[0])
        share = min(max(2 * (1 - low) / (high - low) - 1, -0.9), 0.9)
        nn.init.constant_(layer.bias, float(torch.atanh(torch.tensor(share))))
