"""What a teacher does, step by step: observations, masks and actions."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from headway import tree
from headway.environment import Environment, Observation
from headway.errors import ContractError
from headway.ops import Array
from headway.policy import Policy
from headway.rollouts import rollout
from headway.solver import Budget, Search, answer


class Shown(NamedTuple):
    """N choices of a teacher: observation [N, ...] each, mask bool [N, A] or None, action int64 [N]."""

    observation: dict[str, Tensor]
    mask: Tensor | None
    action: Tensor


def shown(environment: Environment[Any, Any, Any, Any], teacher: Any, instance: Any, budget: float, seed: int) -> Shown:
    """All choices of ``teacher`` on a batch of instances.

    Raises
    ------
    ContractError
        The teacher does what the mask forbids, or has no solution for any of the instances.
    """
    if isinstance(teacher, Policy):
        return _watched(environment, teacher, instance)
    problem, rows = environment.problem, range(len(instance))
    solved = [answer(teacher, problem, instance[i], Search(Budget(cpu=budget), seed=seed)) for i in rows]
    known = np.array([i for i, solution in enumerate(solved) if solution is not None], np.int64)
    if not len(known):
        raise ContractError("the teacher finds no solution", where=environment.problem.name, hint="a larger budget")
    kept = instance[known]
    solutions = type(solved[known[0]]).concat([solved[i] for i in known])
    actions = environment.replay(kept, solutions)  # type: ignore[attr-defined]
    return _watched(environment, Replayed(actions), kept)


class Replayed(Policy):
    """Takes given actions int [B, T], one after the other."""

    def __init__(self, actions: NDArray[np.int64]) -> None:
        self.actions = actions

    def start(self, n: int, seed: int = 0) -> Any:
        return {"row": np.arange(n), "step": np.zeros(n, np.int64)}

    def act(self, observation: Observation, mask: Array | None, memory: Any = None) -> tuple[Array, Any]:
        return self.actions[memory["row"], memory["step"]], memory | {"step": memory["step"] + 1}


class Watched(Policy):
    """Another policy, whose choices are kept."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.seen: list[tuple[Observation, Array | None, Array]] = []

    def start(self, n: int, seed: int = 0) -> Any:
        return self.policy.start(n, seed)

    def act(self, observation: Observation, mask: Array | None, memory: Any = None) -> tuple[Array, Any]:
        action, memory = self.policy.act(observation, mask, memory)
        if mask is not None and not np.take_along_axis(mask, action[:, None], 1).all():
            raise ContractError("the teacher does what the mask forbids", where="imitation", got=action)
        self.seen.append((observation, mask, action))
        return action, memory


def _watched(environment: Environment[Any, Any, Any, Any], policy: Policy, instance: Any) -> Shown:
    watched = Watched(policy)
    rollout(environment, watched, instance)
    observations, masks, actions = zip(*watched.seen, strict=True)
    joined = tree.map_arrays(lambda *parts: torch.from_numpy(np.concatenate(parts)), observations[0], *observations[1:])
    mask = None if masks[0] is None else torch.from_numpy(np.concatenate(masks))
    return Shown(joined, mask, torch.from_numpy(np.concatenate(actions)).long())
