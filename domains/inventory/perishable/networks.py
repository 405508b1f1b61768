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
        """Goods in usual demands, around what is usual of them: float32 [B, I, F]."""
        stock, pipeline = observation["stock"], observation["pipeline"]
        position = (stock.sum(-1, keepdim=True) + pipeline.sum(-1, keepdim=True)) - pipeline.shape[-1] * observation[
            "scale"
        ][..., None]
        scale = observation["scale"][..., None]
        goods = [stock / scale - 0.5, torch.cat([pipeline, position], dim=-1) / scale - 1]
        goods += [observation["covariates"]] if "covariates" in observation else []
        return torch.cat(goods, dim=-1)
