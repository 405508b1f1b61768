"""The training run of `Pathwise`: episodes on torch tensors, and one gradient step for each batch of them."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from gymnasium import spaces
from torch import Tensor

from headway import tree
from headway.environment import Environment
from headway.nn.aligned import aligned
from headway.nn.decoding import Bounds
from headway.nn.guard import check_finite
from headway.nn.network import Recipe
from headway.pipelines.agents.base import Trainer
from headway.pipelines.agents.rng import random_state, seed_everything, set_random_state
from headway.sampler import Sampler
from headway.storage.spaces import from_json
from headway.storage.stored import Description, StoredPolicy

if TYPE_CHECKING:
    from headway.pipelines.agents.pathwise import Pathwise


class PathwiseTrainer(Trainer):
    """Network, optimizer, and the sampler of training instances."""

    def __init__(
        self, agent: Pathwise, environment: Environment[Any, Any, Any, Any], recipe: Recipe, *, seed: int, steps: int
    ) -> None:
        seed_everything(seed)
        self.agent, self.environment, self.total, self.steps = agent, environment, steps, 0
        self.description = Description.of(environment, recipe, "squashed")
        observation_space, action_space = (
            from_json(dict(s)) for s in (self.description.observation_space, self.description.action_space)
        )
        assert isinstance(observation_space, spaces.Dict) and isinstance(action_space, spaces.Box)  # noqa: S101, PT018
        self.bounds = Bounds(action_space)
        self.network = recipe.build(observation_space, action_space)
        self.optimizer = torch.optim.AdamW(self.network.parameters(), lr=agent.lr, weight_decay=agent.weight_decay)
        self.sampler = Sampler(environment, "train", seed, block=agent.batch)
        self.scale: float | None = None  # size of a return, from the first batch

    def advance(self) -> Mapping[str, float]:
        lr = self._set_lr()
        self.optimizer.zero_grad()
        returns = self._episodes()
        norm = torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.agent.max_grad_norm)
        metrics = {"rollout/return": float(returns.mean()), "train/grad_norm": float(norm), "train/learning_rate": lr}
        check_finite(self.network, metrics, f"{self.description.problem_name}, Pathwise, step {self.steps}")
        self.optimizer.step()
        return metrics

    def policy(self) -> StoredPolicy:
        return StoredPolicy(copy.deepcopy(self.network), self.description)

    def get_state(self) -> dict[str, Any]:
        return {
            "random": random_state(),
            "weights": dict(self.network.state_dict()),
            "optimizer": self.optimizer.state_dict(),
            "steps": self.steps,
            "sampler": {"seed": self.sampler.seed, "next": self.sampler.next},
            "scale": self.scale,
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        self.network.load_state_dict(state["weights"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.steps, self.scale = state["steps"], state["scale"]
        self.sampler = Sampler(self.environment, "train", state["sampler"]["seed"], block=self.agent.batch)
        self.sampler.next = state["sampler"]["next"]
        set_random_state(state["random"])

    # -- one batch of episodes ------------------------------------------------------------------------
    def _episodes(self) -> Tensor:
        """Undiscounted returns [B], with the gradient of their mean left in the network."""
        _, start = self.sampler.draw(self.agent.batch)
        params, state = tree.map_arrays(aligned, (start.params, start.state))
        rows = torch.arange(self.agent.batch)
        returns, segment, period = torch.zeros(self.agent.batch, dtype=torch.float64), [], 0
        while len(rows):
            transition = self._step(params, state)
            self.steps, period = self.steps + len(rows), period + 1
            segment.append(transition.reward.sum())
            returns = returns.index_add(0, rows, transition.reward.detach().double())
            keep = ~(transition.terminated | transition.truncated)
            state = transition.state
            if not keep.all():
                params, state, rows = tree.rows((params, state, rows), keep)
            if not len(rows) or (self.agent.segment and period % self.agent.segment == 0):
                self._backward(segment, returns)
                state, segment = tree.map_arrays(lambda array: array.detach(), state), []
        return returns

    def _step(self, params: Any, state: Any) -> Any:
        environment = self.environment
        observation = environment.observe(params, state)
        action = self.bounds.squashed(self.network(observation))
        decision = environment.project(observation, environment.decode(observation, action))
        return environment.step(params, state, decision)

    def _backward(self, segment: list[Tensor], returns: Tensor) -> None:
        if self.scale is None:
            self.scale = max(float(returns.abs().mean()), 1e-12)
        (-torch.stack(segment).sum() / (self.scale * len(returns))).backward()  # type: ignore[no-untyped-call]

    def _set_lr(self) -> float:
        remaining = max(1 - self.steps / self.total, 0.0)
        lr = self.agent.lr * (remaining if self.agent.lr_schedule == "linear" else 1.0)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        return lr
