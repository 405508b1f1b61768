"""The training run of `Reinforce`: fresh episodes, one gradient step."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from headway.environment import Environment
from headway.nn.guard import check_finite
from headway.nn.network import Recipe
from headway.pipelines.agents.base import Trainer, take_over
from headway.pipelines.agents.reinforce_advantage import weights
from headway.pipelines.agents.reinforce_lessons import Curriculum, Lesson
from headway.pipelines.agents.rng import random_state, seed_everything, set_random_state
from headway.pipelines.agents.schedule import set_lr, share
from headway.seeds import stream
from headway.storage.stored import Description, StoredPolicy

if TYPE_CHECKING:
    from headway.pipelines.agents.reinforce import Reinforce


class ReinforceTrainer(Trainer):
    """Network, optimizer, and the instances in their turns. An update depends on its number and the weights alone."""

    def __init__(
        self, agent: Reinforce, environment: Environment[Any, Any, Any, Any], recipe: Recipe, *, seed: int, steps: int
    ) -> None:
        seed_everything(seed)
        self.agent, self.total, self.environment = agent, steps, environment
        self.description = Description.of(environment, recipe, "greedy")
        self.network: Any = recipe.build(self.description.observations, self.description.actions)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=agent.lr, betas=agent.betas)
        self.curriculum = self._curriculum(seed)
        self.steps = self.updates = 0

    def advance(self) -> Mapping[str, float]:
        agent, remaining = self.agent, self.remaining
        lr = set_lr(self.optimizer, agent, remaining, min(1.0, (self.updates + 1) / max(agent.warmup, 1)))
        lesson, params = self.curriculum.lesson(self.updates // agent.turns, 1 - remaining)
        episodes = self.environment.episodes(params, self.network)  # type: ignore[attr-defined]
        shaping = agent.shaping * max(0.0, 1 - (1 - remaining) / agent.shaped)
        returns, shaped, decisions = episodes.play(self._keys(lesson), shaping)
        greedy = episodes.greedy() if agent.credit == "greedy" else None
        weight = weights(shaped, agent.credit, agent.best_of, agent.extremes, greedy)
        gradient, entropy = episodes.gradient(weight, agent.entropy * share(agent.entropy_schedule, remaining))
        self.optimizer.zero_grad()
        torch.autograd.backward(episodes.tables, [torch.from_numpy(-part).float() for part in gradient])
        norm = torch.nn.utils.clip_grad_norm_(self.network.parameters(), agent.max_grad_norm)
        self.steps += decisions
        self.updates += 1
        metrics = {
            "rollout/return": float(returns.mean()),
            "rollout/best": float(returns.max(1).mean()),
            "train/alike": float((weight == 0).all(1).mean()),  # instances that teach nothing
            "train/entropy": entropy,
            "train/grad_norm": float(norm),
            "train/learning_rate": lr,
        }
        check_finite(self.network, metrics, f"{self.description.problem_name}, Reinforce, step {self.steps}")
        self.optimizer.step()
        return metrics

    def policy(self) -> StoredPolicy:
        return StoredPolicy(copy.deepcopy(self.network), self.description)

    def start_from(self, policy: StoredPolicy) -> None:
        take_over(self.network, policy)

    def get_state(self) -> dict[str, Any]:
        return {
            "random": random_state(),
            "weights": dict(self.network.state_dict()),
            "optimizer": self.optimizer.state_dict(),
            "seed": self.curriculum.seed,
            "steps": self.steps,
            "updates": self.updates,
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        self.network.load_state_dict(state["weights"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.curriculum = self._curriculum(state["seed"])
        self.steps, self.updates = state["steps"], state["updates"]
        set_random_state(state["random"])

    # -- one update -----------------------------------------------------------------------------------
    def _curriculum(self, seed: int) -> Curriculum:
        agent = self.agent
        alone = Lesson(batch=agent.batch, rollouts=agent.rollouts, shares=(1.0,) * len(agent.stages))
        return Curriculum(self.environment, agent.lessons or (alone,), agent.stages, seed)

    def _keys(self, lesson: Lesson) -> Any:
        """uint64 [B, R]: what this update's episodes draw from."""
        rng = stream("train", self.curriculum.seed, "reinforce", self.updates)
        return rng.integers(2**63, size=(lesson.batch, lesson.rollouts), dtype=np.uint64)
