"""What `PDPPO` trains, and its loss on a minibatch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from gymnasium import spaces
from torch import Tensor, nn

from headway.nn.network import Network, Recipe
from headway.pipelines.agents.ppo_loss import Losses, losses
from headway.pipelines.agents.ppo_parts import ActorCritic
from headway.pipelines.agents.ppo_rollout import Tensors

if TYPE_CHECKING:
    from headway.pipelines.agents.pdppo import Critics


class Lessons(NamedTuple):
    """What there is to learn from N steps.

    observation, post : [N, ...] each; mask : bool [N, A] or None; action : [N, ...]
    log_prob, advantage, before, after : float32 [N]; the last two are the critics' targets
    """

    observation: Tensors
    post: Tensors
    mask: Tensor | None
    action: Tensor
    log_prob: Tensor
    advantage: Tensor
    before: Tensor
    after: Tensor


class Parts(ActorCritic):
    """The network (actor and state critic), the post-decision critic, the head's own numbers.

    The post-decision critic is a second network of the same recipe, of which only the critic is used.
    """

    def __init__(self, recipe: Recipe, observation: spaces.Dict, action: spaces.Space[object], log_std: float) -> None:
        super().__init__(recipe, observation, action, log_std)
        self.post: Network = recipe.build(observation, action)

    def after(self, observation: Tensors) -> Tensor:
        """Values [B] of post-decision states."""
        return self.post.critic(self.post.encode(observation))[:, 0]

    def losses(self, lessons: Lessons, critics: Critics, terms: Mapping[str, Any]) -> Losses:
        """PPO's clipped loss (Schulman et al. 2017, equations 7 and 9), with one value loss per critic."""
        hidden = self.network.encode(lessons.observation)
        log_prob, entropy = self.head.judge(self.network.actor(hidden), lessons.mask, lessons.action)
        value = torch.zeros(())
        if critics != "post":
            value = value + nn.functional.mse_loss(self.network.critic(hidden)[:, 0], lessons.before)
        if critics != "state":
            value = value + nn.functional.mse_loss(self.after(lessons.post), lessons.after)
        return losses(log_prob - lessons.log_prob, lessons.advantage, value, entropy, **terms)
