"""What PPO of our own trains."""

from __future__ import annotations

from gymnasium import spaces
from torch import Tensor, nn

from headway.nn.network import Network, Recipe
from headway.pipelines.agents.ppo_heads import head
from headway.pipelines.agents.ppo_rollout import Tensors


class ActorCritic(nn.Module):
    """The network (actor and critic), and the head's own numbers."""

    def __init__(self, recipe: Recipe, observation: spaces.Dict, action: spaces.Space[object], log_std: float) -> None:
        super().__init__()
        self.network: Network = recipe.build(observation, action)
        self.head = head(action, log_std)

    def act(self, observation: Tensors, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Random actions [B, ...] and their log-probabilities [B]."""
        return self.head.sample(self.network(observation), mask)

    def before(self, observation: Tensors) -> Tensor:
        """Values [B] of states."""
        return self.network.critic(self.network.encode(observation))[:, 0]
