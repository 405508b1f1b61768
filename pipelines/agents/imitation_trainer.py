"""The training run of `Imitation`: watch the teacher on new instances, raise the probability of what it chose."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from headway import tree
from headway.environment import Environment
from headway.nn.decoding import allowed
from headway.nn.guard import check_finite
from headway.nn.network import Network, Recipe
from headway.nn.standard import watch
from headway.pipelines.agents.base import Trainer, take_over
from headway.pipelines.agents.imitation_teacher import Shown, shown
from headway.pipelines.agents.rng import random_state, seed_everything, set_random_state
from headway.pipelines.agents.schedule import set_lr
from headway.seeds import stream
from headway.storage.stored import Description, StoredPolicy

if TYPE_CHECKING:
    from headway.pipelines.agents.imitation import Imitation


class ImitationTrainer(Trainer):
    """Network, optimizer, teacher, and how many batches of instances it has solved."""

    def __init__(
        self,
        agent: Imitation,
        environment: Environment[Any, Any, Any, Any],
        recipe: Recipe,
        teacher: Any,
        *,
        seed: int,
        steps: int,
    ) -> None:
        seed_everything(seed)
        self.agent, self.environment, self.seed, self.total = agent, environment, seed, steps
        self.steps = self.updates = 0
        self.teacher = teacher
        self.description = Description.of(environment, recipe, "greedy")
        self.network: Network = recipe.build(self.description.observations, self.description.actions)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=agent.lr, fused=True)

    def advance(self) -> Mapping[str, float]:
        problem, seed = self.environment.problem, self.seed
        rng = stream("train", seed, problem.name, "imitation", self.updates)
        instance = problem.generate(rng, self.agent.episodes, "train")
        lessons = shown(self.environment, self.teacher, instance, self.agent.budget, seed)
        watch(self.network, lessons.observation)
        lr = set_lr(self.optimizer, self.agent, self.remaining)
        self.updates += 1
        self.steps += len(lessons.action)
        loss, agreed = self._learn(lessons)
        metrics = {"train/loss": loss, "train/agreement": agreed, "train/learning_rate": lr}
        check_finite(self.network, metrics, f"{problem.name}, Imitation, step {self.steps}")
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
            "seed": self.seed,
            "updates": self.updates,
            "steps": self.steps,
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        self.network.load_state_dict(state["weights"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.seed, self.updates, self.steps = state["seed"], state["updates"], state["steps"]
        set_random_state(state["random"])

    # -- one update -----------------------------------------------------------------------------------
    def _learn(self, lessons: Shown) -> tuple[float, float]:
        """Passes over all choices in random order; mean loss and share of the teacher's choices hit in the first."""
        n, first = len(lessons.action), []
        for epoch in range(self.agent.epochs):
            for index in torch.split(torch.randperm(n), self.agent.batch):
                some: Shown = tree.rows(lessons, index)
                log = allowed(self.network(some.observation), some.mask).log_softmax(-1)
                loss = torch.nn.functional.nll_loss(log, some.action)
                if epoch == 0:
                    first.append((float(loss.detach()), float((log.argmax(-1) == some.action).float().mean())))
                self.optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.agent.max_grad_norm)
                self.optimizer.step()
        losses, hits = zip(*first, strict=True)
        return sum(losses) / len(losses), sum(hits) / len(hits)
