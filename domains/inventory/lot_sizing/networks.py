"""Networks that know the observation's fields: one score per item for the machine at hand, whatever the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

import torch
from gymnasium import spaces
from pydantic import Field
from torch import Tensor, nn

from headway.components import component
from headway.domains.inventory.lot_sizing.features import FEATURES, SUMMARY, features
from headway.nn.layers import orthogonal
from headway.nn.network import Network, Recipe

Width = Annotated[int, Field(ge=1)]


@component
class ItemScores(Recipe):
    """Each item is looked at with the machine that is next (`features`), by the same perceptron; a second one scores it
    beside the sum and the largest of all, so that any plant can be played.

    hidden : width of both perceptrons
    inertia : initial logit of what the machine is set up for, so that an untrained policy mostly lets machines run
    """

    hidden: Width = 64
    inertia: float = 4.0

    def build(self, observation_space: spaces.Dict, action_space: spaces.Space[Any]) -> Network:
        return ItemNetwork(self)


class Hidden(NamedTuple):
    """What actor and critic share."""

    items: Tensor  # [B, I, D], embedded for the machine at hand
    pooled: Tensor  # [B, 2D + S], over all items, and the summary
    same: Tensor  # bool [B, I], what the machine is set up for
    left: Tensor  # [B, 1], periods left


class ItemNetwork(Network):
    """Logits [B, 1 + I] (idle first) and a value [B, 1], for the observations of `Assign`."""

    def __init__(self, recipe: ItemScores) -> None:
        super().__init__()
        width = recipe.hidden
        pooled = 2 * width + SUMMARY
        self.embed = nn.Sequential(
            orthogonal(nn.Linear(FEATURES, width), 2**0.5),
            nn.SiLU(),
            orthogonal(nn.Linear(width, width), 2**0.5),
            nn.SiLU(),
        )
        self.context = orthogonal(nn.Linear(pooled, width), 1.0)
        self.own = orthogonal(nn.Linear(width, width), 1.0)
        self.score = orthogonal(nn.Linear(width, 1), 0.01)
        self.idle = nn.Sequential(nn.SiLU(), orthogonal(nn.Linear(width, 1), 0.01))
        self.inertia = nn.Parameter(torch.tensor(recipe.inertia))
        self.value = nn.Sequential(
            orthogonal(nn.Linear(pooled, width), 2**0.5), nn.SiLU(), orthogonal(nn.Linear(width, 2), 0.1)
        )

    def encode(self, observation: Mapping[str, Tensor]) -> Hidden:
        each, summary, same = features(observation)
        items = self.embed(each)
        pooled = torch.cat([items.mean(dim=1), items.amax(dim=1), summary], dim=-1)
        return Hidden(items, pooled, same, observation["left"])

    def actor(self, hidden: Hidden) -> Tensor:
        context = self.context(hidden.pooled)
        scores = self.score(torch.nn.functional.silu(self.own(hidden.items) + context[:, None])).squeeze(-1)
        staying = hidden.same.any(dim=1, keepdim=True)
        # A machine that is idle stays so as readily as another keeps its item.
        idle = self.idle(context) + self.inertia * (~staying)
        return torch.cat([idle, scores + self.inertia * hidden.same], dim=-1)

    def critic(self, hidden: Hidden) -> Tensor:
        """A part that is the same in all periods left, and one that grows with them."""
        level, slope = self.value(hidden.pooled).split(1, dim=-1)
        value: Tensor = level + slope * hidden.left / 10
        return value
