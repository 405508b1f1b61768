"""The network for goods that age: ages are the first places of a longer pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from torch import Tensor

from headway.components import component
from headway.domains.inventory.stock.networks import ItemMLP, ItemNetwork
from headway.nn.network import Network


@component
class AgeMLP(ItemMLP):
    """`ItemMLP` with the stock of every age among its inputs: one perceptron, shared by all items."""

    def build(self, observation_space: spaces.Dict, action_space: spaces.Space[Any]) -> Network:
        seen = dict(observation_space.spaces)
        (items, life), (_, periods) = (seen[name].shape or (0, 0) for name in ("stock", "pipeline"))
        seen["stock"] = spaces.Box(-np.inf, np.inf, (items,), np.float32)
        seen["pipeline"] = spaces.Box(-np.inf, np.inf, (items, life - 1 + periods), np.float32)
        return AgeNetwork(spaces.Dict(seen), action_space, self.hidden)


class AgeNetwork(ItemNetwork):
    """Takes stock [B, I, M] by periods left."""

    def encode(self, observation: Mapping[str, Tensor]) -> Tensor:
        """Goods in usual demands, the oldest first, then what arrives, and their sum: float32 [B, I, F]."""
        stock = observation["stock"]
        later = torch.cat([stock[..., 1:], observation["pipeline"]], dim=-1)
        return super().encode({**observation, "stock": stock[..., 0], "pipeline": later})
