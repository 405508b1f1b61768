"""What `PDPPO` trains, and its loss on a minibatch."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from gymnasium import spaces
from torch import Tensor, nn

from headway.nn.network import Network, Recipe
from headway.pipelines.agents.ppo_heads import head
from headway.pipelines.agents.ppo_rollout import Tensors

if TYPE_CHECKING:
    from headway.pipelines.agents.pdppo import PDPPO


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


class Losses(NamedTuple):
    """Scalars: what is minimised, and its parts."""

    total: Tensor
    policy: Tensor
    value: Tensor
    entropy: Tensor
    kl: Tensor  # from the policy that acted to the one now, as Schulman (2020) approximates it
    clipped: Tensor  # share of ratios beyond the clip range


class Parts(nn.Module):
    """The network (actor and state critic), the post-decision critic, the head's own numbers.

    The post-decision critic is a second network of the same recipe, of which only the critic is used.
    """

    def __init__(self, recipe: Recipe, observation: spaces.Dict, action: spaces.Space[object], log_std: float) -> None:
        super().__init__()
        self.network: Network = recipe.build(observation, action)
        self.post: Network = recipe.build(observation, action)
        self.head = head(action, log_std)

    def act(self, observation: Tensors, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Random actions [B, ...] and their log-probabilities [B]."""
        return self.head.sample(self.network(observation), mask)

    def before(self, observation: Tensors) -> Tensor:
        """Values [B] of states."""
        return self.network.critic(self.network.encode(observation))[:, 0]

    def after(self, observation: Tensors) -> Tensor:
        """Values [B] of post-decision states."""
        return self.post.critic(self.post.encode(observation))[:, 0]

    def losses(self, lessons: Lessons, agent: PDPPO) -> Losses:
        """PPO's clipped loss (Schulman et al. 2017, equations 7 and 9), with one value loss per critic."""
        hidden = self.network.encode(lessons.observation)
        log_prob, entropy = self.head.judge(self.network.actor(hidden), lessons.mask, lessons.action)
        change = log_prob - lessons.log_prob
        ratio = change.exp()
        advantage = (lessons.advantage - lessons.advantage.mean()) / (lessons.advantage.std() + 1e-8)
        policy = -torch.minimum(advantage * ratio, advantage * ratio.clamp(1 - agent.clip, 1 + agent.clip)).mean()
        value = torch.zeros(())
        if agent.critics != "post":
            value = value + nn.functional.mse_loss(self.network.critic(hidden)[:, 0], lessons.before)
        if agent.critics != "state":
            value = value + nn.functional.mse_loss(self.after(lessons.post), lessons.after)
        mean = entropy.mean()
        with torch.no_grad():
            kl, clipped = (ratio - 1 - change).mean(), ((ratio - 1).abs() > agent.clip).float().mean()
        return Losses(policy + agent.value * value - agent.entropy * mean, policy, value, mean, kl, clipped)
