"""The training run of `Pathwise`: one gradient step for each segment of a batch of episodes."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from gymnasium import spaces
from torch import Tensor

from headway.environment import Environment, Observation
from headway.errors import ContractError
from headway.nn.decoding import Bounds
from headway.nn.guard import check_finite
from headway.nn.network import Recipe
from headway.nn.standard import watch
from headway.pipelines.agents.base import Trainer, take_over
from headway.pipelines.agents.pathwise_world import Walked, World
from headway.pipelines.agents.rng import random_state, seed_everything, set_random_state
from headway.pipelines.agents.schedule import set_lr
from headway.storage.stored import Description, StoredPolicy

if TYPE_CHECKING:
    from headway.pipelines.agents.pathwise import Pathwise


class PathwiseTrainer(Trainer):
    """Network, optimizer, and the episodes under way."""

    def __init__(
        self, agent: Pathwise, environment: Environment[Any, Any, Any, Any], recipe: Recipe, *, seed: int, steps: int
    ) -> None:
        seed_everything(seed)
        self.agent, self.total = agent, steps
        self.description = Description.of(environment, recipe, "squashed")
        action_space = self.description.actions
        assert isinstance(action_space, spaces.Box)  # noqa: S101 - what the agent declares
        self.bounds = Bounds(action_space)
        self.network = recipe.build(self.description.observations, action_space)
        self.optimizer = torch.optim.AdamW(self.network.parameters(), lr=agent.lr, weight_decay=agent.weight_decay)
        self.world = World(environment, batch=agent.batch, seed=seed)
        self.seen: list[Observation] = []  # of the segment under way, where their statistics are asked for
        self.scale: float | None = None  # size of a row's return in a segment, from the first one that earns any

    @property
    def steps(self) -> int:  # type: ignore[override]
        return self.world.steps

    def advance(self) -> Mapping[str, float]:
        lr = set_lr(self.optimizer, self.agent, self.remaining)
        if not len(self.world):
            self._begin()
        before = self.steps
        self.optimizer.zero_grad()
        walked = self._segment()
        norm = torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.agent.max_grad_norm)
        metrics = {"train/grad_norm": float(norm), "train/learning_rate": lr}
        metrics["rollout/reward"] = float(walked.gained.sum()) / (self.steps - before)
        if len(walked.returns):
            metrics["rollout/return"] = float(walked.returns.mean())
        check_finite(self.network, metrics, f"{self.description.problem_name}, Pathwise, step {self.steps}")
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
            "world": self.world.get_state(),
            "scale": self.scale,
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        self.network.load_state_dict(state["weights"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.world.set_state(state["world"])
        self.scale = state["scale"]
        set_random_state(state["random"])

    # -- one segment ----------------------------------------------------------------------------------
    def _begin(self) -> None:
        """New episodes. What is not counted at their beginning teaches nothing, unless it is part of the gradient."""
        self.world.begin()
        if self.agent.segment is not None:
            self.world.burn_in(self._act)
            if not len(self.world):
                raise ContractError("episodes end before anything is earned", where=self.description.problem_name,
                                    expected="rewards along the way", hint="agent.segment=null")  # fmt: skip

    def _segment(self) -> Walked:
        """Walk to the segment's end, and leave the gradient of its loss in the network."""
        walked = self.world.walk(self._act, self.agent.segment)
        for observation in self.seen:
            watch(self.network, observation)
        self.seen.clear()
        if self.scale is None and walked.gained.any():
            self.scale = float(walked.gained.detach().abs().mean())
        if self.scale is not None:
            (-walked.gained.mean() / self.scale).backward()  # type: ignore[no-untyped-call]
        return walked._replace(gained=walked.gained.detach())

    def _act(self, observation: Observation) -> Tensor:
        if self.agent.normalize_observation:
            self.seen.append({name: tensor.detach() for name, tensor in observation.items()})
        return self.bounds.squashed(self.network(observation))
